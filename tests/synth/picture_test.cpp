// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/picture.h"

#include <array>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

namespace crossfade {
namespace {

using Latents = std::array<float, 4>;

cv::Mat decode(const Latents& latents, std::size_t shown = 2, double signal = 1.0) {
  Rng rng(11);
  return cv::imdecode(draw_picture(latents, shown, signal, 64, rng), cv::IMREAD_COLOR);
}

TEST(Picture, IsASquareColourImage) {
  const cv::Mat image = decode({0, 0, 0, 0});
  EXPECT_EQ(image.rows, 64);
  EXPECT_EQ(image.cols, 64);
  EXPECT_EQ(image.channels(), 3);
}

TEST(Picture, TheLastLatentIsWarmth) {
  const cv::Scalar cold = cv::mean(decode({0, 0, 0, -2}));  // blue, green, red
  const cv::Scalar warm = cv::mean(decode({0, 0, 0, 2}));
  EXPECT_GT(warm[2] - warm[0], 60.0);
  EXPECT_LT(cold[2] - cold[0], -60.0);
}

TEST(Picture, TheLastButOneLatentIsBrightness) {
  const cv::Scalar dark = cv::mean(decode({0, 0, -2, 0}));
  const cv::Scalar bright = cv::mean(decode({0, 0, 2, 0}));
  EXPECT_GT(bright[1] - dark[1], 60.0);
}

TEST(Picture, LatentsThatAreNotShownChangeNothing) {
  EXPECT_EQ(cv::norm(decode({2, -2, 0, 0}), decode({-1, 1, 0, 0})), 0.0);
  EXPECT_EQ(cv::norm(decode({0, 0, 2, 2}, 2, 0.0), decode({0, 0, -2, -2}, 2, 0.0)), 0.0);
}

}  // namespace
}  // namespace crossfade

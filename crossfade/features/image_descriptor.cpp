// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_descriptor.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <variant>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "crossfade/features/image_file.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 64;

cv::Mat shrink(Image& image) {
  const cv::Mat pixels(image.height, image.width, CV_8UC3, image.pixels.data());
  cv::Mat small;
  cv::resize(pixels, small, {kSide, kSide}, 0.0, 0.0, cv::INTER_AREA);
  return small;
}

// Square roots of shares: comparing them compares distributions (Hellinger distance).
void normalise(std::span<float> bins) {
  float sum = 0.0F;
  for (const float bin : bins) {
    sum += bin;
  }
  for (float& bin : bins) {
    bin = sum > 0.0F ? std::sqrt(bin / sum) : 0.0F;
  }
}

void describe_colour(const cv::Mat& image, std::span<float> bins) {
  cv::Mat hsv;
  cv::cvtColor(image, hsv, cv::COLOR_BGR2HSV);
  for (auto pixel = hsv.begin<cv::Vec3b>(); pixel != hsv.end<cv::Vec3b>(); ++pixel) {
    const int hue = (*pixel)[0] * 12 / 180;
    const int saturation = (*pixel)[1] * 3 / 256;
    const int value = (*pixel)[2] * 3 / 256;
    bins[static_cast<std::size_t>((hue * 3 + saturation) * 3 + value)] += 1.0F;
  }
  normalise(bins);
}

void describe_gradients(const cv::Mat& image, std::span<float> bins) {
  constexpr int kCells = 4;
  constexpr int kOrientations = 9;
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
  cv::Mat dx;
  cv::Mat dy;
  cv::Sobel(grey, dx, CV_32F, 1, 0);
  cv::Sobel(grey, dy, CV_32F, 0, 1);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const float gx = dx.at<float>(y, x);
      const float gy = dy.at<float>(y, x);
      const float turn = std::atan2(gy, gx) / std::numbers::pi_v<float> + 1.0F;  // [0, 2]
      const int orientation = static_cast<int>(turn * kOrientations) % kOrientations;
      const int cell = (y * kCells / kSide) * kCells + x * kCells / kSide;
      bins[static_cast<std::size_t>(cell * kOrientations + orientation)] += std::hypot(gx, gy);
    }
  }
  normalise(bins);
}

void describe_thumbnail(const cv::Mat& image, std::span<float> values) {
  cv::Mat small;
  cv::resize(image, small, {8, 8}, 0.0, 0.0, cv::INTER_AREA);
  cv::cvtColor(small, small, cv::COLOR_BGR2YCrCb);
  std::transform(small.datastart, small.dataend, values.begin(), [](unsigned char value) {
    return static_cast<float>(value) / 255.0F;
  });
}

}  // namespace

std::optional<std::string> describe_image(const fs::path& file, std::span<float> out) {
  std::ranges::fill(out, 0.0F);
  auto read = read_image(file, {.shorter = std::int64_t{2} * kSide, .longer = 1});
  if (auto* problem = std::get_if<std::string>(&read)) {
    return std::move(*problem);
  }
  const cv::Mat image = shrink(std::get<Image>(read));
  describe_colour(image, out.first(kColourBins));
  describe_gradients(image, out.subspan(kColourBins, kGradientBins));
  describe_thumbnail(image, out.last(kThumbnailValues));
  return std::nullopt;
}

}  // namespace crossfade

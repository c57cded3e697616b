// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// Each in [-1, 1].
struct Looks {
  double warmth;
  double brightness;
  double angle;
  double green;
  double contrast;
  double stripes;
};

Looks looks_of(std::span<const float> latents, std::size_t shown, double signal, Rng& rng) {
  std::array<double, kLooks> values{};
  for (std::size_t c = 0; c < kLooks; ++c) {
    const double noise = rng.normal();
    const double value = c < shown ? signal * static_cast<double>(latents[latents.size() - 1 - c]) +
                                         std::sqrt(1.0 - signal * signal) * noise
                                   : noise;
    values[c] = std::clamp(value / 2.0, -1.0, 1.0);
  }
  return {values[0], values[1], values[2], values[3], values[4], values[5]};
}

cv::Mat paint(const Looks& looks, int size) {
  const double angle = std::numbers::pi / 4.0 * looks.angle;
  const double wave = 2.0 * std::numbers::pi * std::exp2(2.0 + looks.stripes) / size;
  const double contrast = 24.0 * std::exp2(looks.contrast);
  const double grey = 128.0 + 50.0 * looks.brightness;
  const cv::Vec3d base(
      grey - 50.0 * looks.warmth, grey + 40.0 * looks.green, grey + 50.0 * looks.warmth);
  cv::Mat image(size, size, CV_8UC3);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const double phase = wave * (x * std::cos(angle) + y * std::sin(angle));
      const double shade = contrast * std::sin(phase);
      auto& pixel = image.at<cv::Vec3b>(y, x);
      for (int channel = 0; channel < 3; ++channel) {
        pixel[channel] = cv::saturate_cast<std::uint8_t>(base[channel] + shade);
      }
    }
  }
  return image;
}

}  // namespace

std::vector<std::uint8_t> draw_picture(
    std::span<const float> latents, std::size_t shown, double signal, int size, Rng& rng) {
  std::vector<std::uint8_t> jpeg;
  const bool done = cv::imencode(".jpg",
                                 paint(looks_of(latents, shown, signal, rng), size),
                                 jpeg,
                                 {cv::IMWRITE_JPEG_QUALITY, 85});
  require(done, ErrorKind::kInternal, "a JPEG of {0} x {0} pixels cannot be encoded", size);
  return jpeg;
}

}  // namespace crossfade

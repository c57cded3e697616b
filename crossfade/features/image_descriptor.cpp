// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_descriptor.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <system_error>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/features/image_header.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 64;

// Why the file is not worth decoding, if so.
std::optional<std::string> inspect(const fs::path& file) {
  std::error_code code;
  const fs::file_status status = fs::status(file, code);
  if (!fs::exists(status)) {
    return "no such file";
  }
  if (!fs::is_regular_file(status)) {
    return "is no regular file";
  }
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file, code));
  if (code || bytes > kMaxImageBytes) {
    return fmt::format("has {} bytes, more than {}", bytes, kMaxImageBytes);
  }
  return std::nullopt;
}

std::optional<std::string> inspect(const std::optional<ImageHeader>& header) {
  if (!header || header->width <= 0 || header->height <= 0) {
    return "is no JPEG, PNG, WebP or BMP image";
  }
  if (header->width > kMaxImagePixels / header->height) {
    return fmt::format(
        "has {} x {} pixels, more than {}", header->width, header->height, kMaxImagePixels);
  }
  if (!header->complete) {
    return "is cut off";
  }
  return std::nullopt;
}

// JPEG decoders can leave out detail that shrinking would lose anyway.
int decode_flags(const ImageHeader& header) {
  const std::int64_t side = std::min(header.width, header.height);
  if (side >= std::int64_t{16} * kSide) {
    return cv::IMREAD_REDUCED_COLOR_8;
  }
  if (side >= std::int64_t{8} * kSide) {
    return cv::IMREAD_REDUCED_COLOR_4;
  }
  return side >= std::int64_t{4} * kSide ? cv::IMREAD_REDUCED_COLOR_2 : cv::IMREAD_COLOR;
}

cv::Mat decode(const std::string& bytes, const ImageHeader& header) {
  const cv::Mat encoded(
      1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
  const cv::Mat image = cv::imdecode(encoded, decode_flags(header));
  cv::Mat small;
  if (!image.empty()) {
    cv::resize(image, small, {kSide, kSide}, 0.0, 0.0, cv::INTER_AREA);
  }
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
  if (auto problem = inspect(file)) {
    return problem;
  }
  try {
    const std::string bytes = read_file(file);
    const std::optional<ImageHeader> header = read_image_header(bytes);
    if (auto problem = inspect(header)) {
      return problem;
    }
    const cv::Mat image = decode(bytes, *header);
    if (image.empty()) {
      return "is damaged";
    }
    describe_colour(image, out.first(kColourBins));
    describe_gradients(image, out.subspan(kColourBins, kGradientBins));
    describe_thumbnail(image, out.last(kThumbnailValues));
    return std::nullopt;
  } catch (const cv::Exception&) {
    return "is damaged";
  } catch (const Error&) {
    return "cannot be read";
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
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
  if (header->animated) {
    return "is an animated WebP; only still ones are read";
  }
  return std::nullopt;
}

int decode_flags(const ImageHeader& header, LeastSize least) {
  const auto [shorter, longer] = std::minmax(header.width, header.height);
  const auto enough = [&, shorter = shorter, longer = longer](std::int64_t divisor) {
    return shorter >= divisor * least.shorter && longer >= divisor * least.longer;
  };
  if (enough(8)) {
    return cv::IMREAD_REDUCED_COLOR_8;
  }
  if (enough(4)) {
    return cv::IMREAD_REDUCED_COLOR_4;
  }
  return enough(2) ? cv::IMREAD_REDUCED_COLOR_2 : cv::IMREAD_COLOR;
}

std::variant<cv::Mat, std::string> decode(const fs::path& file, LeastSize least) {
  if (auto problem = inspect(file)) {
    return *std::move(problem);
  }
  try {
    std::string bytes = read_file(file);
    const std::optional<ImageHeader> header = read_image_header(bytes);
    if (auto problem = inspect(header)) {
      return *std::move(problem);
    }
    const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1, bytes.data());
    cv::Mat image = cv::imdecode(encoded, decode_flags(*header, least));
    if (image.empty()) {
      return "is damaged";
    }
    return image;
  } catch (const cv::Exception&) {
    return "is damaged";
  } catch (const Error&) {
    return "cannot be read";
  }
}

Image to_image(const cv::Mat& pixels) {
  return {.width = pixels.cols,
          .height = pixels.rows,
          .pixels = std::vector<std::uint8_t>(pixels.datastart, pixels.dataend)};
}

cv::Mat shrink(const cv::Mat& image, int max_side) {
  const int side = std::max(image.cols, image.rows);
  if (side <= max_side) {
    return image;
  }
  const auto shrunk = [&](int pixels) {
    const double exact = static_cast<double>(pixels) * max_side / side;
    return std::max(1, static_cast<int>(std::lround(exact)));
  };
  cv::Mat small;
  cv::resize(image, small, {shrunk(image.cols), shrunk(image.rows)}, 0.0, 0.0, cv::INTER_AREA);
  return small;
}

}  // namespace

std::variant<Image, std::string> read_image(const fs::path& file, LeastSize least) {
  auto decoded = decode(file, least);
  if (auto* problem = std::get_if<std::string>(&decoded)) {
    return std::move(*problem);
  }
  return to_image(std::get<cv::Mat>(decoded));
}

std::variant<Image, std::string> read_rgb_image(const fs::path& file, int max_side) {
  // Shrinking to a half or less of what was decoded leaves no trace of how that was shrunk.
  auto decoded = decode(file, {.shorter = 1, .longer = std::int64_t{2} * max_side});
  if (auto* problem = std::get_if<std::string>(&decoded)) {
    return std::move(*problem);
  }
  cv::Mat image = shrink(std::get<cv::Mat>(decoded), max_side);
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  return to_image(image);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_header.h"

#include <cstddef>

namespace crossfade {
namespace {

using namespace std::string_view_literals;

std::int64_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value * 256 + byte_at(bytes, at + i);
  }
  return value;
}

std::int64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value * 256 + byte_at(bytes, at + i - 1);
  }
  return value;
}

// Signature, then chunks; the first is IHDR: length, name, width, height.
std::optional<ImageHeader> read_png(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") {
    return std::nullopt;
  }
  return ImageHeader{.width = big_endian(bytes, 16, 4),
                     .height = big_endian(bytes, 20, 4),
                     .complete = bytes.find("IEND", 24) != std::string_view::npos};
}

// Segments: 0xFF, marker, length; a start-of-frame segment holds height and width.
std::optional<ImageHeader> read_jpeg(std::string_view bytes) {
  std::size_t at = 2;
  while (at + 9 < bytes.size() && byte_at(bytes, at) == 0xFF) {
    const std::int64_t marker = byte_at(bytes, at + 1);
    if (marker == 0xFF) {  // Fill bytes may precede a marker.
      ++at;
      continue;
    }
    const bool start_of_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (start_of_frame) {
      return ImageHeader{.width = big_endian(bytes, at + 7, 2),
                         .height = big_endian(bytes, at + 5, 2),
                         .complete = bytes.rfind("\xFF\xD9"sv) != std::string_view::npos};
    }
    at += 2 + static_cast<std::size_t>(big_endian(bytes, at + 2, 2));
  }
  return std::nullopt;
}

// RIFF container with one of three first chunks: lossy, lossless or extended.
std::optional<ImageHeader> read_webp(std::string_view bytes) {
  if (bytes.size() < 30) {
    return std::nullopt;
  }
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8 ") {
    return ImageHeader{.width = little_endian(bytes, 26, 2) & 0x3FFF,
                       .height = little_endian(bytes, 28, 2) & 0x3FFF};
  }
  if (chunk == "VP8L") {
    const std::int64_t packed = little_endian(bytes, 21, 4);
    return ImageHeader{.width = (packed & 0x3FFF) + 1, .height = ((packed >> 14) & 0x3FFF) + 1};
  }
  if (chunk == "VP8X") {
    constexpr std::int64_t kAnimated = 2;
    return ImageHeader{.width = little_endian(bytes, 24, 3) + 1,
                       .height = little_endian(bytes, 27, 3) + 1,
                       .animated = (byte_at(bytes, 20) & kAnimated) != 0};
  }
  return std::nullopt;
}

// The height is negative when rows run from top to bottom.
std::optional<ImageHeader> read_bmp(std::string_view bytes) {
  if (bytes.size() < 26) {
    return std::nullopt;
  }
  const auto height = static_cast<std::int32_t>(little_endian(bytes, 22, 4));
  return ImageHeader{.width = little_endian(bytes, 18, 4),
                     .height = height < 0 ? -std::int64_t{height} : height};
}

}  // namespace

std::optional<ImageHeader> read_image_header(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) {
    return read_png(bytes);
  }
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) {
    return read_jpeg(bytes);
  }
  if (bytes.starts_with("RIFF"sv) && bytes.find("WEBP"sv, 8) == 8) {
    return read_webp(bytes);
  }
  if (bytes.starts_with("BM"sv)) {
    return read_bmp(bytes);
  }
  return std::nullopt;
}

}  // namespace crossfade

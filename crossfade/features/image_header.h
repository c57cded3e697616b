// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crossfade {

/// What an image file says about itself before it is decoded.
struct ImageHeader {
  std::int64_t width = 0;
  std::int64_t height = 0;
  bool complete = true;   ///< The end-of-image mark is there (JPEG, PNG; others are not checked).
  bool animated = false;  ///< Several frames (WebP; PNG decoders take the first by themselves).
};

/// Reads the header of a JPEG, PNG, WebP or BMP file from its bytes; nothing for other formats or
/// when the header is damaged. Decoders allocate what the header promises, so a hostile one is
/// found here.
[[nodiscard]] std::optional<ImageHeader> read_image_header(std::string_view bytes);

}  // namespace crossfade

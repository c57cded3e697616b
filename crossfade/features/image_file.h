// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace crossfade {

/// Images with more pixels or larger files are refused before they are decoded.
inline constexpr std::int64_t kMaxImagePixels = 50'000'000;
inline constexpr std::int64_t kMaxImageBytes = 64'000'000;

/// Pixels, row by row from the top: three bytes each, in the order of the function that made it.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// The size below which an image is not to be shrunk while it is decoded.
struct LeastSize {
  std::int64_t shorter = 1;  ///< Of the shorter side, in pixels.
  std::int64_t longer = 1;
};

/// Decodes a JPEG, PNG, WebP or BMP file to blue, green, red: 8 bits a channel, upright where the
/// file says which way that is, without transparency. Decoders can leave out detail that shrinking
/// would lose anyway: an image of twice `least` or more may come at a half, a fourth or an eighth
/// of its size. Returns why the file cannot be read, if so: "no such file", "is cut off". Safe to
/// call from several threads.
[[nodiscard]] std::variant<Image, std::string> read_image(const std::filesystem::path& file,
                                                          LeastSize least);

/// The same for red, green, blue, shrunk until no side has more than `max_side` pixels.
[[nodiscard]] std::variant<Image, std::string> read_rgb_image(const std::filesystem::path& file,
                                                              int max_side);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crossfade {

/// How many bytes find_image_type looks at.
inline constexpr std::size_t kImageTypeBytes = 16;

/// The kind of image that `bytes`, the beginning of a file, are: "jpg", "png", "gif", "webp",
/// "bmp"; "" for anything else, whatever the server says it is.
[[nodiscard]] std::string_view find_image_type(std::string_view bytes);

/// Why a complete body is no image: "is no image but begins with "<html>"", "is cut short"; ""
/// when it is one. `content_type` is what the server calls it.
[[nodiscard]] std::string image_problem(std::string_view bytes, std::string_view content_type);

/// The first bytes of something, as a message can show them.
[[nodiscard]] std::string show_beginning(std::string_view bytes);

}  // namespace crossfade

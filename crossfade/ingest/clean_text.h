// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

/// Appends `text` to `out` as plain text: HTML entities replaced, tags removed (each counts as a
/// space), runs of white space and control characters squeezed to one space, ends trimmed.
/// UTF-8 outside ASCII is kept as it is.
void clean_text(std::string_view text, std::string& out);

/// Whether clean_text leaves `text` as it is. Cheap, and true of most reviews.
[[nodiscard]] bool is_clean_text(std::string_view text);

/// Whether a text that clean_text made has at least `count` words.
[[nodiscard]] bool has_words(std::string_view clean, std::int64_t count);

}  // namespace crossfade

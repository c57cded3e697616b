// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace crossfade {

/// Appends `text` to `out` as plain text: HTML entities replaced, tags removed (each counts as a
/// space), runs of white space and control characters squeezed to one space, ends trimmed.
/// UTF-8 outside ASCII is kept as it is.
void clean_text(std::string_view text, std::string& out);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace crossfade {

/// A table of texts: the first column is aligned to the left, the others to the right.
struct Grid {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< As long as `header` each.
};

/// Columns two blanks apart, a rule under the header.
[[nodiscard]] std::string grid_to_text(const Grid& grid);

/// A Markdown table whose source is aligned, too.
[[nodiscard]] std::string grid_to_markdown(const Grid& grid);

}  // namespace crossfade

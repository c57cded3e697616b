// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/grid.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace crossfade {
namespace {

// Letters, not bytes: UTF-8 continuation bytes take no place.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::vector<std::size_t> column_widths(const Grid& grid, std::size_t least) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < grid.header.size(); ++column) {
    std::size_t width = std::max(least, width_of(grid.header[column]));
    for (const auto& row : grid.rows) {
      width = std::max(width, width_of(row[column]));
    }
    widths.push_back(width);
  }
  return widths;
}

std::string join(const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths,
                 std::string_view between) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    line += column > 0 ? between : "";
    const std::string blanks(widths[column] - width_of(cells[column]), ' ');
    line += column == 0 ? cells[column] + blanks : blanks + cells[column];
  }
  return line;
}

}  // namespace

std::string grid_to_text(const Grid& grid) {
  const std::vector<std::size_t> widths = column_widths(grid, 1);
  std::string text = join(grid.header, widths, "  ") + "\n";
  std::vector<std::string> rule;
  rule.reserve(widths.size());
  for (const std::size_t width : widths) {
    rule.emplace_back(width, '-');
  }
  text += join(rule, widths, "  ") + "\n";
  for (const auto& row : grid.rows) {
    const std::string line = join(row, widths, "  ");
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string grid_to_markdown(const Grid& grid) {
  const std::vector<std::size_t> widths = column_widths(grid, 4);
  std::string text = "| " + join(grid.header, widths, " | ") + " |\n";
  std::vector<std::string> rule;
  for (std::size_t column = 0; column < widths.size(); ++column) {
    rule.push_back(column == 0 ? std::string(widths[column], '-')
                               : std::string(widths[column] - 1, '-') + ":");
  }
  text += "| " + join(rule, widths, " | ") + " |\n";
  for (const auto& row : grid.rows) {
    text += "| " + join(row, widths, " | ") + " |\n";
  }
  return text;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crossfade/evaluation/summary.h"

namespace crossfade {

/// The results of one run among several that are shown together.
struct CellSummary {
  std::string task;
  std::string point;  ///< What varies within a task; "" when nothing does.
  Summary summary;
};

/// Two tables per task with a row per model: RMSE with its difference from the compared model at
/// every point, and MAE. A ring marks a difference with p < 0.05, a star an oracle's row. Cells of
/// a task follow one another and have the same models.
[[nodiscard]] std::string to_text(const std::vector<CellSummary>& cells);

/// The same as Markdown.
[[nodiscard]] std::string to_markdown(const std::vector<CellSummary>& cells);

/// The lines of to_json_lines of every cell, with task and point.
[[nodiscard]] std::string to_json_lines(const std::vector<CellSummary>& cells);

}  // namespace crossfade

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

/// A table per task with a row per model: RMSE, its difference from the compared model and MAE at
/// every point. A star marks a difference with p < 0.05. Cells of a task follow one another.
[[nodiscard]] std::string to_text(const std::vector<CellSummary>& cells);

/// The same as Markdown.
[[nodiscard]] std::string to_markdown(const std::vector<CellSummary>& cells);

/// The lines of to_json_lines of every cell, with task and point.
[[nodiscard]] std::string to_json_lines(const std::vector<CellSummary>& cells);

}  // namespace crossfade

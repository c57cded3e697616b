// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crossfade/evaluation/summary.h"

namespace crossfade {

/// What a row with a star is.
[[nodiscard]] std::string oracle_note(const EvaluationConfig& config);

/// "Each seed: 31,042 ratings of 665 cold-start test users."
[[nodiscard]] std::string counts_note(const Summary& summary);

/// A line each for which rows count and how unseen items are scored; nothing for the defaults.
[[nodiscard]] std::vector<std::string> row_notes(const EvaluationConfig& config);

/// The results as aligned text: a table of the models, one of RMSE by group of rows, and a line
/// each for what the numbers mean. With models of up to 20 letters no line is longer than 110.
[[nodiscard]] std::string to_text(const Summary& summary);

/// The same as Markdown.
[[nodiscard]] std::string to_markdown(const Summary& summary);

/// One JSON object per model and line, with every metric of every group.
[[nodiscard]] std::string to_json_lines(const Summary& summary);

}  // namespace crossfade

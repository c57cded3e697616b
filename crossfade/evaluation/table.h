// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crossfade/evaluation/summary.h"

namespace crossfade {

/// What a row with a star is.
inline constexpr const char* kOracleNote =
    "* Epoch chosen on the test users (select = test-oracle), MAE and RMSE each at its own: only "
    "to "
    "compare with published tables.";

/// The results as aligned text: a table of the models, one of RMSE by group of rows, and a line
/// each for what the numbers mean. With models of up to 20 letters no line is longer than 110.
[[nodiscard]] std::string to_text(const Summary& summary);

/// The same as Markdown.
[[nodiscard]] std::string to_markdown(const Summary& summary);

/// One JSON object per model and line, with every metric of every group.
[[nodiscard]] std::string to_json_lines(const Summary& summary);

}  // namespace crossfade

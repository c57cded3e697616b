// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/evaluation/summary.h"
#include "crossfade/pipeline/recipe.h"

namespace crossfade {

/// Judges the predictions that a run stored for the users of `role` (kTest or kValidation).
/// @throws Error  kIo when a model of the run is not trained yet; kData when evaluation.rows leaves
///                no rating of a seed.
[[nodiscard]] Summary evaluate_run(const Recipe& recipe, Role role);

/// Writes the results of a run as table.txt, table.md and results.jsonl into results/.
void write_results(const Recipe& recipe, const Summary& summary);

}  // namespace crossfade

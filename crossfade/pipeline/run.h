// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/progress.h"
#include "crossfade/dataset/dataset.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/pipeline/recipe.h"

namespace crossfade {

/// A stage that has ended.
struct StageReport {
  std::string stage;    ///< "ingest", "features seed 900", "music seed 900".
  std::string summary;  ///< "2,165 overlapping users ...": what a person wants to know of it.
  bool reused = false;  ///< It was up to date.
  double seconds = 0.0;
};

/// What a run tells while it goes on. All optional; never called by two threads at once.
struct RunCallbacks {
  OnProgress on_progress = {};
  OnNote on_note = {};
  std::function<void(const StageReport&)> on_stage = {};
  std::function<void(const Manifest&)> on_ingest =
      {};  ///< With the funnel, when it was not reused.
};

/// Runs all stages of a recipe below recipe.out: ingest, dataset, then per seed the split and
/// the features, then every model row with every seed, `recipe.jobs` at a time. Whatever is up
/// to date is reused; training goes on from checkpoints. The same recipe on the same data gives
/// bit-identical predictions on one machine, however often the run was killed, and whatever
/// `jobs` is.
/// @throws Error  of any stage; what was finished before stays.
void run_recipe(const Recipe& recipe, const RunCallbacks& callbacks);

/// The first two stages: ingest and dataset. `recipe` must be resolved.
/// @throws Error  of either stage.
[[nodiscard]] Dataset prepare_tables(const Recipe& recipe, const RunCallbacks& callbacks);

/// The recipe that `directory` was run with.
/// @throws Error  kIo when the directory holds no run.
[[nodiscard]] Recipe recipe_of_run(const std::filesystem::path& directory);

/// The manifest of the model `row` that the run in `directory` trained with `seed`.
/// @throws Error  kIo when the run has not come to it yet.
[[nodiscard]] Manifest manifest_of_model(const std::filesystem::path& directory,
                                         const std::string& row,
                                         std::int64_t seed);

}  // namespace crossfade

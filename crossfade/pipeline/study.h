// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crossfade/evaluation/study_table.h"
#include "crossfade/pipeline/recipe.h"

namespace crossfade {

/// One run of a study.
struct StudyCell {
  std::string task;   ///< Name of the task's recipe, without ".toml".
  std::string point;  ///< "beta 0.2": the varied settings; "" when nothing varies.
  Recipe recipe;      ///< Complete: `out` is the run's own, ingest and dataset are the task's.
  bool judged_only = false;  ///< An earlier cell's run is this one's, too.
};

/// The same models on several tasks, at several values of some settings.
struct Study {
  std::filesystem::path out;
  std::vector<StudyCell> cells;  ///< By task, then by point.
};

/// The study in `file`, or nothing when it names no `tasks` and so is a recipe:
///
///     tasks = ["books.toml", "films.toml"]     recipes, seen from the study's folder
///     vary."dataset.beta" = [0.2, 0.5, 0.8]    every combination of these is a run of every task
///     out = "runs/study"                       runs stand in <out>/<task>/<point>
///
/// Everything else is put on top of every task's recipe, and `assignments` on top of that.
///
/// What is trained does not depend on [evaluation]: points that differ there alone share one run,
/// in a directory named after the other settings. recipe.toml and results/ of that directory are
/// those of the first such point, which runs; the others (judged_only) only evaluate, and their
/// results stand in the study's tables.
/// @throws Error  as load_recipe; kUsage for tasks of equal names and points of equal names.
[[nodiscard]] std::optional<Study> load_study(const std::filesystem::path& file,
                                              const std::vector<std::string>& assignments);

/// Writes table.txt, table.md and results.jsonl of all cells into <out>/results.
/// @throws Error  kIo.
void write_study(const Study& study, const std::vector<CellSummary>& cells);

}  // namespace crossfade

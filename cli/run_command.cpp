// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/evaluation/study_table.h"
#include "crossfade/evaluation/table.h"
#include "crossfade/ingest/funnel.h"
#include "crossfade/pipeline/results.h"
#include "crossfade/pipeline/run.h"
#include "crossfade/pipeline/study.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/stages.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string recipe;
  std::vector<std::string> set;
  std::string select;
  bool json = false;
};

Summary run_one(const Recipe& recipe, ProgressPrinter& progress) {
  run_recipe(
      recipe,
      {.on_progress = progress.on_progress(),
       .on_note = progress.on_note(),
       .on_stage = [&](const StageReport& stage) { print_stage(progress, stage); },
       .on_ingest = [&](const Manifest& manifest) { progress.line(funnel_table(manifest)); }});
  Summary summary = evaluate_run(recipe, Role::kTest);
  write_results(recipe, summary);
  progress.line("");
  return summary;
}

void run_study(const Study& study, ProgressPrinter& progress, bool json) {
  std::vector<CellSummary> cells;
  for (const StudyCell& cell : study.cells) {
    progress.line(fmt::format("{}{}{} ({} of {})",
                              cell.task,
                              cell.point.empty() ? "" : ", ",
                              cell.point,
                              cells.size() + 1,
                              study.cells.size()));
    cells.push_back({cell.task,
                     cell.point,
                     cell.judged_only ? evaluate_run(cell.recipe, Role::kTest)
                                      : run_one(cell.recipe, progress)});
    write_study(study, cells);  // A study takes long; what there is can be read.
  }
  fmt::print("{}", json ? to_json_lines(cells) : to_text(cells));
}

void run(const Options& options, const Globals& globals) {
  std::vector<std::string> set = options.set;
  if (!options.select.empty()) {
    set.push_back(fmt::format("training.select={}", options.select));
  }
  if (const std::optional<Study> study = load_study(options.recipe, set)) {
    ProgressPrinter progress(globals.quiet);
    run_study(*study, progress, options.json);
    return;
  }
  const Recipe recipe = load_recipe(options.recipe, set);
  ProgressPrinter progress(globals.quiet);
  const Summary summary = run_one(recipe, progress);
  fmt::print("{}", options.json ? to_json_lines(summary) : to_text(summary));
}

}  // namespace

void add_run_command(CLI::App& app, const Globals& globals) {
  CLI::App* command = app.add_subcommand(
      "run", "Run a recipe from files to the result table, reusing what is up to date");
  auto options = std::make_shared<Options>();
  command->add_option("recipe", options->recipe, "Recipe, or study of several tasks (TOML)")
      ->required();
  command->add_option("--set", options->set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  command->add_option(
      "--select", options->select, "What decides on the epoch: val (default), last, test-oracle");
  command->add_flag("--json", options->json, "Print one JSON object per model");
  command->callback([options, &globals] { run(*options, globals); });
}

}  // namespace crossfade::cli

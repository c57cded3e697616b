// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/ingest/funnel.h"
#include "crossfade/ingest/ingest.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/pipeline/recipe.h"

#include "cli/commands.h"
#include "cli/progress.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string recipe;
  std::vector<std::string> set;
};

void run_ingest(const Options& options, const Globals& globals) {
  const Recipe recipe = load_recipe(options.recipe, options.set);
  ProgressPrinter progress(globals.quiet);
  const RunLayout layout = layout_of(recipe);
  const ArtifactState state =
      ingest(resolved(recipe).ingest, layout.ingest(), progress.on_progress(), progress.on_note());
  progress.line(state.reused ? fmt::format("{}: up to date", layout.ingest().string())
                             : fmt::format("{}: written", layout.ingest().string()));
  fmt::print("{}", funnel_table(state.manifest));
}

}  // namespace

void add_ingest_command(CLI::App& app, const Globals& globals) {
  CLI::App* command =
      app.add_subcommand("ingest", "Read the files of a recipe into tables and print the funnel");
  auto options = std::make_shared<Options>();
  command->add_option("recipe", options->recipe, "Recipe (TOML)")->required();
  command->add_option("--set", options->set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  command->callback([options, &globals] { run_ingest(*options, globals); });
}

}  // namespace crossfade::cli

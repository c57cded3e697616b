// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/evaluation/table.h"
#include "crossfade/pipeline/results.h"
#include "crossfade/pipeline/run.h"

#include "cli/commands.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string run;
  std::string on = "test";
  std::string format = "text";
  std::vector<std::string> set;
};

void evaluate_stored(const Options& options) {
  Recipe recipe = recipe_of_run(options.run);
  TomlTable changes;
  for (const std::string& assignment : options.set) {
    merge(changes, parse_assignment(assignment));
  }
  for (const TomlEntry& entry : changes.entries) {
    const auto* table = std::get_if<TomlTable>(&entry.value);
    require(entry.name == "evaluation" && table != nullptr,
            ErrorKind::kUsage,
            "{}: evaluate changes settings of [evaluation] only",
            entry.where);
    apply_toml(recipe.evaluation, *table);
  }
  const Summary summary =
      evaluate_run(recipe, options.on == "test" ? Role::kTest : Role::kValidation);
  if (options.format == "json") {
    fmt::print("{}", to_json_lines(summary));
  } else {
    fmt::print("{}", options.format == "text" ? to_text(summary) : to_markdown(summary));
  }
}

}  // namespace

void add_evaluate_command(CLI::App& app, const Globals&) {
  CLI::App* command = app.add_subcommand("evaluate", "Judge the stored predictions of a run again");
  auto options = std::make_shared<Options>();
  command->add_option("--run", options->run, "The `out` directory of a run")->required();
  command->add_option("--on", options->on, "test or val: whose ratings")
      ->check(CLI::IsMember({"test", "val"}));
  command->add_option("--format", options->format, "text, markdown or json")
      ->check(CLI::IsMember({"text", "markdown", "json"}));
  command->add_option("--set", options->set, "Change evaluation.NAME=value, repeatable")
      ->allow_extra_args(false);
  command->callback([options] { evaluate_stored(*options); });
}

}  // namespace crossfade::cli

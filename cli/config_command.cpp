// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/pipeline/recipe.h"

#include "cli/commands.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string recipe;
  std::string model;
  std::vector<std::string> set;
  bool no_help = false;
};

void print_config(const Options& options) {
  if (!options.model.empty()) {
    const ModelEntry& entry = find_model(options.model);
    const std::string text = entry.settings({}, "model." + toml_key(entry.name), !options.no_help);
    fmt::print("{}", text.empty() ? entry.name + " has no settings\n" : text.substr(1));
    return;
  }
  TomlTable table = options.recipe.empty() ? TomlTable{} : read_toml(options.recipe);
  for (const std::string& assignment : options.set) {
    merge(table, parse_assignment(assignment));
  }
  fmt::print("{}", to_text(make_recipe(std::move(table)), !options.no_help));
}

}  // namespace

void add_config_command(CLI::App& app, const Globals&) {
  CLI::App* command =
      app.add_subcommand("config", "Print a recipe as it would run, or all the defaults");
  auto options = std::make_shared<Options>();
  command->add_option("recipe", options->recipe, "Recipe to complete; none = the defaults");
  command->add_option("--model", options->model, "Print the settings of one model");
  command->add_option("--set", options->set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  command->add_flag("--no-help", options->no_help, "Leave out the explanations");
  command->callback([options] { print_config(*options); });
}

}  // namespace crossfade::cli

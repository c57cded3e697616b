// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "crossfade/models/registry.h"

#include "cli/commands.h"

namespace crossfade::cli {

void add_models_command(CLI::App& app, const Globals&) {
  CLI::App* command = app.add_subcommand("models", "List the models");
  command->callback([] {
    for (const ModelEntry& model : all_models()) {
      fmt::print("{:<14} {}\n", model.name, model.title);
      if (!model.citation.empty()) {
        fmt::print("{:<14} {}\n", "", model.citation);
      }
    }
    fmt::print("\nSettings of one: crossfade config --model NAME\n");
  });
}

}  // namespace crossfade::cli

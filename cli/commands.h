// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace crossfade::cli {

/// Settings of the tool itself, shared by all commands.
struct Globals {
  bool quiet = false;  ///< Errors only.
};

// Each adds one subcommand to `app`; its work runs when the arguments are parsed.
void add_synth_command(CLI::App& app, const Globals& globals);
void add_download_command(CLI::App& app, const Globals& globals);
void add_ingest_command(CLI::App& app, const Globals& globals);
void add_embed_command(CLI::App& app, const Globals& globals);
void add_run_command(CLI::App& app, const Globals& globals);
void add_evaluate_command(CLI::App& app, const Globals& globals);
void add_recommend_command(CLI::App& app, const Globals& globals);
void add_config_command(CLI::App& app, const Globals& globals);
void add_models_command(CLI::App& app, const Globals& globals);
void add_model_command(CLI::App& app, const Globals& globals);

}  // namespace crossfade::cli

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "crossfade/core/error.h"
#include "crossfade/core/version.h"

#include "cli/commands.h"
#include "cli/interrupt.h"

namespace {

int exit_code(crossfade::ErrorKind kind) {
  switch (kind) {
    case crossfade::ErrorKind::kUsage:
      return 2;
    case crossfade::ErrorKind::kData:
      return 3;
    case crossfade::ErrorKind::kIo:
      return 4;
    case crossfade::ErrorKind::kNumeric:
      return 5;
    case crossfade::ErrorKind::kInternal:
      return 70;
  }
  return 70;
}

void add_commands(CLI::App& app, const crossfade::cli::Globals& globals) {
  using namespace crossfade::cli;  // NOLINT(google-build-using-namespace)
  add_synth_command(app, globals);
  add_download_command(app, globals);
#ifdef CROSSFADE_WITH_TORCH
  add_ingest_command(app, globals);
  add_embed_command(app, globals);
  add_run_command(app, globals);
  add_evaluate_command(app, globals);
  add_recommend_command(app, globals);
  add_config_command(app, globals);
  add_models_command(app, globals);
#endif
#ifdef CROSSFADE_WITH_LLAMA
  add_model_command(app, globals);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"crossfade: recommend items of one shop to people known only from another"};
  crossfade::cli::Globals globals;
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("-q,--quiet", globals.quiet, "Print results and errors only");
  app.set_version_flag("--version",
                       fmt::format("crossfade {} ({})", crossfade::kVersion, crossfade::kRevision));
  app.footer(
      "Start with: crossfade synth --out sample --users 2000, then\n"
      "            crossfade run recipes/quickstart.toml\n"
      "Exit codes: 2 usage, 3 data, 4 files and system, 5 numbers, 70 a bug, 130 interrupted");
  add_commands(app, globals);
  crossfade::cli::handle_signals();
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_code(crossfade::ErrorKind::kUsage);
  } catch (const crossfade::Error& error) {
    fmt::print(stderr, "crossfade: {}\n", error.what());
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    fmt::print(stderr, "crossfade: internal error: {}\n", error.what());
    return exit_code(crossfade::ErrorKind::kInternal);
  }
}

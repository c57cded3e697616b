// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/core/toml.h"
#include "crossfade/synth/synth.h"

#include "cli/commands.h"
#include "cli/progress.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string out;
  std::vector<std::string> set;
  std::vector<std::string> users_and_seed;
  bool list = false;
};

void print_shop(const char* name, const ShopSummary& shop) {
  fmt::print("  {:<7} {:>9} reviews, {:>7} items, {:>7} images, {:.1f} MB of reviews\n",
             name,
             shop.reviews,
             shop.items,
             shop.images,
             static_cast<double>(shop.review_bytes) / 1e6);
}

void synth(const Options& options, const Globals& globals) {
  TomlTable table;
  for (const auto* assignments : {&options.set, &options.users_and_seed}) {
    for (const std::string& assignment : *assignments) {
      merge(table, parse_assignment(assignment));
    }
  }
  SynthConfig config;
  apply_toml(config, table);
  if (options.list) {
    fmt::print("{}", to_toml(config));
    return;
  }
  require(!options.out.empty(),
          ErrorKind::kUsage,
          "synth: no output directory; name one with --out DIR");
  ProgressPrinter progress(globals.quiet);
  const SynthSummary summary = synthesize(config, options.out, progress.on_progress());
  progress.line("");
  fmt::print("{}: {} users in both shops, {} in the source only, {} in the target only\n",
             options.out,
             summary.overlap_users,
             summary.auxiliary_users,
             summary.side_users);
  print_shop("source", summary.source);
  print_shop("target", summary.target);
}

}  // namespace

void add_synth_command(CLI::App& app, const Globals& globals) {
  CLI::App* command = app.add_subcommand("synth", "Write a sample: two shops with planted tastes");
  auto options = std::make_shared<Options>();
  const auto as_setting = [options](const char* name) {
    return [options, name](const std::string& value) {
      options->users_and_seed.push_back(fmt::format("{}={}", name, value));
    };
  };
  command->add_option("--out", options->out, "Directory to write; replaced if it is a sample");
  command->add_option_function<std::string>("--users", as_setting("users"), "Users of both shops");
  command->add_option_function<std::string>(
      "--seed", as_setting("seed"), "Another seed, another world");
  command->add_option("--set", options->set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  command->add_flag("--list", options->list, "Print all settings and stop");
  command->callback([options, &globals] { synth(*options, globals); });
}

}  // namespace crossfade::cli

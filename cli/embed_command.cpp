// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "crossfade/core/error.h"
#include "crossfade/pipeline/embed.h"

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/stages.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string recipe;
  std::vector<std::string> set;
  std::string shard;
  bool merge = false;
};

// "2/8", counted from 1.
Shard parse_shard(const std::string& text) {
  std::size_t number = 0;
  std::size_t count = 0;
  const char* end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, number);
  const bool both = first == std::errc() && slash != end && *slash == '/';
  const auto [rest, second] = std::from_chars(both ? slash + 1 : end, end, count);
  require(both && second == std::errc() && rest == end && number >= 1 && number <= count,
          ErrorKind::kUsage,
          "--shard {} is not I/N with 1 <= I <= N, as in 2/8",
          text);
  return {.index = number - 1, .count = count};
}

void print_report(const EmbedReport& report) {
  if (report.merged.is_null()) {
    fmt::print("{:<14} {} of {} parts made, the others were there  {}\n",
               report.name,
               report.made,
               report.parts,
               report.directory.string());
    return;
  }
  const auto number = [&](const char* name) { return report.merged[name].get<std::int64_t>(); };
  fmt::print("{:<14} {} of {} have a vector, {} problems, {} tokens ({} cut off)  {}\n",
             report.name,
             number("rows"),
             number("expected"),
             number("problems"),
             number("tokens"),
             number("tokens_cut"),
             (report.directory / "merged").string());
}

void embed(const Options& options, const Globals& globals) {
  const EmbedRequest request{.shard = options.shard.empty() ? Shard{} : parse_shard(options.shard),
                             .merge_only = options.merge};
  const Recipe recipe = load_recipe(options.recipe, options.set);
  ProgressPrinter progress(globals.quiet);
  const auto reports =
      embed_recipe(recipe,
                   request,
                   {.on_progress = progress.on_progress(),
                    .on_note = progress.on_note(),
                    .on_stage = [&](const StageReport& stage) { print_stage(progress, stage); },
                    .on_ingest = {}});
  for (const EmbedReport& report : reports) {
    print_report(report);
  }
  if (request.shard.count > 1) {
    progress.line("when all shards are done: the same command with --merge instead of --shard");
  }
}

}  // namespace

void add_embed_command(CLI::App& app, const Globals& globals) {
  CLI::App* command = app.add_subcommand(
      "embed", "Make the vectors of a recipe's language models, on one machine or on several");
  auto options = std::make_shared<Options>();
  command->add_option("recipe", options->recipe, "Recipe (TOML) with the encoder llm")->required();
  command->add_option("--set", options->set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  CLI::Option* shard = command->add_option(
      "--shard", options->shard, "Make only every N-th part: I/N, with I from 1 to N");
  command->add_flag("--merge", options->merge, "Make nothing; put together what the shards made")
      ->excludes(shard);
  command->callback([options, &globals] { embed(*options, globals); });
}

}  // namespace crossfade::cli

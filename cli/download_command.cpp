// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <fmt/format.h>

#include "crossfade/core/toml.h"
#include "crossfade/download/amazon_2023.h"
#include "crossfade/download/image_list.h"
#include "crossfade/download/images.h"
#ifdef CROSSFADE_WITH_TORCH
#include "crossfade/pipeline/run.h"
#endif

#include "cli/commands.h"
#include "cli/progress.h"

namespace crossfade::cli {
namespace {

struct Options {
  std::string out;
  std::vector<std::string> set;
  bool allow_private = false;
  bool list = false;
};

struct ImageOptions : Options {
  std::string ingest;
  std::string run;
  std::string addresses;
  bool retry_failed = false;
};

struct AmazonOptions : Options {
  std::string category;
  std::string base{kAmazon2023Base};
  std::string only = "both";
};

DownloadConfig config_of(const Options& options) {
  TomlTable table;
  for (const std::string& assignment : options.set) {
    merge(table, parse_assignment(assignment));
  }
  DownloadConfig config;
  apply_toml(config, table);
  config.allow_private = config.allow_private || options.allow_private;
  return config;
}

// Prints the settings if that is all that is asked for.
bool listed(const Options& options, const DownloadConfig& config) {
  if (options.list) {
    fmt::print("{}", to_toml(config));
    return true;
  }
  require(!options.out.empty(),
          ErrorKind::kUsage,
          "download: no output directory; name one with --out DIR");
  return false;
}

std::function<void(const OnAddress&)> list_of(const ImageOptions& options) {
  require(options.addresses.empty() + options.ingest.empty() + options.run.empty() == 2,
          ErrorKind::kUsage,
          "download images: name the addresses with one of --ingest DIR, --run DIR, --addresses "
          "FILE");
  if (!options.addresses.empty()) {
    return [&](const OnAddress& on_address) { read_address_file(options.addresses, on_address); };
  }
  std::string ingest = options.ingest;
#ifdef CROSSFADE_WITH_TORCH
  if (!options.run.empty()) {
    ingest = layout_of(recipe_of_run(options.run)).ingest().string();
  }
#endif
  return [ingest](const OnAddress& on_address) { read_ingest_addresses(ingest, on_address); };
}

void print_summary(const std::string& out, const ImageSummary& summary) {
  fmt::print("{}: {} addresses of {} items; this run asked for {} and got {:.1f} MB\n",
             out,
             summary.addresses,
             summary.items,
             summary.fetched,
             static_cast<double>(summary.fetched_bytes) / 1e6);
  fmt::print("  {:<10} {:>9}\n", "stored", summary.stored);
  fmt::print("  {:<10} {:>9}\n", "failed", summary.failed);
  fmt::print("  {:<10} {:>9}{}\n",
             "postponed",
             summary.postponed,
             summary.postponed > 0 ? "  the same command tries them again" : "");
  constexpr std::size_t kShown = 5;
  std::int64_t rest = summary.failed + summary.postponed;
  for (std::size_t i = 0; i < std::min(kShown, summary.reasons.size()); ++i) {
    const auto& [reason, count] = summary.reasons[i];
    fmt::print("  {:>20}  {}\n", count, reason);
    rest -= count;
  }
  if (rest > 0) {
    fmt::print("  {:>20}  for other reasons: {}/images.tsv\n", rest, out);
  }
}

void download_images(const ImageOptions& options, const Globals& globals) {
  const DownloadConfig config = config_of(options);
  if (listed(options, config)) {
    return;
  }
  const auto list = list_of(options);
  ProgressPrinter progress(globals.quiet);
  const ImageSummary summary = crossfade::download_images(
      config,
      {.directory = options.out, .list = list, .retry_failed = options.retry_failed},
      progress.on_progress(),
      progress.on_note());
  progress.line("");
  print_summary(options.out, summary);
}

void download_amazon_2023(const AmazonOptions& options, const Globals& globals) {
  const DownloadConfig config = config_of(options);
  if (listed(options, config)) {
    return;
  }
  std::vector<DataFile> files = amazon_2023_files(options.category, options.base, options.out);
  if (options.only != "both") {
    files.erase(options.only == "reviews" ? files.begin() + 1 : files.begin());
  }
  ProgressPrinter progress(globals.quiet);
  for (const DataFile& file : files) {
    const DataFileState state =
        fetch_gzip(config, file, progress.on_progress(), progress.on_note());
    progress.line("");
    fmt::print("{}: {:.1f} MB, {}\n",
               file.path.string(),
               static_cast<double>(state.bytes) / 1e6,
               state.reused ? "is there already" : "fetched");
  }
}

void add_common_options(CLI::App& command, Options& options) {
  command.add_option("--out", options.out, "Folder to write; what is there already is not fetched");
  command.add_flag("--allow-private",
                   options.allow_private,
                   "Open connections to private, local and reserved addresses too");
  command.add_option("--set", options.set, "Change a setting: name=value, repeatable")
      ->allow_extra_args(false);
  command.add_flag("--list", options.list, "Print all settings and stop");
}

void add_images(CLI::App& parent, const Globals& globals) {
  CLI::App* command = parent.add_subcommand(
      "images", "Fetch item images; the same command goes on after an interruption");
  auto options = std::make_shared<ImageOptions>();
  command->add_option("--ingest", options->ingest, "Ingest artifact whose items name the images");
#ifdef CROSSFADE_WITH_TORCH
  command->add_option("--run", options->run, "Directory of a run; stands for its ingest artifact");
#endif
  command->add_option(
      "--addresses", options->addresses, "File of lines: item, tab, address; may be .gz");
  command->add_flag("--retry-failed",
                    options->retry_failed,
                    "Ask again for images that failed for good in an earlier run");
  add_common_options(*command, *options);
  command->footer(
      "DIR/images.tsv says what became of every item and address, DIR/files/ holds the images.\n"
      "A recipe uses them with: [features.image] downloads = \"DIR\"");
  command->callback([options, &globals] { download_images(*options, globals); });
}

void add_amazon_2023(CLI::App& parent, const Globals& globals) {
  CLI::App* command = parent.add_subcommand(
      "amazon-2023", "Fetch the reviews and items of a category of Amazon Reviews 2023");
  auto options = std::make_shared<AmazonOptions>();
  command->add_option("category", options->category, "Category, such as Movies_and_TV")->required();
  command->add_option("--only", options->only, "reviews, items or both (default)")
      ->check(CLI::IsMember({"reviews", "items", "both"}));
  command->add_option("--base", options->base, "Address of a copy of the data set");
  add_common_options(*command, *options);
  command->footer(fmt::format("Categories: {}", fmt::join(amazon_2023_categories(), ", ")));
  command->callback([options, &globals] { download_amazon_2023(*options, globals); });
}

}  // namespace

void add_download_command(CLI::App& app, const Globals& globals) {
  CLI::App* command =
      app.add_subcommand("download", "Fetch item images, or the files of a data set");
  command->require_subcommand(1);
  add_images(*command, globals);
  add_amazon_2023(*command, globals);
}

}  // namespace crossfade::cli

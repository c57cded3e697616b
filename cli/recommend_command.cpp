// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <fmt/core.h>

#include "crossfade/core/error.h"
#include "crossfade/core/json.h"
#include "crossfade/pipeline/recommend.h"

#include "cli/commands.h"

namespace crossfade::cli {
namespace {

struct Options {
  RecommendRequest request;
  std::string run;
  std::int64_t top = 20;
  bool json = false;
};

const char* describe(Role role) {
  switch (role) {
    case Role::kSourceOnly:
      return "known from the source only";
    case Role::kSide:
      return "side user: known from the target only";
    case Role::kOverlap:
      return "known from both shops";
    case Role::kValidation:
      return "cold-start user (validation)";
    case Role::kTest:
      return "cold-start user (test)";
  }
  return "";
}

std::string label(const NamedItem& item) {
  return item.title.empty() ? item.id : fmt::format("{} [{}]", item.title, item.id);
}

void print_text(const Recommendations& list) {
  fmt::print("{}: {}, {} source ratings; {} seed {}\n",
             list.user,
             describe(list.role),
             list.source_ratings,
             list.model,
             list.seed);
  if (!list.source_likes.empty()) {
    fmt::print("\nrated best in the source\n");
    for (const NamedItem& item : list.source_likes) {
      fmt::print("      {:4.1f}  {}\n", item.rating, label(item));
    }
  }
  fmt::print("\nrecommended in the target ({} items the user has are left out)\n", list.left_out);
  for (std::size_t n = 0; n < list.items.size(); ++n) {
    fmt::print("  {:>3}  {:4.2f} {}\n", n + 1, list.items[n].rating, label(list.items[n]));
  }
}

void print_json(const Recommendations& list) {
  Json items = Json::array();
  for (const NamedItem& item : list.items) {
    items.push_back({{"id", item.id}, {"title", item.title}, {"rating", item.rating}});
  }
  const Json reply{{"user", list.user},
                   {"role", describe(list.role)},
                   {"model", list.model},
                   {"seed", list.seed},
                   {"source_ratings", list.source_ratings},
                   {"left_out", list.left_out},
                   {"items", items}};
  fmt::print("{}\n", reply.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void run(Options& options) {
  options.request.run = options.run;
  options.request.top = static_cast<std::size_t>(options.top);
  const Recommendations list = recommend(options.request);
  options.json ? print_json(list) : print_text(list);
}

}  // namespace

void add_recommend_command(CLI::App& app, const Globals&) {
  CLI::App* command =
      app.add_subcommand("recommend", "The best target items for a user of a finished run");
  auto options = std::make_shared<Options>();
  command->add_option("--run", options->run, "The `out` directory of a run")->required();
  command->add_option("--user", options->request.user, "User id as in the data")->required();
  command->add_option("--top", options->top, "Length of the list")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option(
      "--model", options->request.model, "Row of the run; default: music, else the last row");
  command->add_option("--seed", options->request.seed, "Seed of the run; default: its first");
  command->add_flag("--keep-held-out",
                    options->request.keep_held_out,
                    "Also recommend what the split holds out of the user's target ratings");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options] { run(*options); });
}

}  // namespace crossfade::cli

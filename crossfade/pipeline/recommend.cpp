// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/recommend.h"

#include <algorithm>
#include <map>

#include "crossfade/core/database.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/pipeline/run.h"
#include "crossfade/retrieval/factor_index.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLikesShown = 5;

std::string choose_model(const Recipe& recipe, const std::string& wanted) {
  const auto has = [&](const std::string& name) {
    return std::ranges::find(recipe.models, name) != recipe.models.end();
  };
  if (wanted.empty()) {
    return has("music") ? "music" : recipe.models.back();
  }
  require(has(wanted),
          ErrorKind::kUsage,
          "model \"{}\" is not in this run, which has: {}",
          wanted,
          fmt::join(recipe.models, ", "));
  return wanted;
}

std::int64_t choose_seed(const Recipe& recipe, std::int64_t wanted) {
  if (wanted < 0) {
    return recipe.seeds.front();
  }
  require(std::ranges::find(recipe.seeds, wanted) != recipe.seeds.end(),
          ErrorKind::kUsage,
          "seed {} is not in this run, which has: {}",
          wanted,
          fmt::join(recipe.seeds, ", "));
  return wanted;
}

UserId find_user(const Dataset& dataset, const std::string& name) {
  const std::optional<UserId> user = dataset.find_user(name);
  require(user.has_value(),
          ErrorKind::kUsage,
          "user \"{}\" is not in this run: no review of that user passed the filters of [ingest]",
          name);
  return *user;
}

// Ids and titles of `items`, whose order and scores stay.
std::vector<NamedItem> name_items(const fs::path& items_file,
                                  const std::vector<ScoredItem>& items) {
  if (items.empty()) {
    return {};
  }
  std::vector<std::int32_t> rows;
  for (const ScoredItem& item : items) {
    rows.push_back(static_cast<std::int32_t>(item.item));
  }
  Database database({.memory_limit = "1GB", .spill_directory = {}});
  Rows result =
      database.query(fmt::format("SELECT item, id, title FROM read_parquet({}) WHERE item IN ({})",
                                 sql_quote(items_file.string()),
                                 fmt::join(rows, ", ")));
  std::map<std::int32_t, NamedItem> named;
  while (const RowBlock* block = result.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      named[block->column<std::int32_t>(0)[row]] = {.id = std::string(block->text(1, row)),
                                                    .title = std::string(block->text(2, row))};
    }
  }
  std::vector<NamedItem> out;
  for (const ScoredItem& item : items) {
    NamedItem name = named[static_cast<std::int32_t>(item.item)];
    name.rating = item.score;
    out.push_back(std::move(name));
  }
  return out;
}

std::vector<ScoredItem> best_rated(const RatingsView& ratings, UserId user) {
  std::vector<ScoredItem> items;
  for (std::size_t row = 0; row < ratings.count(user); ++row) {
    items.push_back({ratings.items_of(user)[row], ratings.ratings_of(user)[row]});
  }
  std::ranges::stable_sort(items, std::ranges::greater{}, &ScoredItem::score);
  items.resize(std::min(items.size(), kLikesShown));
  return items;
}

}  // namespace

Recommendations recommend(const RecommendRequest& request) {
  const Recipe recipe = recipe_of_run(request.run);
  const RunLayout layout = layout_of(recipe);
  const Dataset dataset(layout.dataset());
  const UserId user = find_user(dataset, request.user);
  Recommendations out;
  out.user = request.user;
  out.model = choose_model(recipe, request.model);
  out.seed = choose_seed(recipe, request.seed);
  static_cast<void>(manifest_of_model(request.run, out.model, out.seed));
  const fs::path model = layout.model(out.model, out.seed);
  require(fs::exists(model / "items.npy"),
          ErrorKind::kUsage,
          "model \"{}\" has no factor tables to recommend from",
          out.model);
  out.role = load_split(layout.split(out.seed)).roles[index(user)];
  const bool held_out = out.role == Role::kTest || out.role == Role::kValidation;
  const RatingsView target = dataset.ratings(Domain::kTarget);
  const std::span<const ItemId> exclude =
      held_out && request.keep_held_out ? std::span<const ItemId>{} : target.items_of(user);
  out.left_out = static_cast<std::int64_t>(exclude.size());
  const RatingsView source = dataset.ratings(Domain::kSource);
  out.source_ratings = static_cast<std::int64_t>(source.count(user));
  const FactorIndex factors(model);
  out.items = name_items(layout.ingest() / "target" / "items.parquet",
                         factors.top_n(user, request.top, exclude));
  out.source_likes =
      name_items(layout.ingest() / "source" / "items.parquet", best_rated(source, user));
  return out;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/synth.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/synth/items.h"
#include "crossfade/synth/language.h"
#include "crossfade/synth/reviews.h"
#include "crossfade/synth/sample.h"
#include "crossfade/synth/truth.h"
#include "crossfade/synth/world.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

void check(const SynthConfig& config) {
  check_settings(config);
  require(config.overlap_fraction + config.side_fraction <= 1.0,
          ErrorKind::kUsage,
          "overlap_fraction + side_fraction = {} is more than 1; the rest of the users buy in the "
          "source only",
          config.overlap_fraction + config.side_fraction);
  require(config.min_reviews <= config.reviews_per_user,
          ErrorKind::kUsage,
          "min_reviews = {} is more than reviews_per_user = {}; lower it",
          config.min_reviews,
          config.reviews_per_user);
  for (const Shop shop : kShops) {
    // A user takes a quarter of the catalogue at most, so drawing anew when an item comes twice
    // stays cheap.
    require(item_count(config, shop) >= 4 * config.min_reviews,
            ErrorKind::kUsage,
            "{}_items = {} is fewer than 4 min_reviews = {}; raise it or lower min_reviews",
            shop_name(shop),
            item_count(config, shop),
            4 * config.min_reviews);
  }
}

// Only a directory that holds nothing but an earlier sample may be replaced.
void refuse_foreign(const fs::path& out) {
  constexpr std::array<std::string_view, 6> kOurs = {"source_reviews.jsonl",
                                                     "source_items.jsonl",
                                                     "target_reviews.jsonl",
                                                     "target_items.jsonl",
                                                     "images",
                                                     "truth"};
  std::error_code code;
  const fs::file_status status = fs::status(out, code);
  if (!fs::exists(status)) {
    return;
  }
  require(fs::is_directory(status),
          ErrorKind::kUsage,
          "{}: is a file; name a directory that does not exist yet",
          out.string());
  std::vector<std::string> names;
  for (fs::directory_iterator entry(out, code), end; entry != end; entry.increment(code)) {
    names.push_back(entry->path().filename().string());
  }
  require(!code, ErrorKind::kIo, "{}: {}", out.string(), code.message());
  std::ranges::sort(names);
  for (const std::string& name : names) {
    require(std::ranges::find(kOurs, name) != kOurs.end() && fs::exists(out / "truth/truth.json"),
            ErrorKind::kUsage,
            "{}: holds {}, which synth did not write; name another directory or empty this one",
            out.string(),
            name);
  }
}

}  // namespace

SynthSummary synthesize(const SynthConfig& config,
                        const fs::path& out,
                        const OnProgress& on_progress) {
  check(config);
  refuse_foreign(out);
  StagedDirectory staging(out);
  make_directories(staging.path() / "images");
  make_directories(staging.path() / "truth");
  const World world(config);
  const Language language(world);
  const Sample sample{world, language, staging.path(), on_progress};
  SynthSummary summary{.overlap_users = static_cast<std::int64_t>(world.overlap_users()),
                       .auxiliary_users = static_cast<std::int64_t>(world.auxiliary_users()),
                       .side_users = static_cast<std::int64_t>(world.side_users()),
                       .source = {},
                       .target = {}};
  for (const Shop shop : kShops) {
    ShopSummary& counts = shop == Shop::kSource ? summary.source : summary.target;
    const std::vector<ItemTally> tallies = write_reviews(sample, shop, counts);
    write_items(sample, shop, tallies, counts);
  }
  write_truth(sample, summary);
  staging.commit();
  return summary;
}

}  // namespace crossfade

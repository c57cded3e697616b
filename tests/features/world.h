// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/database.h"
#include "crossfade/core/files.h"
#include "crossfade/core/random.h"
#include "crossfade/features/features.h"

namespace crossfade::testing {

struct WorldItem {
  std::string title;
  std::string image;
};

struct WorldReview {
  std::int64_t user = 0;
  std::int64_t item = 0;
  double rating = 0.0;
  std::string text;
  std::int64_t time_ms = 0;
};

/// The tables of an ingest artifact, to be written by write_world.
struct World {
  std::int64_t users = 0;
  PerDomain<std::vector<WorldItem>> items;
  PerDomain<std::vector<WorldReview>> reviews;
};

/// 60 users, all in both shops, and 40 items per shop of two topics, "sea" (even items) and
/// "city" (odd ones), which titles and reviews show by words and `image` by colour. Even users
/// review sea items with 5 stars, odd ones city items with 4.
inline World two_topic_world() {
  World world;
  world.users = 60;
  Rng rng(11);
  const auto words = [&rng](bool sea) {
    std::string text;
    for (int n = 0; n < 6; ++n) {
      text += fmt::format("{}{} ", sea ? "sea" : "city", rng.below(8));
    }
    return text;
  };
  for (const Domain domain : kDomains) {
    for (std::int64_t item = 0; item < 40; ++item) {
      world.items[domain].push_back({.title = words(item % 2 == 0), .image = ""});
    }
    for (std::int64_t user = 0; user < world.users; ++user) {
      for (std::int64_t n = 0; n < 5; ++n) {
        const bool sea = user % 2 == 0;
        world.reviews[domain].push_back(
            {.user = user,
             .item = 2 * ((user + n * 3) % 5 + n * 4 % 15) + (sea ? 0 : 1),
             .rating = sea ? 5.0 : 4.0,
             .text = words(sea)});
      }
    }
  }
  return world;
}

inline std::string sql_rows(const std::vector<std::string>& rows) {
  return fmt::format("(VALUES {})", fmt::join(rows, ", "));
}

inline void write_domain(Database& database,
                         const World& world,
                         Domain domain,
                         const std::filesystem::path& directory) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < world.items[domain].size(); ++i) {
    const WorldItem& item = world.items[domain][i];
    items.push_back(fmt::format("({}::INTEGER, '{}{}', {}, NULL::VARCHAR, '', {})",
                                i,
                                name_of(domain).substr(0, 1),
                                i,
                                sql_quote(item.title),
                                sql_quote(item.image)));
  }
  std::vector<std::string> reviews;
  for (const WorldReview& review : world.reviews[domain]) {
    reviews.push_back(fmt::format("({}::INTEGER, {}::INTEGER, {}::FLOAT, {}::BIGINT, '', {})",
                                  review.user,
                                  review.item,
                                  review.rating,
                                  review.time_ms,
                                  sql_quote(review.text)));
  }
  make_directories(directory);
  database.execute(fmt::format(
      "COPY (SELECT * FROM {} t(item, id, title, description, categories, image)) TO {}",
      sql_rows(items),
      sql_quote((directory / "items.parquet").string())));
  database.execute(fmt::format(
      "COPY (SELECT DISTINCT ON (\"user\", item) * FROM {} t(\"user\", item, rating, time_ms, "
      "title, text) ORDER BY \"user\", item) TO {}",
      sql_rows(reviews),
      sql_quote((directory / "reviews.parquet").string())));
}

/// Writes `world` as an ingest artifact; users are called "u000", items "s0" and "t0".
inline void write_world(const World& world, const std::filesystem::path& directory) {
  const ArtifactKey key{
      .stage = "ingest", .config = "", .inputs = {{.name = "world", .hash = directory.string()}}};
  ensure_artifact(directory, key, [&](const std::filesystem::path& staging) {
    Database database({.memory_limit = "1GB", .spill_directory = "", .threads = 1});
    database.execute(fmt::format(
        "COPY (SELECT range::INTEGER AS \"user\", printf('u%03d', range) AS id FROM range({})) "
        "TO {}",
        world.users,
        sql_quote((staging / "users.parquet").string())));
    for (const Domain domain : kDomains) {
      write_domain(database, world, domain, staging / name_of(domain));
    }
    return Json::object();
  });
}

}  // namespace crossfade::testing

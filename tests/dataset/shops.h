// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/database.h"
#include "crossfade/core/files.h"
#include "crossfade/dataset/dataset.h"

namespace crossfade::testing {

struct Row {
  int user;
  int item;
  float rating;
};

/// Two shops as the ingest stage leaves them.
struct Shops {
  std::vector<std::string> users;  ///< External ids, ascending.
  std::size_t source_items = 0;
  std::size_t target_items = 0;
  std::vector<Row> source;  ///< By user and item.
  std::vector<Row> target;
};

inline void write_parquet(Database& database,
                          const std::filesystem::path& file,
                          const std::string& columns,
                          const std::vector<std::string>& rows) {
  database.execute(fmt::format("CREATE OR REPLACE TABLE t ({})", columns));
  if (!rows.empty()) {
    database.execute(fmt::format("INSERT INTO t VALUES ({})", fmt::join(rows, "), (")));
  }
  database.execute(fmt::format("COPY t TO {} (FORMAT parquet)", sql_quote(file.string())));
}

inline Database small_database() {
  return Database({.memory_limit = "500MB", .spill_directory = {}, .threads = 1});
}

inline void write_domain(Database& database,
                         const std::filesystem::path& directory,
                         std::size_t items,
                         const std::vector<Row>& rows) {
  make_directories(directory);
  std::vector<std::string> item_rows;
  for (std::size_t item = 0; item < items; ++item) {
    item_rows.push_back(fmt::format("{}, 'item{}'", item, item));
  }
  write_parquet(database, directory / "items.parquet", "item INTEGER, id VARCHAR", item_rows);
  std::vector<std::string> review_rows;
  for (const Row& row : rows) {
    review_rows.push_back(fmt::format("{}, {}, {}", row.user, row.item, row.rating));
  }
  write_parquet(database,
                directory / "reviews.parquet",
                "\"user\" INTEGER, item INTEGER, rating FLOAT",
                review_rows);
}

inline void write_ingest(const Shops& shops, const std::filesystem::path& directory) {
  const ArtifactKey key{.stage = "ingest", .config = "", .inputs = {}};
  ensure_artifact(directory, key, [&](const std::filesystem::path& out) {
    Database database = small_database();
    std::vector<std::string> users;
    for (std::size_t user = 0; user < shops.users.size(); ++user) {
      users.push_back(fmt::format("{}, {}", user, sql_quote(shops.users[user])));
    }
    write_parquet(database, out / "users.parquet", "\"user\" INTEGER, id VARCHAR", users);
    write_domain(database, out / "source", shops.source_items, shops.source);
    write_domain(database, out / "target", shops.target_items, shops.target);
    return Json::object();
  });
}

/// The dataset of `shops`, built below `directory`.
inline Dataset build(const Shops& shops, const std::filesystem::path& directory) {
  write_ingest(shops, directory / "ingest");
  build_dataset(directory / "ingest", directory / "dataset", {});
  return Dataset(directory / "dataset");
}

}  // namespace crossfade::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "crossfade/core/database.h"
#include "crossfade/ingest/config.h"
#include "crossfade/ingest/row_source.h"
#include "crossfade/ingest/text_store.h"

namespace crossfade {

// The tables that ingest works with, one set per <domain>:
//
//     reviews_<domain>  user_id, item_id, rating (NULL in a rejected row), time_ms, long_enough,
//                       texts; in file order, so that rowid is the row's place; until number_ids
//     meta_<domain>     item_id, title, description, categories, image; likewise
//     user_ids          id; in byte order, so that rowid is the user's code
//     item_ids_<domain> id; likewise
//     keys_<domain>     row, user, item, rating, time, long_enough, texts: the reviews left, by
//     code items_<domain>    code, title, description, categories, image: one row per known item
//
// Titles and texts of reviews stand in a TextStore; texts is their number in it.

/// How loading goes about bad rows.
struct LoadOptions {
  std::string domain;
  double max_bad_fraction = 0.0;
  std::filesystem::path scratch;  ///< An empty directory for what a load needs on disk.
};

/// How many rows an input has, and how many of them cannot be used.
struct RowCounts {
  std::int64_t read = 0;
  std::int64_t rejected = 0;
};

/// Adds the SQL functions by which reviews are loaded and written. `texts` must outlive the last
/// use; to be called when add_image_functions is.
void add_review_functions(Database& database, TextStore& texts, std::int64_t min_words);

/// Adds the SQL functions by which load_items finds image files. To be called before any file is
/// read: DuckDB 1.4 loses functions that are added after a scan that stores rejects.
void add_image_functions(Database& database,
                         const DomainSource& settings,
                         const std::string& domain);

/// Makes the empty table rejected: domain, file, line, reason.
void create_rejected_table(Database& database);

/// Reads `rows` into reviews_<domain> and its bad rows into `rejected`.
/// @throws Error  kData when more than max_bad_fraction of the rows are bad or a gzip file of JSON
///                lines is damaged.
RowCounts load_reviews(Database& database, const RowSource& rows, const LoadOptions& options);

/// Reads `rows` into meta_<domain>, likewise. No rows make an empty table.
void load_items(Database& database,
                const std::optional<RowSource>& rows,
                const LoadOptions& options);

/// Numbers users and items: user_ids, item_ids_<domain>, keys_<domain>, items_<domain> take the
/// place of reviews_<domain>.
void number_ids(Database& database);

/// Users that are left.
struct UserCounts {
  std::int64_t all = 0;
  std::int64_t overlap = 0;
};

/// Renumbers the users left in both domains and writes users.parquet.
/// @throws Error  kData when no user is in both domains.
UserCounts write_users(Database& database, const std::filesystem::path& directory);

/// Renumbers the items left in a domain and writes its items.parquet and reviews.parquet.
void write_domain(Database& database,
                  const std::filesystem::path& directory,
                  const std::string& domain);

/// How many of the items left in a domain have no row in its items file.
[[nodiscard]] std::int64_t count_items_without_metadata(Database& database,
                                                        const std::string& domain);

/// Writes rejected.parquet.
void write_rejected(Database& database, const std::filesystem::path& directory);

}  // namespace crossfade

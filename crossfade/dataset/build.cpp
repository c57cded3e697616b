// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/core/npy.h"
#include "crossfade/dataset/dataset.h"
#include "crossfade/dataset/layout.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

std::string select(std::string_view columns, const fs::path& parquet) {
  return fmt::format("SELECT {} FROM read_parquet({})", columns, sql_quote(parquet.string()));
}

std::size_t count_rows(Database& database, const fs::path& parquet) {
  return static_cast<std::size_t>(database.query_count(select("count(*)", parquet)));
}

std::size_t copy_user_names(Database& database, const fs::path& parquet, const fs::path& out) {
  NpyWriter bytes(out / kNameBytesFile, NpyType::kUint8, 1);
  NpyWriter offsets(out / kNameOffsetsFile, NpyType::kInt64, 1);
  std::int64_t end = 0;
  offsets.append(std::span(&std::as_const(end), 1));
  std::size_t users = 0;
  std::string previous;
  Rows rows = database.query(select("\"user\"::INTEGER, id::VARCHAR", parquet));
  while (const RowBlock* block = rows.next()) {
    const auto ids = block->column<std::int32_t>(0);
    for (std::size_t row = 0; row < block->rows(); ++row, ++users) {
      const std::string_view name = block->text(1, row);
      require(std::cmp_equal(ids[row], users) && (users == 0 || previous < name),
              ErrorKind::kData,
              "{}: user {} (\"{}\") is out of order; users are numbered from 0 in the order of "
              "their ids",
              parquet.string(),
              ids[row],
              name);
      previous = name;
      bytes.append(std::span(reinterpret_cast<const std::uint8_t*>(name.data()), name.size()));
      end += static_cast<std::int64_t>(name.size());
      offsets.append(std::span(&std::as_const(end), 1));
    }
  }
  bytes.finish();
  offsets.finish();
  return users;
}

// Checks rows as they stream by and compresses them into offsets, items and ratings.
class DomainWriter {
 public:
  DomainWriter(const fs::path& parquet, const fs::path& out, std::size_t users, std::size_t items)
      : name_(parquet.string()),
        users_(users),
        items_(items),
        offsets_file_(out / kOffsetsFile, NpyType::kInt64, 1),
        items_file_(out / kItemsFile, NpyType::kInt32, 1),
        ratings_file_(out / kRatingsFile, NpyType::kFloat32, 1) {}

  void append(const RowBlock& block) {
    const auto users = block.column<std::int32_t>(0);
    const auto items = block.column<std::int32_t>(1);
    const auto ratings = block.column<float>(2);
    for (std::size_t row = 0; row < block.rows(); ++row) {
      const bool missing = block.is_null(0, row) || block.is_null(1, row) || block.is_null(2, row);
      require(!missing, ErrorKind::kData, "{}: row {} has an empty cell", name_, rows_);
      check(users[row], items[row], ratings[row]);
      begin_users_up_to(users[row]);
      last_item_ = items[row];
      ++rows_;
    }
    items_file_.append(items);
    ratings_file_.append(ratings);
  }

  std::size_t finish() {
    begin_users_up_to(static_cast<std::int64_t>(users_));
    offsets_file_.finish();
    items_file_.finish();
    ratings_file_.finish();
    return static_cast<std::size_t>(rows_);
  }

 private:
  void check(std::int32_t user, std::int32_t item, float rating) const {
    require(user >= 0 && std::cmp_less(user, users_) && item >= 0 && std::cmp_less(item, items_),
            ErrorKind::kData,
            "{}: row {} rates item {} by user {}; there are {} items and {} users",
            name_,
            rows_,
            item,
            user,
            items_,
            users_);
    require(user > last_user_ || (user == last_user_ && item > last_item_),
            ErrorKind::kData,
            "{}: row {} (user {}, item {}) is out of order; rows are sorted by user and item, "
            "each pair once",
            name_,
            rows_,
            user,
            item);
    require(rating >= 1 && rating <= 5,
            ErrorKind::kData,
            "{}: row {} has rating = {}; ratings lie in [1, 5]",
            name_,
            rows_,
            rating);
  }

  // Users without ratings begin where the next one begins.
  void begin_users_up_to(std::int64_t user) {
    for (; last_user_ < user; ++last_user_) {
      offsets_file_.append(std::span(&std::as_const(rows_), 1));
    }
  }

  std::string name_;
  std::size_t users_;
  std::size_t items_;
  NpyWriter offsets_file_;
  NpyWriter items_file_;
  NpyWriter ratings_file_;
  std::int64_t rows_ = 0;
  std::int64_t last_user_ = -1;
  std::int32_t last_item_ = -1;
};

struct DomainCounts {
  std::size_t items = 0;
  std::size_t ratings = 0;
};

struct Copy {
  Database& database;
  std::size_t users;
  const OnProgress& on_progress;
};

DomainCounts copy_domain(const Copy& copy, const fs::path& in, const fs::path& out) {
  make_directories(out);
  const fs::path parquet = in / "reviews.parquet";
  const std::size_t items = count_rows(copy.database, in / "items.parquet");
  const std::string what = fmt::format("compressing {} ratings", out.filename().string());
  Progress progress{.what = what,
                    .done = 0,
                    .total = static_cast<std::int64_t>(count_rows(copy.database, parquet)),
                    .unit = "ratings"};
  DomainWriter writer(parquet, out, copy.users, items);
  Rows rows =
      copy.database.query(select("\"user\"::INTEGER, item::INTEGER, rating::FLOAT", parquet));
  while (const RowBlock* block = rows.next()) {
    writer.append(*block);
    progress.done += static_cast<std::int64_t>(block->rows());
    report(copy.on_progress, progress);
  }
  return {.items = items, .ratings = writer.finish()};
}

}  // namespace

Json to_json(const DatasetCounts& counts) {
  return {{"users", counts.users},
          {"source_items", counts.source_items},
          {"target_items", counts.target_items},
          {"source_ratings", counts.source_ratings},
          {"target_ratings", counts.target_ratings}};
}

DatasetCounts read_counts(const Json& details) {
  try {
    return {.users = details.at("users"),
            .source_items = details.at("source_items"),
            .target_items = details.at("target_items"),
            .source_ratings = details.at("source_ratings"),
            .target_ratings = details.at("target_ratings")};
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData,
         "the dataset's manifest lacks its counts; remove the dataset and run again");
  }
}

ArtifactState build_dataset(const fs::path& ingest_directory,
                            const fs::path& directory,
                            const OnProgress& on_progress) {
  const Manifest ingest = read_manifest(ingest_directory);
  const ArtifactKey key{
      .stage = "dataset", .config = "", .inputs = {{"ingest", ingest.content_hash}}};
  return ensure_artifact(directory, key, [&](const fs::path& out) {
    // One thread keeps the order of the rows and the memory small.
    Database database({.memory_limit = "1GB", .spill_directory = {}, .threads = 1});
    DatasetCounts counts;
    counts.users = copy_user_names(database, ingest_directory / "users.parquet", out);
    const Copy copy{.database = database, .users = counts.users, .on_progress = on_progress};
    const DomainCounts source =
        copy_domain(copy, ingest_directory / kSourceDirectory, out / kSourceDirectory);
    const DomainCounts target =
        copy_domain(copy, ingest_directory / kTargetDirectory, out / kTargetDirectory);
    counts.source_items = source.items;
    counts.source_ratings = source.ratings;
    counts.target_items = target.items;
    counts.target_ratings = target.ratings;
    return to_json(counts);
  });
}

}  // namespace crossfade

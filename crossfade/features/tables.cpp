// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/tables.h"

#include <limits>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/features/workspace.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

fs::path table(const fs::path& ingest, Domain domain, std::string_view name) {
  return ingest / name_of(domain) / name;
}

// One thread: rows then arrive in the order of the file, and tables are read faster than texts
// are cut into words.
Database open_database() {
  return Database({.memory_limit = "1GB", .spill_directory = "", .threads = 1});
}

// Whether `mask` has a 1 for a column's number: a bit string, '0110...', that the database looks
// into.
std::string has_bit(std::string_view column, const std::vector<std::uint8_t>& mask) {
  std::string bits;
  bits.reserve(mask.size());
  for (const std::uint8_t bit : mask) {
    bits += bit != 0 ? '1' : '0';
  }
  return fmt::format("{} BETWEEN 0 AND {} AND get_bit('{}'::BIT, {}) = 1",
                     column,
                     static_cast<std::int64_t>(mask.size()) - 1,
                     bits,
                     column);
}

}  // namespace

void read_item_texts(const fs::path& ingest,
                     Domain domain,
                     std::size_t n_items,
                     const std::function<void(const ItemText&)>& on_item) {
  const fs::path file = table(ingest, domain, "items.parquet");
  Database database = open_database();
  Rows rows =
      database.query(fmt::format("SELECT item, title, description, categories, image FROM "
                                 "read_parquet({})",
                                 sql_quote(file.string())));
  std::size_t expected = 0;
  while (const RowBlock* block = rows.next()) {
    const auto items = block->column<std::int32_t>(0);
    for (std::size_t row = 0; row < block->rows(); ++row, ++expected) {
      require(expected < n_items && static_cast<std::size_t>(items[row]) == expected,
              ErrorKind::kData,
              "{}: item {} stands where the dataset has item {} of {}; run ingest and dataset "
              "again",
              file.string(),
              items[row],
              expected,
              n_items);
      on_item({.item = expected,
               .title = block->text(1, row),
               .description = block->text(2, row),
               .categories = block->text(3, row),
               .image = block->text(4, row)});
    }
  }
  require(expected == n_items,
          ErrorKind::kData,
          "{}: has {} items, the dataset {}; run ingest and dataset again",
          file.string(),
          expected,
          n_items);
}

void read_reviews(const fs::path& ingest,
                  Domain domain,
                  const ReviewMask& visible,
                  const std::function<void(const ReviewText&)>& on_review) {
  const fs::path file = table(ingest, domain, "reviews.parquet");
  Database database = open_database();
  Rows rows = database.query(fmt::format(
      "SELECT \"user\", title, text, rating, time_ms FROM read_parquet({}) WHERE {} AND {}",
      sql_quote(file.string()),
      has_bit("\"user\"", visible.users),
      has_bit("item", visible.items)));
  std::int32_t previous = 0;
  while (const RowBlock* block = rows.next()) {
    const auto users = block->column<std::int32_t>(0);
    const auto ratings = block->column<float>(3);
    const auto times = block->column<std::int64_t>(4);
    for (std::size_t row = 0; row < block->rows(); ++row) {
      require(users[row] >= previous,
              ErrorKind::kData,
              "{}: user {} stands after user {}; the table must be sorted by user",
              file.string(),
              users[row],
              previous);
      previous = users[row];
      on_review({.user = static_cast<std::size_t>(users[row]),
                 .title = block->text(1, row),
                 .text = block->text(2, row),
                 .rating = ratings[row],
                 .time_ms = block->is_null(4, row) ? std::numeric_limits<std::int64_t>::min()
                                                   : times[row]});
    }
  }
}

std::vector<std::string> read_item_column(const fs::path& ingest,
                                          Domain domain,
                                          std::string_view column) {
  const fs::path file = table(ingest, domain, "items.parquet");
  Database database = open_database();
  Rows rows = database.query(fmt::format(
      "SELECT {} FROM read_parquet({}) ORDER BY item", sql_name(column), sql_quote(file.string())));
  std::vector<std::string> out;
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      out.emplace_back(block->text(0, row));
    }
  }
  return out;
}

}  // namespace crossfade

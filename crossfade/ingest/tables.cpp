// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/tables.h"

#include <functional>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"
#include "crossfade/ingest/clean_text.h"
#include "crossfade/ingest/gzip_segments.h"
#include "crossfade/ingest/rejects.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

void store(Database& database,
           const RowSource& rows,
           const std::vector<BadRow>& bad,
           const std::string& domain) {
  constexpr std::size_t kRowsPerInsert = 1000;
  for (std::size_t begin = 0; begin < bad.size(); begin += kRowsPerInsert) {
    std::string values;
    for (std::size_t i = begin; i < std::min(bad.size(), begin + kRowsPerInsert); ++i) {
      values += fmt::format("{}({}, {}, {}, {})",
                            values.empty() ? "" : ", ",
                            sql_quote(domain),
                            sql_quote(rows.label),
                            bad[i].line,
                            sql_quote(bad[i].reason));
    }
    database.execute("INSERT INTO rejected VALUES " + values);
  }
}

// Looks up and stores the bad rows of `rows`; too many of them are an error.
void reject(Database& database,
            const RowSource& rows,
            const RowCounts& counts,
            const LoadOptions& options) {
  if (counts.rejected == 0) {
    return;
  }
  const std::vector<BadRow> bad = find_bad_rows(database, rows);
  const double allowed = options.max_bad_fraction * static_cast<double>(counts.read);
  require(
      static_cast<double>(counts.rejected) <= allowed,
      ErrorKind::kData,
      "{}: {} of {} rows rejected, more than ingest.max_bad_fraction = {}; first: {}",
      rows.label,
      counts.rejected,
      counts.read,
      options.max_bad_fraction,
      bad.empty() ? "unknown" : fmt::format("line {}: {}", bad.front().line, bad.front().reason));
  store(database, rows, bad, options.domain);
}

// Makes `table` of what `select` makes of the rows.
void fill(Database& database,
          const std::string& table,
          const RowSource& rows,
          const fs::path& scratch,
          const std::function<std::string(const RowSource&)>& select) {
  if (!rows.has_parts()) {
    database.execute(fmt::format("CREATE TABLE {} AS {}", table, select(rows)));
    return;
  }
  // DuckDB inflates on one core and ends a file that is cut short without a word.
  GzipSegments segments(rows.file->path, scratch);
  std::string verb = fmt::format("CREATE TABLE {} AS ", table);
  while (const std::optional<fs::path> segment = segments.next()) {
    database.execute(verb + select(rows.part(*segment)));
    verb = fmt::format("INSERT INTO {} ", table);
  }
}

// Turns what an items file says about its image into a path or an address.
TextFunction image_finder(const DomainSource& settings) {
  const fs::path base =
      !settings.images.empty() ? fs::path(settings.images) : fs::path(settings.items).parent_path();
  return [base](std::string_view value, std::string& out) {
    if (value.empty() || value.find("://") != std::string_view::npos) {
      out += value;
      return;
    }
    std::error_code ignored;
    const fs::path file = (base / fs::path(value)).lexically_normal();
    if (fs::is_regular_file(file, ignored)) {
      out += file.string();
    }
  };
}

// The file in the images folder that bears an item's id as its name.
TextFunction image_by_id(const DomainSource& settings) {
  return [folder = fs::path(settings.images)](std::string_view id, std::string& out) {
    std::error_code ignored;
    for (const char* extension : {".jpg", ".jpeg", ".png", ".webp"}) {
      const fs::path file = folder / (std::string(id) + extension);
      if (!folder.empty() && fs::is_regular_file(file, ignored)) {
        out += file.lexically_normal().string();
        return;
      }
    }
  };
}

void write_parquet(Database& database, const std::string& select, const fs::path& file) {
  database.execute(
      fmt::format("COPY ({}) TO {} (FORMAT parquet)", select, sql_quote(file.string())));
}

}  // namespace

void add_image_functions(Database& database,
                         const DomainSource& settings,
                         const std::string& domain) {
  database.add_text_function("find_image_" + domain, image_finder(settings));
  database.add_text_function("image_by_id_" + domain, image_by_id(settings));
}

void add_review_functions(Database& database, TextStore& texts, std::int64_t min_words) {
  database.add_text_test("is_clean", is_clean_text);
  database.add_text_test("has_enough_words",
                         [min_words](std::string_view text) { return has_words(text, min_words); });
  database.add_text_keeper(
      "texts",
      {.keep = [&texts](auto title, auto text) { return texts.keep(title, text); },
       .find = [&texts](auto number, auto& buffer) { return texts.find(number, buffer); }});
}

void create_rejected_table(Database& database) {
  database.execute(
      "CREATE TABLE rejected (domain VARCHAR, file VARCHAR, line BIGINT, reason VARCHAR)");
}

RowCounts load_reviews(Database& database, const RowSource& rows, const LoadOptions& options) {
  // clean_text copies; most texts do not need it.
  fill(database, "reviews_" + options.domain, rows, options.scratch, [](const RowSource& part) {
    return fmt::format(
        "SELECT user_id, item_id, rating, time_ms, "
        "coalesce(has_enough_words(text), has_enough_words('')) AS long_enough, "
        "CASE WHEN rating IS NOT NULL THEN keep_texts(title, text) END AS texts FROM (SELECT "
        "\"user\" AS user_id, item AS item_id, CASE WHEN reason IS NULL THEN stars::FLOAT END "
        "AS rating, time_ms, "
        "CASE WHEN is_clean(title) THEN title ELSE clean_text(title) END AS title, "
        "CASE WHEN is_clean(text) THEN text ELSE clean_text(text) END AS text FROM ({}))",
        checked_sql(part));
  });
  const std::int64_t unreadable = count_unreadable(database, rows);
  const RowCounts counts{
      .read = unreadable + database.query_count("SELECT count(*) FROM reviews_" + options.domain),
      .rejected =
          unreadable +
          database.query_count("SELECT count(*) - count(rating) FROM reviews_" + options.domain)};
  require(counts.read > 0,
          ErrorKind::kData,
          "{}: has no rows; at least one review is expected",
          rows.label);
  reject(database, rows, counts, options);
  return counts;
}

void load_items(Database& database,
                const std::optional<RowSource>& rows,
                const LoadOptions& options) {
  if (!rows) {
    database.execute(
        fmt::format("CREATE TABLE meta_{} (item_id VARCHAR, title VARCHAR, description VARCHAR, "
                    "categories VARCHAR, image VARCHAR)",
                    options.domain));
    return;
  }
  const auto text = [&](const std::string& field, const std::string& join) {
    return rows->json_values ? fmt::format("clean_text({}({}))", join, field)
                             : fmt::format("clean_text({})", field);
  };
  // A local file named by the item's id is better than an address.
  fill(database, "meta_" + options.domain, *rows, options.scratch, [&](const RowSource& part) {
    return fmt::format(
        "SELECT item_id, title, description, categories, "
        "CASE WHEN image = '' OR contains(image, '://') "
        "THEN coalesce(nullif(image_by_id_{0}(item_id), ''), image) ELSE image END AS image "
        "FROM (SELECT item AS item_id, coalesce({1}, '') AS title, "
        "coalesce({2}, '') AS description, coalesce({3}, '') AS categories, "
        "coalesce(find_image_{0}({4}), '') AS image FROM ({5}))",
        options.domain,
        text("title", "join_words"),
        text("description", "join_words"),
        text("categories", "join_categories"),
        rows->json_values ? "first_image(image)" : "image",
        part.sql);
  });
  const std::int64_t unreadable = count_unreadable(database, *rows);
  const RowCounts counts{
      .read = unreadable + database.query_count("SELECT count(*) FROM meta_" + options.domain),
      .rejected = unreadable + database.query_count(fmt::format(
                                   "SELECT count(*) FROM meta_{} WHERE coalesce(item_id, '') = ''",
                                   options.domain))};
  reject(database, *rows, counts, options);
}

void number_ids(Database& database) {
  database.execute(
      "CREATE TABLE user_ids AS SELECT DISTINCT user_id AS id FROM "
      "(SELECT user_id FROM reviews_source WHERE rating IS NOT NULL UNION ALL "
      "SELECT user_id FROM reviews_target WHERE rating IS NOT NULL) ORDER BY id");
  for (const char* domain : {"source", "target"}) {
    database.execute(fmt::format(
        "CREATE TABLE item_ids_{0} AS SELECT DISTINCT item_id AS id FROM reviews_{0} "
        "WHERE rating IS NOT NULL ORDER BY id;"
        "CREATE TABLE keys_{0} AS SELECT r.rowid AS row, u.rowid::INTEGER AS user, "
        "i.rowid::INTEGER AS item, r.rating, r.time_ms AS time, r.long_enough, r.texts FROM "
        "reviews_{0} r JOIN user_ids u ON u.id = r.user_id JOIN item_ids_{0} i "
        "ON i.id = r.item_id WHERE r.rating IS NOT NULL;"
        "DROP TABLE reviews_{0};"
        // Of several rows about one item the fullest is kept, the first among equals.
        "CREATE TABLE items_{0} AS SELECT i.rowid::INTEGER AS code, title, description, "
        "categories, image FROM meta_{0} m JOIN item_ids_{0} i ON i.id = m.item_id "
        "QUALIFY row_number() OVER (PARTITION BY i.rowid ORDER BY (description <> '')::INTEGER + "
        "(image <> '')::INTEGER + (title <> '')::INTEGER DESC, m.rowid) = 1",
        domain));
  }
}

UserCounts write_users(Database& database, const fs::path& directory) {
  database.execute(
      "CREATE TABLE final_users AS SELECT u.rowid::INTEGER AS code, id FROM user_ids u "
      "WHERE u.rowid IN (SELECT user FROM keys_source UNION ALL SELECT user FROM keys_target) "
      "ORDER BY u.rowid");
  const UserCounts counts{.all = database.query_count("SELECT count(*) FROM final_users"),
                          .overlap = database.query_count(
                              "SELECT count(*) FROM (SELECT user FROM keys_source INTERSECT "
                              "SELECT user FROM keys_target)")};
  const auto example = [&](const char* domain) {
    return database.query_text(fmt::format(
        "SELECT id FROM user_ids u WHERE u.rowid = (SELECT min(user) FROM keys_{})", domain));
  };
  require(counts.overlap > 0,
          ErrorKind::kData,
          "ingest: no user is in both domains (such as \"{}\" in the source, \"{}\" in the "
          "target); both must use the same user ids",
          counts.overlap > 0 ? "" : example("source"),
          counts.overlap > 0 ? "" : example("target"));
  write_parquet(database,
                "SELECT rowid::INTEGER AS \"user\", id FROM final_users ORDER BY rowid",
                directory / "users.parquet");
  return counts;
}

void write_domain(Database& database, const fs::path& directory, const std::string& domain) {
  make_directories(directory / domain);
  database.execute(fmt::format(
      "CREATE TABLE final_items_{0} AS SELECT i.rowid::INTEGER AS code, id FROM item_ids_{0} i "
      "WHERE i.rowid IN (SELECT item FROM keys_{0}) ORDER BY i.rowid",
      domain));
  write_parquet(database,
                fmt::format("SELECT f.rowid::INTEGER AS item, id, coalesce(title, '') AS title, "
                            "coalesce(description, '') AS description, coalesce(categories, '') AS "
                            "categories, coalesce(image, '') AS image FROM final_items_{0} f "
                            "LEFT JOIN items_{0} m ON m.code = f.code ORDER BY f.rowid",
                            domain),
                directory / domain / "items.parquet");
  write_parquet(
      database,
      fmt::format("SELECT \"user\", item, rating, time_ms, texts.first AS title, texts.second AS "
                  "text FROM (SELECT * REPLACE (find_texts(texts) AS texts) FROM (SELECT "
                  "u.rowid::INTEGER AS \"user\", i.rowid::INTEGER AS item, k.rating, k.time AS "
                  "time_ms, k.texts FROM keys_{0} k JOIN final_users u ON u.code = k.user "
                  "JOIN final_items_{0} i ON i.code = k.item ORDER BY 1, 2, k.row))",
                  domain),
      directory / domain / "reviews.parquet");
}

std::int64_t count_items_without_metadata(Database& database, const std::string& domain) {
  return database.query_count(fmt::format(
      "SELECT count(*) FROM final_items_{0} WHERE code NOT IN (SELECT code FROM items_{0})",
      domain));
}

void write_rejected(Database& database, const fs::path& directory) {
  write_parquet(database, "SELECT * FROM rejected ORDER BY rowid", directory / "rejected.parquet");
}

}  // namespace crossfade

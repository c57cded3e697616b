// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/rejects.h"

#include <algorithm>
#include <map>
#include <optional>

#include "crossfade/core/json.h"
#include "crossfade/ingest/gzip_file.h"
#include "crossfade/ingest/json_text.h"

namespace crossfade {
namespace {

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

// Why a line holds no object; nothing when it does.
std::optional<std::string> why_no_object(const std::string& line, Layout layout) {
  if (!is_utf8(line)) {
    return "not valid UTF-8";
  }
  std::string text = layout == Layout::kPythonLines ? "" : line;
  if (layout == Layout::kPythonLines) {
    python_to_json(line, text);
  }
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return layout == Layout::kPythonLines ? "not valid Python" : "not valid JSON";
  }
  return json.is_object() ? std::nullopt : std::optional<std::string>("not a JSON object");
}

std::string missing_sql(const RowSource& rows, const std::string& field) {
  return fmt::format(
      "WHEN coalesce({}, '') = '' THEN {}", field, sql_quote(rows.column(field) + " is missing"));
}

// Number in the order of the scan -> reason.
using Reasons = std::map<std::int64_t, std::string>;

Reasons bad_values(Database& database, const RowSource& rows) {
  Reasons reasons;
  // All fields are asked for, though two are used: the scan must leave out the same rows again,
  // and it looks for faults only in fields that it needs.
  Rows found =
      database.query(fmt::format("SELECT number, reason, * EXCLUDE (number, reason) FROM "
                                 "(SELECT row_number() OVER () AS number, * FROM ({})) "
                                 "WHERE reason IS NOT NULL ORDER BY number LIMIT {}",
                                 checked_sql(rows),
                                 kMaxStoredRejects));
  while (const RowBlock* block = found.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      reasons[block->column<std::int64_t>(0)[row]] = block->text(1, row);
    }
  }
  return reasons;
}

std::string unreadable_reason(std::string_view type, std::size_t columns) {
  if (type == "MISSING COLUMNS") {
    return fmt::format("has fewer than {} fields", columns);
  }
  if (type == "TOO MANY COLUMNS") {
    return fmt::format("has more than {} fields", columns);
  }
  if (type == "INVALID ENCODING") {
    return "not valid UTF-8";
  }
  return type == "UNQUOTED VALUE" ? "a quote is not closed or text follows it"
                                  : "is longer than 2 MB";
}

// Byte offset of the row in the file -> reason.
Reasons unreadable_rows(Database& database, const RowSource& rows) {
  Reasons reasons;
  if (rows.rejects.empty()) {
    return reasons;
  }
  Rows found =
      database.query(fmt::format("SELECT line_byte_position::BIGINT - 1, min(error_type)::VARCHAR "
                                 "FROM {} GROUP BY 1 ORDER BY 1 "
                                 "LIMIT {}",
                                 rows.rejects,
                                 kMaxStoredRejects));
  while (const RowBlock* block = found.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      reasons[block->column<std::int64_t>(0)[row]] =
          unreadable_reason(block->text(1, row), rows.file->columns.size());
    }
  }
  return reasons;
}

// Walks over a file row by row, as the scan saw it, and tells where each row begins.
class RowWalker {
 public:
  RowWalker(const InputFile& file, const Reasons& unreadable)
      : file_(file), unreadable_(unreadable), input_(file.path) {
    if (file.layout == Layout::kDelimited) {
      static_cast<void>(next());
    }
  }

  // Moves to the next row; false at the end of the file.
  bool next() {
    do {
      if (!read_line()) {
        return false;
      }
      line_ = lines_read_;
      offset_ = line_offset_;
      text_ = *current_;
    } while (text_.find_first_not_of(" \t\r") == std::string::npos);
    while (goes_on() && read_line()) {
      text_ += '\n' + *current_;
    }
    return true;
  }

  [[nodiscard]] std::int64_t line() const { return line_; }

  [[nodiscard]] std::int64_t offset() const { return offset_; }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  bool read_line() {
    line_offset_ = input_.offset();
    current_ = input_.next_line();
    lines_read_ += current_ ? 1 : 0;
    return current_.has_value();
  }

  // A quoted field may hold line ends; a row that cannot be read ends with its line.
  [[nodiscard]] bool goes_on() const {
    return file_.layout == Layout::kDelimited && file_.quoted && !unreadable_.contains(offset_) &&
           std::ranges::count(text_, '"') % 2 == 1;
  }

  const InputFile& file_;
  const Reasons& unreadable_;
  GzipFile input_;
  std::optional<std::string> current_;
  std::string text_;
  std::int64_t lines_read_ = 0;
  std::int64_t line_offset_ = 0;
  std::int64_t line_ = 0;
  std::int64_t offset_ = 0;
};

// Joins what the scan found out (by number and by offset) with the lines of the file.
std::vector<BadRow> locate(const RowSource& rows,
                           const Reasons& values,
                           const Reasons& unreadable) {
  std::vector<BadRow> bad;
  RowWalker walker(*rows.file, unreadable);
  std::int64_t number = 0;
  const bool objects = rows.file->layout != Layout::kDelimited;
  const std::string nothing = rows.fields.front().column + " is missing";
  while (bad.size() < std::min(values.size() + unreadable.size(), kMaxStoredRejects) &&
         walker.next()) {
    const auto skipped = unreadable.find(walker.offset());
    if (skipped != unreadable.end()) {
      bad.push_back({.line = walker.line(), .reason = skipped->second});
      continue;
    }
    const auto value = values.find(++number);
    if (value == values.end()) {
      continue;
    }
    // A line that is no object looks like an object in which everything is missing.
    const bool nothing_found = objects && value->second == nothing;
    const auto why = nothing_found ? why_no_object(walker.text(), rows.file->layout) : std::nullopt;
    bad.push_back({.line = walker.line(), .reason = why.value_or(value->second)});
  }
  return bad;
}

}  // namespace

std::string checked_sql(const RowSource& rows) {
  if (rows.fields.front().name == "item") {
    return fmt::format(
        "SELECT *, CASE {} END AS reason FROM ({})", missing_sql(rows, "item"), rows.sql);
  }
  // One step per query level: DuckDB would cast the same text once per use.
  const std::string numbers = fmt::format(
      "SELECT *, TRY_CAST(rating AS DOUBLE) AS stars, TRY_CAST(time AS DOUBLE) AS ticks FROM ({})",
      rows.sql);
  const std::string times = fmt::format(
      "SELECT * EXCLUDE (ticks), CASE WHEN coalesce(time, '') = '' THEN 0 "
      "WHEN ticks IS NULL THEN epoch_ms(TRY_CAST(time AS TIMESTAMP)) "
      "ELSE TRY_CAST(CASE WHEN abs(ticks) < 1e11 THEN ticks * 1000 ELSE ticks END AS BIGINT) "
      "END AS time_ms FROM ({})",
      numbers);
  return fmt::format(
      "SELECT *, CASE {0} {1} {2} "
      "WHEN stars IS NULL THEN {3} || ' = \"' || rating[:40] || '\" is not a number' "
      "WHEN NOT stars BETWEEN 1 AND 5 THEN {3} || ' = ' || rating[:40] || ' is outside [1, 5]' "
      "WHEN time_ms IS NULL THEN {4} || ' = \"' || time[:40] || '\" is no time' END AS reason "
      "FROM ({5})",
      missing_sql(rows, "user"),
      missing_sql(rows, "item"),
      missing_sql(rows, "rating"),
      sql_quote(rows.column("rating")),
      sql_quote(rows.column("time")),
      times);
}

std::int64_t count_unreadable(Database& database, const RowSource& rows) {
  return rows.rejects.empty()
             ? 0
             : database.query_count(
                   fmt::format("SELECT count(DISTINCT line_byte_position) FROM {}", rows.rejects));
}

std::vector<BadRow> find_bad_rows(Database& database, const RowSource& rows) {
  const Reasons values = bad_values(database, rows);
  if (rows.file && rows.file->layout != Layout::kParquet) {
    return locate(rows, values, unreadable_rows(database, rows));
  }
  std::vector<BadRow> bad;
  for (const auto& [number, reason] : values) {
    bad.push_back({.line = number, .reason = reason});
  }
  return bad;
}

}  // namespace crossfade

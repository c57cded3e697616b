// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/row_source.h"

#include <algorithm>
#include <set>

#include "crossfade/core/error.h"
#include "crossfade/ingest/clean_text.h"
#include "crossfade/ingest/json_text.h"

namespace crossfade {
namespace {

// DuckDB expands patterns in file names; a name is meant literally.
std::string literal_path(const std::filesystem::path& path) {
  std::string out;
  for (const char c : path.string()) {
    out += c == '*' || c == '?' || c == '[' ? std::string{'[', c, ']'} : std::string(1, c);
  }
  return sql_quote(out);
}

std::string column_types(const std::vector<std::string>& columns, std::string_view type) {
  std::string out;
  for (const std::string& column : columns) {
    out += fmt::format("{}{}: '{}'", out.empty() ? "" : ", ", sql_quote(column), type);
  }
  return "{" + out + "}";
}

std::vector<std::string> used_columns(const std::vector<RowField>& fields) {
  std::vector<std::string> columns;
  for (const RowField& field : fields) {
    if (!field.column.empty() && std::ranges::find(columns, field.column) == columns.end()) {
      columns.push_back(field.column);
    }
  }
  return columns;
}

std::string compression(const InputFile& file) {
  return file.gzip ? "gzip" : "uncompressed";
}

std::string scan_json(const InputFile& file, const std::vector<RowField>& fields, bool as_json) {
  return fmt::format(
      "read_json({}, format = 'newline_delimited', ignore_errors = true, compression = '{}', "
      "columns = {})",
      literal_path(file.path),
      compression(file),
      column_types(used_columns(fields), as_json ? "JSON" : "VARCHAR"));
}

// The options of read_csv that note structurally bad rows in the table `rejects`.
std::string store_rejects(const std::string& rejects) {
  return fmt::format(
      "store_rejects = true, rejects_limit = 0, rejects_table = {}, rejects_scan = {}",
      sql_quote(rejects),
      sql_quote(rejects + "_scan"));
}

std::string scan_python(const InputFile& file, const RowSource& rows, bool as_json) {
  std::string columns;
  for (const std::string& column : used_columns(rows.fields)) {
    columns += fmt::format("{}json {} {} AS {}",
                           columns.empty() ? "" : ", ",
                           as_json ? "->" : "->>",
                           sql_quote("$.\"" + column + "\""),
                           sql_name(column));
  }
  return fmt::format(
      "(SELECT {} FROM (SELECT CASE WHEN json_valid(text) THEN text::JSON END AS json FROM "
      "(SELECT python_to_json(line) AS text FROM read_csv({}, auto_detect = false, "
      "header = false, compression = '{}', delim = '\x01', quote = '', escape = '', {}, "
      "columns = {{'line': 'VARCHAR'}}) WHERE trim(line) <> '')))",
      columns,
      literal_path(file.path),
      compression(file),
      store_rejects(rows.rejects));
}

std::string scan_delimited(const InputFile& file, const std::string& rejects) {
  const std::string quote = sql_quote(file.quoted ? "\"" : "");
  return fmt::format(
      "read_csv({}, auto_detect = false, header = true, compression = '{}', delim = {}, "
      "quote = {}, escape = {}, {}, columns = {})",
      literal_path(file.path),
      compression(file),
      sql_quote(std::string(1, file.delimiter)),
      quote,
      quote,
      store_rejects(rejects),
      column_types(file.columns, "VARCHAR"));
}

// How the SQL value of a column becomes text.
enum class Values { kText, kJson, kAnyType };

// The SELECT of `fields` from `scan`. With `lists`, all but ids come out as JSON text.
std::string select_fields(const std::vector<RowField>& fields,
                          const std::string& scan,
                          Values values,
                          bool lists) {
  std::string columns;
  for (const RowField& field : fields) {
    const std::string column = sql_name(field.column);
    const bool id = field.name == "item" || field.name == "user";
    std::string value = column;
    if (field.column.empty()) {
      value = "NULL::VARCHAR";
    } else if (values == Values::kJson && lists) {
      value = id ? column + "->>'$'" : column + "::VARCHAR";
    } else if (values == Values::kAnyType) {
      value = lists && !id ? "to_json(" + column + ")::VARCHAR" : column + "::VARCHAR";
    }
    columns += fmt::format("{}{} AS {}", columns.empty() ? "" : ", ", value, field.name);
  }
  return fmt::format("SELECT {} FROM {}", columns, scan);
}

// What DuckDB says, without the copy of the statement that follows it.
std::string reason_of(const Error& error) {
  std::string text = error.what();
  text = text.substr(0, text.find("; ; LINE"));
  return text.substr(0, text.find_last_not_of("; ") + 1);
}

std::vector<std::string> described_columns(Database& database, const std::string& relation) {
  std::vector<std::string> columns;
  Rows rows = database.query(fmt::format("DESCRIBE {}", relation));
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      columns.emplace_back(block->text(0, row));
    }
  }
  return columns;
}

std::string json_sql(const RowSource& rows) {
  return select_fields(rows.fields,
                       scan_json(*rows.file, rows.fields, rows.json_values),
                       Values::kJson,
                       rows.json_values);
}

struct Request {
  std::string domain;
  bool items = false;
  std::vector<WantedField> wanted;
};

RowSource rows_of_file(Database& database,
                       const std::string& path,
                       std::string_view format,
                       const Request& request) {
  RowSource rows;
  rows.label = path;
  rows.file = inspect_file(path, format);
  InputFile& file = *rows.file;
  if (file.layout == Layout::kParquet) {
    try {
      file.columns = described_columns(
          database, fmt::format("SELECT * FROM read_parquet({})", literal_path(file.path)));
    } catch (const Error& error) {
      fail(ErrorKind::kData, "{}: is no whole Parquet file ({})", path, reason_of(error));
    }
  }
  rows.fields = resolve_fields(request.wanted, file.columns, path, request.domain);
  rows.json_values = request.items && file.layout != Layout::kDelimited;
  if (file.layout == Layout::kDelimited || file.layout == Layout::kPythonLines) {
    rows.rejects =
        fmt::format("rejects_{}_{}", request.domain, request.items ? "items" : "reviews");
  }
  switch (file.layout) {
    case Layout::kJsonLines:
      rows.sql = json_sql(rows);
      break;
    case Layout::kPythonLines:
      rows.sql = select_fields(
          rows.fields, scan_python(file, rows, request.items), Values::kJson, request.items);
      break;
    case Layout::kDelimited:
      rows.sql =
          select_fields(rows.fields, scan_delimited(file, rows.rejects), Values::kText, false);
      break;
    case Layout::kParquet:
      rows.sql = select_fields(rows.fields,
                               fmt::format("read_parquet({})", literal_path(file.path)),
                               Values::kAnyType,
                               request.items);
      break;
  }
  return rows;
}

RowSource rows_of_query(Database& database, std::string query, const Request& request) {
  RowSource rows;
  rows.label = fmt::format("ingest.{}.{}", request.domain, request.items ? "items_query" : "query");
  query.erase(query.find_last_not_of(" \t\r\n;") + 1);
  const std::string relation = "(" + query + ")";
  std::vector<std::string> columns;
  try {
    columns = described_columns(database, query);
  } catch (const Error& error) {
    const bool no_sql = error.kind() == ErrorKind::kInternal;
    throw Error(no_sql ? ErrorKind::kUsage : error.kind(), reason_of(error)).within(rows.label);
  }
  rows.fields = resolve_fields(request.wanted, columns, rows.label, request.domain);
  rows.json_values = request.items;
  rows.sql = select_fields(rows.fields, relation, Values::kAnyType, request.items);
  return rows;
}

}  // namespace

const std::string& RowSource::column(std::string_view name) const {
  return std::ranges::find(fields, name, &RowField::name)->column;
}

bool RowSource::has_parts() const {
  return file && file->layout == Layout::kJsonLines && file->gzip;
}

RowSource RowSource::part(const std::filesystem::path& lines) const {
  RowSource rows = *this;
  rows.file->path = lines;
  rows.file->gzip = false;
  rows.sql = json_sql(rows);
  return rows;
}

void add_text_functions(Database& database) {
  database.add_text_function("clean_text", clean_text);
  database.add_text_function("python_to_json", python_to_json);
  database.add_text_function("first_image", first_json_image);
  database.add_text_function("join_words", [](std::string_view in, std::string& out) {
    join_json_texts(in, " ", false, out);
  });
  database.add_text_function("join_categories", [](std::string_view in, std::string& out) {
    join_json_texts(in, ", ", true, out);
  });
}

RowSource review_rows(Database& database, const DomainSource& settings, const std::string& domain) {
  const Request request{.domain = domain, .items = false, .wanted = review_fields(settings)};
  require(settings.reviews.empty() != settings.query.empty(),
          ErrorKind::kUsage,
          "ingest.{}: {}; name one of them",
          domain,
          settings.query.empty() ? "neither reviews nor query is given"
                                 : "both reviews and query are given");
  return settings.query.empty() ? rows_of_file(database, settings.reviews, settings.format, request)
                                : rows_of_query(database, settings.query, request);
}

std::optional<RowSource> item_rows(Database& database,
                                   const DomainSource& settings,
                                   const std::string& domain) {
  const Request request{.domain = domain, .items = true, .wanted = item_fields()};
  require(settings.items.empty() || settings.items_query.empty(),
          ErrorKind::kUsage,
          "ingest.{}: both items and items_query are given; name one of them",
          domain);
  if (!settings.items_query.empty()) {
    return rows_of_query(database, settings.items_query, request);
  }
  if (!settings.items.empty()) {
    return rows_of_file(database, settings.items, "auto", request);
  }
  return std::nullopt;
}

std::vector<std::string> files_in_query(Database& database, const std::string& sql) {
  std::set<std::string> files;
  for (std::size_t begin = sql.find('\''); begin != std::string::npos;) {
    const std::size_t end = sql.find('\'', begin + 1);
    if (end == std::string::npos) {
      break;
    }
    Rows rows = database.query(fmt::format("SELECT file FROM glob({})",
                                           sql_quote(sql.substr(begin + 1, end - begin - 1))));
    while (const RowBlock* block = rows.next()) {
      for (std::size_t row = 0; row < block->rows(); ++row) {
        files.emplace(block->text(0, row));
      }
    }
    begin = sql.find('\'', end + 1);
  }
  return {files.begin(), files.end()};
}

}  // namespace crossfade

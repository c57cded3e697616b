// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/id_matrix.h"

#include <limits>
#include <utility>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/core/files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

template <typename T>
std::vector<std::string> numbers_as_text(std::span<const T> numbers) {
  std::vector<std::string> out;
  for (const T number : numbers) {
    out.push_back(std::to_string(number));
  }
  return out;
}

std::vector<std::string> read_ids(const fs::path& file) {
  if (file.extension() == ".npy") {
    const NpyFile ids(file);
    return ids.type() == NpyType::kInt32 ? numbers_as_text(ids.values<std::int32_t>())
                                         : numbers_as_text(ids.values<std::int64_t>());
  }
  std::vector<std::string> out;
  std::string text = read_file(file);
  if (!text.empty() && text.back() != '\n') {
    text += '\n';
  }
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    const bool carriage_return = end > start && text[end - 1] == '\r';
    out.push_back(text.substr(start, end - start - (carriage_return ? 1 : 0)));
    start = end + 1;
  }
  return out;
}

// The columns of a Parquet file that hold features.
struct Columns {
  std::vector<std::string> numbers;
  std::string list;  // "" when features stand in columns of their own.
};

bool is_number(std::string_view type) {
  return type == "FLOAT" || type == "DOUBLE" || type.ends_with("INT") ||
         type.ends_with("INTEGER") || type.starts_with("DECIMAL");
}

Columns find_columns(Database& database, const std::string& name) {
  Rows rows = database.query(
      fmt::format("SELECT column_name::VARCHAR, column_type::VARCHAR FROM (DESCRIBE SELECT * "
                  "FROM read_parquet({}))",
                  sql_quote(name)));
  Columns out;
  bool has_id = false;
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      const std::string column(block->text(0, row));
      const std::string_view type = block->text(1, row);
      if (column == "id") {
        has_id = true;
      } else if (type.ends_with(']')) {
        require(out.list.empty(),
                ErrorKind::kData,
                "{}: has two list columns, {} and {}; one is expected",
                name,
                out.list,
                column);
        out.list = column;
      } else {
        require(is_number(type),
                ErrorKind::kData,
                "{}: column {} is of type {}; numbers are expected",
                name,
                column,
                type);
        out.numbers.push_back(column);
      }
    }
  }
  require(has_id, ErrorKind::kData, "{}: has no column id", name);
  require(out.list.empty() != out.numbers.empty(),
          ErrorKind::kData,
          "{}: beside id, one list column or numeric columns are expected",
          name);
  return out;
}

float number_or_nan(const RowBlock& block, std::size_t column, std::size_t row) {
  return block.is_null(column, row) ? std::numeric_limits<float>::quiet_NaN()
                                    : block.column<float>(column)[row];
}

IdMatrix read_columns(Database& database,
                      const std::string& name,
                      const std::vector<std::string>& columns,
                      const fs::path& scratch) {
  std::string sql = "SELECT id::VARCHAR";
  for (const std::string& column : columns) {
    sql += fmt::format(", {}::FLOAT", sql_name(column));
  }
  Rows rows = database.query(fmt::format("{} FROM read_parquet({})", sql, sql_quote(name)));
  NpyWriter writer(scratch, NpyType::kFloat32, columns.size());
  std::vector<std::string> ids;
  std::vector<float> values(columns.size());
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      ids.emplace_back(block->text(0, row));
      for (std::size_t j = 0; j < columns.size(); ++j) {
        values[j] = number_or_nan(*block, j + 1, row);
      }
      writer.append(values);
    }
  }
  writer.finish();
  return {.name = name, .values = NpyFile(scratch), .ids = std::move(ids)};
}

// Every list must be as long as the first.
std::size_t list_width(Database& database, const std::string& name, const std::string& list) {
  const auto bound = [&](std::string_view aggregate) {
    return database.query_count(fmt::format("SELECT {}(coalesce(len({}), 0)) FROM read_parquet({})",
                                            aggregate,
                                            sql_name(list),
                                            sql_quote(name)));
  };
  const std::int64_t shortest = bound("min");
  const std::int64_t longest = bound("max");
  require(shortest == longest && longest > 0,
          ErrorKind::kData,
          "{}: the lists in {} hold {} to {} numbers; all must have the same positive length",
          name,
          list,
          shortest,
          longest);
  return static_cast<std::size_t>(longest);
}

IdMatrix read_lists(Database& database,
                    const std::string& name,
                    const std::string& list,
                    const fs::path& scratch) {
  const std::size_t width = list_width(database, name, list);
  NpyWriter writer(scratch, NpyType::kFloat32, width);
  std::vector<std::string> ids;
  std::vector<float> values;
  Rows rows =
      database.query(fmt::format("SELECT id::VARCHAR, unnest({})::FLOAT FROM read_parquet({})",
                                 sql_name(list),
                                 sql_quote(name)));
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      if (values.empty()) {
        ids.emplace_back(block->text(0, row));
      }
      values.push_back(number_or_nan(*block, 1, row));
      if (values.size() == width) {
        writer.append(values);
        values.clear();
      }
    }
  }
  writer.finish();
  return {.name = name, .values = NpyFile(scratch), .ids = std::move(ids)};
}

IdMatrix read_parquet(const std::string& name, const fs::path& scratch) {
  // One thread keeps the rows in the order of the file.
  Database database({.memory_limit = "1GB", .spill_directory = "", .threads = 1});
  try {
    const Columns columns = find_columns(database, name);
    return columns.list.empty() ? read_columns(database, name, columns.numbers, scratch)
                                : read_lists(database, name, columns.list, scratch);
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(name)) {
      throw;
    }
    throw error.within(name);
  }
}

}  // namespace

IdMatrix read_id_matrix(const fs::path& matrix, const fs::path& ids, const fs::path& scratch) {
  IdMatrix out =
      matrix.extension() == ".npy"
          ? IdMatrix{.name = matrix.string(), .values = NpyFile(matrix), .ids = read_ids(ids)}
          : read_parquet(matrix.string(), scratch);
  require(out.ids.size() == out.values.rows(),
          ErrorKind::kData,
          "{}: has {} rows, its ids {}; one id per row is expected",
          out.name,
          out.values.rows(),
          out.ids.size());
  return out;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade {

/// How much a database may use of the machine.
struct DatabaseOptions {
  std::string memory_limit = "4GB";       ///< What DuckDB may hold before it spills to disk.
  std::filesystem::path spill_directory;  ///< Where it spills; "" = it fails instead of spilling.
  std::int64_t threads = 0;               ///< 0 = all cores.
};

/// One block of a query's rows, column by column. Valid until the next call of Rows::next.
class RowBlock {
 public:
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  /// The values of column `column`; T must match the SQL type exactly (INTEGER std::int32_t,
  /// BIGINT std::int64_t, FLOAT float, DOUBLE double, BOOLEAN bool, UTINYINT std::uint8_t).
  /// A NULL has an unspecified value here: ask `is_null`.
  template <typename T>
  [[nodiscard]] std::span<const T> column(std::size_t column) const {
    return {static_cast<const T*>(data(column)), rows_};
  }

  /// The text of a VARCHAR cell; "" for NULL.
  [[nodiscard]] std::string_view text(std::size_t column, std::size_t row) const;

  [[nodiscard]] bool is_null(std::size_t column, std::size_t row) const;

 private:
  friend class Rows;
  [[nodiscard]] const void* data(std::size_t column) const;

  void* chunk_ = nullptr;
  std::size_t rows_ = 0;
};

/// The rows of a query, streamed: one block in memory at a time.
class Rows {
 public:
  ~Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) = delete;
  Rows(const Rows&) = delete;

  /// The next block, or nullptr after the last.
  /// @throws Error  as Database::execute.
  [[nodiscard]] const RowBlock* next();

 private:
  friend class Database;
  struct State;
  explicit Rows(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// Functions for SQL. All are called from several threads at once. What they throw becomes the error
// of the statement.

/// Turns one text into another; writes into `out`, which is empty on entry. Must be pure.
using TextFunction = std::function<void(std::string_view in, std::string& out)>;

/// Says yes or no to one text. Must be pure.
using TextTest = std::function<bool(std::string_view text)>;

/// Keeps two texts of a row outside the database and gives them back.
struct TextKeeper {
  /// Keeps the texts; returns the number by which `find` knows them.
  std::function<std::int64_t(std::string_view first, std::string_view second)> keep;
  /// The texts kept under `number`. The views are valid while `buffer`, which the function may
  /// write into, is unchanged.
  std::function<std::pair<std::string_view, std::string_view>(std::int64_t number,
                                                              std::string& buffer)>
      find;
};

/// An in-memory DuckDB: reads JSONL, CSV and Parquet files out of core and answers SQL.
/// One connection; not to be used by two threads at once.
class Database {
 public:
  /// @throws Error  kUsage when an option is not accepted.
  explicit Database(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Makes `function` callable from SQL as name(VARCHAR) -> VARCHAR. NULL stays NULL.
  void add_text_function(const std::string& name, TextFunction function);

  /// Makes `test` callable from SQL as name(VARCHAR) -> BOOLEAN. NULL stays NULL.
  void add_text_test(const std::string& name, TextTest test);

  /// Makes `keeper` callable from SQL as keep_name(VARCHAR, VARCHAR) -> BIGINT, where NULL counts
  /// as "", and find_name(BIGINT) -> STRUCT("first" VARCHAR, "second" VARCHAR),
  /// where NULL gives two times "".
  void add_text_keeper(const std::string& name, const TextKeeper& keeper);

  /// Runs statements for their effect.
  /// @throws Error  kIo when a file cannot be read or written, the disk is full or the memory
  ///                limit is too small; kData when the content of a file is malformed; kInternal
  ///                for SQL that does not parse.
  void execute(const std::string& sql);

  /// Runs one statement and streams its rows. The Rows must not outlive the Database, and no
  /// other statement may run before they are read to the end or destroyed.
  [[nodiscard]] Rows query(const std::string& sql);

  /// The single BIGINT that `sql` yields; 0 for NULL.
  [[nodiscard]] std::int64_t query_count(const std::string& sql);

  /// The single DOUBLE that `sql` yields; NaN for NULL.
  [[nodiscard]] double query_number(const std::string& sql);

  /// The single text that `sql` yields; "" for NULL.
  [[nodiscard]] std::string query_text(const std::string& sql);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `text` as a SQL string literal, quotes included.
[[nodiscard]] std::string sql_quote(std::string_view text);

/// `name` as a SQL identifier, quotes included.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace crossfade

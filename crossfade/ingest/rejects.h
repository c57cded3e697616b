// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/database.h"
#include "crossfade/ingest/row_source.h"

namespace crossfade {

/// Why one row of a file was left out. A row that cannot be used is a fact about the data, not a
/// failure of the program.
struct BadRow {
  std::int64_t line = 0;  ///< 1-based line of the file; row of a Parquet file or a query.
  std::string reason;     ///< "rating = 7 is outside [1, 5]"
};

/// The most bad rows per file that are looked up and stored; all are counted.
inline constexpr std::size_t kMaxStoredRejects = 100'000;

/// `rows.sql` with three columns more: `stars` DOUBLE, the rating if it is a number; `time_ms`
/// BIGINT, milliseconds since 1970 from seconds, milliseconds or a date (0 when there is none,
/// NULL when it is no time; numbers below 1e11 are seconds, until the year 5138); and `reason`,
/// why the row cannot be used, or NULL. Of items only `reason`.
[[nodiscard]] std::string checked_sql(const RowSource& rows);

/// How many rows the last scan of `rows` left out because their fields could not be told apart.
[[nodiscard]] std::int64_t count_unreadable(Database& database, const RowSource& rows);

/// The first bad rows of `rows`, at most kMaxStoredRejects, by line. Reads the input once more.
[[nodiscard]] std::vector<BadRow> find_bad_rows(Database& database, const RowSource& rows);

}  // namespace crossfade

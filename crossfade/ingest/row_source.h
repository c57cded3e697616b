// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/database.h"
#include "crossfade/ingest/columns.h"
#include "crossfade/ingest/config.h"
#include "crossfade/ingest/input_file.h"

namespace crossfade {

/// A file or a query as SQL that yields its rows in order.
struct RowSource {
  std::string label;              ///< For messages: the path, or "ingest.source.query".
  std::optional<InputFile> file;  ///< Nothing for a query.
  std::vector<RowField> fields;
  /// A SELECT of one VARCHAR column per field. A row that cannot be parsed has NULL everywhere
  /// (JSON) or is left out and listed in the table `rejects` (delimited). The values of list
  /// fields of items are JSON.
  std::string sql;
  std::string rejects;       ///< Name of that table; "" when the layout has none.
  bool json_values = false;  ///< Item texts are JSON, not plain text.

  /// What the file calls the field `name`.
  [[nodiscard]] const std::string& column(std::string_view name) const;

  /// Whether it is a gzip file whose lines stand for themselves, so that it can be read in parts.
  [[nodiscard]] bool has_parts() const;

  /// The rows of a plain file that holds some lines of this one. Requires `has_parts`.
  [[nodiscard]] RowSource part(const std::filesystem::path& lines) const;
};

/// The SQL functions that `sql` and its users rely on: clean_text, join_words, join_categories,
/// first_image, python_to_json.
void add_text_functions(Database& database);

/// The reviews of a domain: user, item, rating, time, title, text. `domain` is "source" or
/// "target".
/// @throws Error  as inspect_file; kUsage for a column that is not there or a query that is no
///                SQL; kData for a file without user, item or rating.
[[nodiscard]] RowSource review_rows(Database& database,
                                    const DomainSource& settings,
                                    const std::string& domain);

/// The items of a domain: item, title, description, categories, image; nothing when the domain
/// has no items file.
[[nodiscard]] std::optional<RowSource> item_rows(Database& database,
                                                 const DomainSource& settings,
                                                 const std::string& domain);

/// The existing files that the string literals in `sql` name, patterns included, sorted.
[[nodiscard]] std::vector<std::string> files_in_query(Database& database, const std::string& sql);

}  // namespace crossfade

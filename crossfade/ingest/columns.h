// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crossfade/ingest/config.h"

namespace crossfade {

/// One field of a row: what ingest calls it and where it comes from.
struct RowField {
  std::string name;    ///< "user", "rating", "description", ...: the name in `RowSource::sql`.
  std::string column;  ///< What the file calls it; "" when the file does not have it.
};

/// A field, the setting that may name its column, and the names it is recognised by.
struct WantedField {
  std::string name;
  std::string setting;  ///< "user_column"; "" when no setting names the column.
  std::string chosen;   ///< The setting's value; "" = recognise.
  bool required = false;
  std::vector<std::string_view> known;  ///< Best first; case does not matter.
};

/// user, item, rating, time, title, text.
[[nodiscard]] std::vector<WantedField> review_fields(const DomainSource& from);

/// item, title, description, categories, image.
[[nodiscard]] std::vector<WantedField> item_fields();

/// Finds the column of each field among `columns`. `label` names the file and `domain` is
/// "source" or "target", for messages.
/// @throws Error  kUsage when a chosen column is not there, kData when a required one is not
///                recognised; both list the columns there are.
[[nodiscard]] std::vector<RowField> resolve_fields(const std::vector<WantedField>& wanted,
                                                   const std::vector<std::string>& columns,
                                                   const std::string& label,
                                                   const std::string& domain);

}  // namespace crossfade

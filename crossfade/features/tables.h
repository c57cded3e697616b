// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/dataset/ids.h"

namespace crossfade {

/// What a shop says of one item; valid during the call it is passed to.
struct ItemText {
  std::size_t item = 0;
  std::string_view title;
  std::string_view description;
  std::string_view categories;
  std::string_view image;  ///< A path, an address or "".
};

/// Streams all items of `domain`, by ascending item.
/// @throws Error  kIo; kData when the table does not hold exactly `n_items` items.
void read_item_texts(const std::filesystem::path& ingest,
                     Domain domain,
                     std::size_t n_items,
                     const std::function<void(const ItemText&)>& on_item);

/// What one user wrote about one item; valid during the call it is passed to.
struct ReviewText {
  std::size_t user = 0;
  std::string_view title;
  std::string_view text;
  float rating = 0.0F;
  std::int64_t time_ms = 0;  ///< Since 1970; the least number where it is not known.
};

/// Whose reviews may be read, one flag per row.
struct ReviewMask {
  const std::vector<std::uint8_t>& users;  ///< Who wrote.
  const std::vector<std::uint8_t>& items;  ///< About what.
};

/// Streams the reviews of `domain` that the mask has a 1 for on both sides, by ascending user and
/// item. The database filters before a text reaches this process's own code.
/// @throws Error  kIo; kData when the table is not sorted by user.
void read_reviews(const std::filesystem::path& ingest,
                  Domain domain,
                  const ReviewMask& visible,
                  const std::function<void(const ReviewText&)>& on_review);

/// The column `column` (id or image) of a domain's items, by item.
[[nodiscard]] std::vector<std::string> read_item_column(const std::filesystem::path& ingest,
                                                        Domain domain,
                                                        std::string_view column);

}  // namespace crossfade

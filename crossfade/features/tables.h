// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/dataset/ids.h"

namespace crossfade {

/// A text about one item or by one user; valid during the call it is passed to.
struct Document {
  std::size_t entity = 0;  ///< The item or user, in dense ids.
  std::array<std::string_view, 3> fields;
};

using OnDocument = std::function<void(const Document&)>;

/// Streams title, description and categories of all items of `domain`, by ascending item.
/// @throws Error  kIo; kData when the table does not hold exactly `n_items` items.
void read_item_texts(const std::filesystem::path& ingest,
                     Domain domain,
                     std::size_t n_items,
                     const OnDocument& on_item);

/// Whose reviews may be read, one flag per row.
struct ReviewMask {
  const std::vector<std::uint8_t>& users;  ///< Who wrote.
  const std::vector<std::uint8_t>& items;  ///< About what.
};

/// Streams title and text of the reviews of `domain` that the mask has a 1 for on both sides, by
/// ascending user. The database filters before a text reaches this process's own code.
/// @throws Error  kIo; kData when the table is not sorted by user.
void read_reviews(const std::filesystem::path& ingest,
                  Domain domain,
                  const ReviewMask& visible,
                  const OnDocument& on_review);

/// The column `column` (id or image) of a domain's items, by item.
[[nodiscard]] std::vector<std::string> read_item_column(const std::filesystem::path& ingest,
                                                        Domain domain,
                                                        std::string_view column);

}  // namespace crossfade

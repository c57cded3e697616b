// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/dataset/ids.h"

namespace crossfade {

/// The ratings of one domain in compressed rows: user u's ratings stand at positions
/// [offsets[u], offsets[u + 1]) of `items` and `ratings`, sorted by item. A view: it owns nothing.
struct RatingsView {
  std::span<const std::int64_t>
      offsets;  ///< n_users + 1 positions; users without ratings are empty.
  std::span<const ItemId> items;
  std::span<const float> ratings;  ///< Stars, 1 to 5.

  [[nodiscard]] std::size_t users() const noexcept { return offsets.size() - 1; }

  [[nodiscard]] std::size_t rows() const noexcept { return items.size(); }

  /// How many items user `user` rated.
  [[nodiscard]] std::size_t count(UserId user) const noexcept {
    return static_cast<std::size_t>(offsets[index(user) + 1] - offsets[index(user)]);
  }

  /// The items of one user, ascending.
  [[nodiscard]] std::span<const ItemId> items_of(UserId user) const noexcept {
    return items.subspan(static_cast<std::size_t>(offsets[index(user)]), count(user));
  }

  /// The ratings that stand beside items_of(user).
  [[nodiscard]] std::span<const float> ratings_of(UserId user) const noexcept {
    return ratings.subspan(static_cast<std::size_t>(offsets[index(user)]), count(user));
  }
};

/// The same, owning its memory.
struct Ratings {
  std::vector<std::int64_t> offsets{0};
  std::vector<ItemId> items;
  std::vector<float> ratings;

  [[nodiscard]] RatingsView view() const noexcept { return {offsets, items, ratings}; }
};

}  // namespace crossfade

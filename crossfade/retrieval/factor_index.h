// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "crossfade/core/npy.h"
#include "crossfade/dataset/ids.h"

namespace crossfade {

/// One item of a recommendation list.
struct ScoredItem {
  ItemId item{};
  float score = 0;

  friend bool operator==(const ScoredItem&, const ScoredItem&) = default;
};

/// Exact search for the items with the largest inner product with a user's vector, in factor
/// tables mapped from disk. A score is the same number whether it is asked for alone or in a
/// batch. A bias is one more component that is 1 on the other side.
class FactorIndex {
 public:
  /// The items to leave out for a user, ascending.
  using Exclude = std::function<std::span<const ItemId>(UserId)>;

  /// Takes one user's list.
  using Sink = std::function<void(UserId, std::span<const ScoredItem>)>;

  /// Maps users.npy and items.npy, float32 [n, d] each, in `directory`.
  /// @throws Error  kIo; kData when they are no such tables or differ in d.
  explicit FactorIndex(const std::filesystem::path& directory);

  [[nodiscard]] std::size_t users() const noexcept { return users_.rows(); }

  [[nodiscard]] std::size_t items() const noexcept { return items_.rows(); }

  [[nodiscard]] std::size_t width() const noexcept { return items_.columns(); }

  /// The vector of `user`, which must be below users().
  [[nodiscard]] std::span<const float> user_vector(UserId user) const;

  /// The best `n` items for `user`, best first, equal scores by item; fewer when fewer are left
  /// after `exclude` (ascending).
  /// @throws Error  kNumeric when a score is NaN.
  [[nodiscard]] std::vector<ScoredItem> top_n(UserId user,
                                              std::size_t n,
                                              std::span<const ItemId> exclude = {}) const;

  /// The same for a vector of width() components.
  [[nodiscard]] std::vector<ScoredItem> top_n(std::span<const float> user_vector,
                                              std::size_t n,
                                              std::span<const ItemId> exclude = {}) const;

  /// The same for many users, passed to `sink` in the order of `users`. Reads the items once per
  /// tile of users, so it is faster than one by one; memory is n items per user of a tile.
  void top_n(std::span<const UserId> users,
             std::size_t n,
             const Exclude& exclude,
             const Sink& sink) const;

 private:
  NpyFile users_;
  NpyFile items_;
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/dataset/config.h"
#include "crossfade/dataset/dataset.h"

namespace crossfade {

/// What a user is for in one split.
enum class Role : std::uint8_t {
  kSourceOnly,  ///< Rated in the source only: trains the source side.
  kSide,        ///< Rated in the target only (or its source ratings are hidden).
  kOverlap,     ///< Rated in both; trains the transfer.
  kValidation,  ///< Rated in both; its target ratings are held out to select models.
  kTest,        ///< Rated in both; its target ratings are held out to be scored once.
};

/// Whether the users of a role are cold: their target ratings are held out.
[[nodiscard]] constexpr bool is_held_out(Role role) noexcept {
  return role == Role::kValidation || role == Role::kTest;
}

/// One assignment of roles to users.
struct Split {
  std::uint64_t seed = 0;
  DatasetConfig config;
  std::vector<Role> roles;  ///< By user.
  std::vector<std::uint8_t> hidden_items =
      {};  ///< By target item: 1 where training ratings are hidden. Empty = none.

  /// The users of one role, ascending.
  [[nodiscard]] std::vector<UserId> users(Role role) const;

  /// A hash of seed, settings and roles: what a results table is stamped with.
  [[nodiscard]] std::string hash() const;
};

/// Fewer users in both domains than this teach no transfer.
inline constexpr std::size_t kMinOverlap = 10;

/// Draws the roles: the overlapping users in the order of their external ids are shuffled by
/// `seed`; the first round(beta * n) are test users, the next round(validation * rest)
/// validation users, then round(hide_source * rest) side users, the rest trains. So the split
/// depends on who overlaps and on nothing else, and with one seed the test users of a smaller
/// beta are among those of a larger one. The target's items are shuffled by `seed`, too, and the
/// first round(hide_items * n) hidden; users who trained the target with nothing else are source
/// users then.
/// @throws Error  kUsage when a setting is out of range; kData when fewer than kMinOverlap users
///                overlap, when beta leaves no test user or fewer than 2 training overlap
///                users, or when a validation part above 0 comes to no user.
[[nodiscard]] Split draw_split(const Dataset& dataset,
                               const DatasetConfig& config,
                               std::uint64_t seed);

/// Makes `directory`, or makes it anew, with roles.npy and split.json in it, and hidden_items.npy
/// where items are hidden.
/// @throws Error  kIo.
void save_split(const Split& split, const std::filesystem::path& directory);

/// Reads what save_split wrote.
/// @throws Error  kIo; kData when a file is damaged or the two do not belong together.
[[nodiscard]] Split load_split(const std::filesystem::path& directory);

/// What a model may see of `domain`: in the target the ratings of side and training overlap users,
/// but for those of hidden items; in the source those of everyone but users whose source is hidden.
/// Held-out users have empty rows.
[[nodiscard]] Ratings training_ratings(const Dataset& dataset, const Split& split, Domain domain);

/// The held-out target ratings of the users of `role` (kValidation or kTest).
struct HeldOut {
  std::vector<UserId> users;   ///< One per row; ascending.
  std::vector<ItemId> items;   ///< One per row; ascending within a user.
  std::vector<float> ratings;  ///< One per row.
  /// 1 where the item has no training rating: dual cold start.
  std::vector<std::uint8_t> unseen_item;
};

/// The rows of `role`, by user and item.
[[nodiscard]] HeldOut held_out_ratings(const Dataset& dataset, const Split& split, Role role);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crossfade/dataset/ratings.h"

namespace crossfade {

/// Stars above which an item counts as liked in the published code.
inline constexpr float kLikedAbove = 3.0F;

/// The items that user `user` rated above kLikedAbove, ascending by item; of more than `longest`
/// only the last ones (0 = all).
///
/// The published code takes the last ones in file order. The 2014 files are grouped by item, so
/// that within a user this is the order of items, as here.
[[nodiscard]] std::vector<std::int64_t> liked_items(const RatingsView& ratings,
                                                    UserId user,
                                                    std::size_t longest = 0);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/histories.h"

namespace crossfade {

std::vector<std::int64_t> liked_items(const RatingsView& ratings,
                                      UserId user,
                                      std::size_t longest) {
  std::vector<std::int64_t> liked;
  for (std::size_t row = 0; row < ratings.count(user); ++row) {
    if (ratings.ratings_of(user)[row] > kLikedAbove) {
      liked.push_back(static_cast<std::int64_t>(ratings.items_of(user)[row]));
    }
  }
  if (longest > 0 && liked.size() > longest) {
    liked.erase(liked.begin(), liked.end() - static_cast<std::ptrdiff_t>(longest));
  }
  return liked;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/profile.h"

namespace crossfade {

std::vector<float> profile(const RatingsView& ratings,
                           const FeatureMatrix& items,
                           const RatingBaseline& baseline,
                           double damping) {
  const std::size_t width = 1 + items.width();
  std::vector<float> out(ratings.users() * width);
  std::vector<float> item(width, 1.0F);
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const auto user = static_cast<UserId>(u);
    const std::span<float> row = std::span(out).subspan(u * width, width);
    for (std::size_t n = 0; n < ratings.count(user); ++n) {
      const std::size_t i = index(ratings.items_of(user)[n]);
      items.read_row(i, std::span(item).subspan(1));
      const double deviation = ratings.ratings_of(user)[n] - baseline.mean - baseline.item[i];
      const auto weight =
          static_cast<float>(deviation / (static_cast<double>(ratings.count(user)) + damping));
      for (std::size_t j = 0; j < width; ++j) {
        row[j] += weight * item[j];
      }
    }
  }
  return out;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "crossfade/dataset/ratings.h"
#include "crossfade/features/matrix.h"

namespace crossfade {

/// What a profile measures ratings against: r = mean + item[i].
struct RatingBaseline {
  double mean = 0.0;
  std::span<const float> item;  ///< One bias per item.
};

/// Users by what they like more than others do: row u of the result, [users, 1 + width], is
///
///     sum over u's ratings of (r - mean - b_i) * [1, f_i], divided by (their number + damping).
///
/// Users without ratings have zero rows.
[[nodiscard]] std::vector<float> profile(const RatingsView& ratings,
                                         const FeatureMatrix& items,
                                         const RatingBaseline& baseline,
                                         double damping);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossfade/dataset/ratings.h"

namespace crossfade {

/// The additive part of a domain's ratings: r_ui = mean + user[u] + item[i] + (taste).
struct Biases {
  double mean = 0.0;
  std::vector<float> user;  ///< By UserId; 0 for users without ratings.
  std::vector<float> item;  ///< By ItemId; 0 for items without ratings.
};

/// How strongly biases are pulled to zero, and how long they are fitted.
struct BiasOptions {
  double damping = 5.0;  ///< A bias is sum of residuals / (count + damping).
  int sweeps = 15;       ///< Alternations between users and items.
};

/// Fits the biases by alternating damped means (METHODS, bias-transfer):
///
///     user[u] = sum over i of (r_ui - mean - item[i]) / (n_u + damping), and the same for items.
///
/// `mean` is the mean of all rows; an empty view gives zeros.
[[nodiscard]] Biases fit_biases(const RatingsView& ratings,
                                std::size_t n_items,
                                const BiasOptions& options = {});

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/dataset/ratings.h"

namespace crossfade {

/// Settings of the joint factorisation.
struct JointFactorOptions {
  std::size_t dimension = 16;
  double l2 = 15.0;           ///< Ridge on every user and item vector.
  double bias_damping = 5.0;  ///< Ridge on every user and item bias.
  double content_l2 = 0.0;    ///< Ridge on the map from item features to item vectors; 0 = chosen
                              ///< from a grid by leaving items out.
  int sweeps = 12;
};

/// One domain as the factorisation sees it. Both domains share their users.
struct FactorDomain {
  RatingsView ratings;
  std::size_t n_items = 0;
  std::span<const float> content = {};  ///< Item features [n_items, width], standardised; or empty.

  [[nodiscard]] std::size_t content_width() const noexcept {
    return n_items == 0 ? 0 : content.size() / n_items;
  }
};

/// One domain's items. With k = dimension, a row is [bias, q_1 .. q_k].
struct ItemFactors {
  double mean = 0.0;
  std::vector<float> rows;   ///< [n_items, 1 + k]
  std::vector<float> prior;  ///< [n_items, 1 + k]: what the item's features alone say; or zeros.
  double content_l2 = 0.0;   ///< The ridge in use; 0 = not chosen yet.
};

/// Ratings of both domains explained by one bias and one vector per user:
///
///     r_ui = mean_d + b_u + b_i + p_u . q_i          for an item i of domain d
///     [b_i, q_i] ~ around B_d [1, f_i]               for items with features f_i, else around 0
///
/// Singh and Gordon (KDD 2008) with shared users, biases, and item features as a regression prior
/// (Agarwal and Chen, KDD 2009). An item without ratings has the vector its features give it.
struct JointFactors {
  std::size_t dimension = 0;
  std::vector<float> users;  ///< [n_users, 1 + k]: [b_u, p_u]; zeros for users without ratings.
  ItemFactors source;
  ItemFactors target;
};

/// Fits the factors by damped alternating least squares. A domain without rows contributes
/// nothing. Cost per sweep: rows * (1 + k)^2 + (users + items) * (1 + k)^3 / 3 multiply-adds.
[[nodiscard]] JointFactors fit_joint_factors(const FactorDomain& source,
                                             const FactorDomain& target,
                                             const JointFactorOptions& options,
                                             const Rng& rng);

/// Continues from `start` on other rows of the same users and items, in the same space: what the
/// factors would be with and without some users' rows. Means and chosen ridges stay.
[[nodiscard]] JointFactors refit_joint_factors(JointFactors start,
                                               const FactorDomain& source,
                                               const FactorDomain& target,
                                               const JointFactorOptions& options);

/// The users' rows [n_users, 1 + k] that explain `ratings` best, given the items (ridge as in
/// the options); zeros for users without ratings.
[[nodiscard]] std::vector<float> fold_in_users(const ItemFactors& items,
                                               const RatingsView& ratings,
                                               const JointFactorOptions& options);

}  // namespace crossfade

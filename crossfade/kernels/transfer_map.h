// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace crossfade {

/// A user's target ratings in the form y = x . z + noise, summed up: x = [1, q_i] for the rated
/// items and y = r - mean - b_i. With d = the length of z:
struct RatingSums {
  std::size_t width = 0;            ///< d
  std::vector<float> xx;            ///< [users, d, d]: sum of x x'
  std::vector<float> xy;            ///< [users, d]: sum of y x
  std::vector<float> yy;            ///< [users]: sum of y^2
  std::vector<std::int64_t> count;  ///< [users]: rows

  explicit RatingSums(std::size_t users, std::size_t d);

  /// Adds one rating of user number `user`; q has d - 1 elements.
  void add(std::size_t user, std::span<const float> q, float y);

  /// Sum over the user's ratings of (y - x . z)^2.
  [[nodiscard]] double squared_error(std::size_t user, std::span<const float> z) const;
};

/// The user's z given the own ratings and a prior mean: argmin of the squared error plus
/// (z - prior)' D (z - prior), D = diag(bias_damping, l2, ..., l2).
void posterior_mean(const RatingSums& sums,
                    std::size_t user,
                    std::span<const float> prior,
                    double bias_damping,
                    double l2,
                    std::span<float> z);

/// What the transfer map is fitted on: training overlap users, in the order of RatingSums.
struct TransferProblem {
  const RatingSums& sums;
  std::span<const float> inputs;  ///< [users, p]; the first d columns are the user's source vector.
  std::size_t n_inputs = 0;       ///< p
  std::span<const int> fold;      ///< [users]: cross-validation fold, 0 .. n_folds - 1.
  int n_folds = 5;
  double l2 = 15.0;  ///< Spread of user vectors around the map, as in the factors.
  double bias_damping = 5.0;
};

/// z = W' [1, standardised inputs], from source descriptions to target user vectors.
class TransferMap {
 public:
  /// The z [d] for inputs [p].
  void apply(std::span<const float> inputs, std::span<float> z) const;

  std::size_t n_inputs = 0;
  std::size_t width = 0;
  std::vector<float> mean;      ///< [p]
  std::vector<float> sd;        ///< [p]
  std::vector<double> weights;  ///< [1 + p, d]
};

/// A fitted map, and its cross-validated predictions for the users it was fitted on.
struct TransferFit {
  TransferMap map;
  std::vector<float> held_out;  ///< [users, d]: z by the map of the folds the user is not in.
  double bias_ridge = 0.0;      ///< Chosen ridge on the weights into the bias.
  double vector_ridge = 0.0;    ///< Chosen ridge on the weights into the vector.
  double rmse = 0.0;            ///< Cross-validated, on the ratings.
};

/// Fits the map by generalised least squares on the ratings themselves:
///
///     y_u = X_u (W' phi_u + e_u) + noise,    e_u ~ N(0, diag(bias_damping, l2, ...)^-1),
///
/// so a user counts as much as the own ratings determine z. The ridge pulls W towards the
/// identity on the source vector (a shared user space); the source bias's own weight and the
/// intercept of the bias are free. Both ridges are chosen on a grid by cross-validation.
/// @throws Error  kData when there are fewer users than folds.
[[nodiscard]] TransferFit fit_transfer(const TransferProblem& problem);

}  // namespace crossfade

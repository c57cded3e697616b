// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "crossfade/evaluation/config.h"

namespace crossfade {

/// NDCG of one user, and what a random order of the same items is expected to get.
struct RankingScore {
  double ndcg = 0;
  double random = 0;
};

/// NDCG@k of rankings of a user's own rated items (Järvelin and Kekäläinen, 2002):
///
///     DCG = sum over ranks p = 1 .. min(k, n) of gain(r_(p)) / log2(p + 1),   NDCG = DCG / IDCG
///
/// where r_(p) is the rating of the item predicted p-th best and IDCG is the DCG of the best
/// order. Items with equal predictions share the mean of their gains, so the order of the input
/// earns nothing; or they stand in the order of the input (ndcg_ties = "item"). One item gives 1.
class Ranking {
 public:
  /// @throws Error  kUsage when a setting is wrong.
  explicit Ranking(const EvaluationConfig& config);

  /// The score of one user whose items carry `ratings` and were predicted as `predictions`
  /// (equal lengths, finite); nothing when no item has a gain. Takes O(n log n).
  [[nodiscard]] std::optional<RankingScore> score(std::span<const float> ratings,
                                                  std::span<const float> predictions);

 private:
  [[nodiscard]] double ideal_dcg(std::size_t depth);
  [[nodiscard]] double dcg(std::span<const float> predictions, std::size_t depth);

  std::function<double(double)> gain_;
  std::size_t k_;
  bool average_ties_;
  std::vector<double> discounts_;      // of ranks 1, 2, ...
  std::vector<double> discount_sums_;  // of the first 0, 1, 2, ... ranks
  std::vector<double> gains_;
  std::vector<double> sorted_gains_;
  std::vector<std::size_t> order_;
};

}  // namespace crossfade

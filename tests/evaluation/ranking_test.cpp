// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/ranking.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "crossfade/core/random.h"

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

RankingScore score(const EvaluationConfig& config,
                   const std::vector<float>& ratings,
                   const std::vector<float>& predictions) {
  return Ranking(config).score(ratings, predictions).value();
}

double dcg(const std::vector<float>& ratings,
           const std::vector<std::size_t>& order,
           std::size_t k) {
  double sum = 0;
  for (std::size_t rank = 0; rank < std::min(k, order.size()); ++rank) {
    sum += (std::exp2(ratings[order[rank]]) - 1) / std::log2(static_cast<double>(rank) + 2);
  }
  return sum;
}

// The mean NDCG over all orders that `allowed` admits, and the best over all orders as IDCG.
double mean_over_orders(const std::vector<float>& ratings,
                        std::size_t k,
                        const std::function<bool(const std::vector<std::size_t>&)>& allowed) {
  std::vector<std::size_t> order(ratings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  double sum = 0;
  double ideal = 0;
  int orders = 0;
  do {
    const double value = dcg(ratings, order, k);
    ideal = std::max(ideal, value);
    if (allowed(order)) {
      sum += value;
      ++orders;
    }
  } while (std::ranges::next_permutation(order).found);
  return sum / orders / ideal;
}

TEST(Ranking, AgreesWithAWorkedExample) {
  // Gains 2^r - 1: 31 (r 5), 7 (r 3), 1 (r 1). Predicted order: 3, 5, 1.
  // DCG = 7 + 31 / log2(3) + 1 / 2 = 27.05882; IDCG = 31 + 7 / log2(3) + 1 / 2 = 35.91651.
  EXPECT_NEAR(score({}, {5, 3, 1}, {4.0F, 4.5F, 1.0F}).ndcg, 27.05882 / 35.91651, 1e-6);
}

TEST(Ranking, AgreesWithEveryPermutationOfTiedAndRandomOrders) {
  Rng rng(7);
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t n = 1 + rng.below(6);
    const std::size_t k = 1 + rng.below(7);
    std::vector<float> ratings(n);
    std::vector<float> predictions(n);
    for (std::size_t i = 0; i < n; ++i) {
      ratings[i] = static_cast<float>(1 + rng.below(5));
      predictions[i] = static_cast<float>(rng.below(3));
    }
    const auto by_prediction = [&](const std::vector<std::size_t>& order) {
      return std::ranges::is_sorted(
          order, std::greater(), [&](std::size_t i) { return predictions[i]; });
    };
    const auto any = [](const auto&) { return true; };
    const RankingScore got = score({.ndcg_k = static_cast<std::int64_t>(k)}, ratings, predictions);
    EXPECT_NEAR(got.ndcg, mean_over_orders(ratings, k, by_prediction), 1e-12);
    EXPECT_NEAR(got.random, mean_over_orders(ratings, k, any), 1e-12);
  }
}

TEST(Ranking, TheBestOrderGivesOneAndSoDoesASingleItem) {
  EXPECT_DOUBLE_EQ(score({}, {1, 5, 3, 3}, {0, 9, 4, 4}).ndcg, 1);
  EXPECT_DOUBLE_EQ(score({}, {2}, {-3}).ndcg, 1);
  EXPECT_DOUBLE_EQ(score({}, {2}, {-3}).random, 1);
}

TEST(Ranking, AConstantPredictionEarnsTheRandomOrder) {
  const RankingScore constant = score({.ndcg_k = 2}, {1, 4, 5, 2, 2}, {3, 3, 3, 3, 3});
  EXPECT_DOUBLE_EQ(constant.ndcg, constant.random);
}

TEST(Ranking, DoesNotDependOnTheOrderOfTiedRows) {
  EXPECT_DOUBLE_EQ(score({}, {5, 1, 3}, {2, 2, 1}).ndcg, score({}, {1, 5, 3}, {2, 2, 1}).ndcg);
}

TEST(Ranking, TiesMayStandInInputOrder) {
  const EvaluationConfig config{.ndcg_ties = "item"};
  EXPECT_DOUBLE_EQ(score(config, {5, 1}, {2, 2}).ndcg, 1);
  EXPECT_LT(score(config, {1, 5}, {2, 2}).ndcg, 1);
}

TEST(Ranking, GainsCanBeLinearOrBinary) {
  // Linear: (1 + 5 / log2(3)) / (5 + 1 / log2(3)).
  const double log3 = std::log2(3.0);
  EXPECT_NEAR(
      score({.ndcg_gain = "linear"}, {5, 1}, {1, 2}).ndcg, (1 + 5 / log3) / (5 + 1 / log3), 1e-12);
  // Binary: the one relevant item stands second.
  EXPECT_NEAR(score({.ndcg_gain = "binary:3.5"}, {4, 3}, {1, 2}).ndcg, 1 / log3, 1e-12);
}

TEST(Ranking, AUserWithoutAnyGainHasNoScore) {
  Ranking ranking({.ndcg_gain = "binary:4"});
  const std::vector<float> low = {3, 2};
  EXPECT_EQ(ranking.score(low, low), std::nullopt);
  EXPECT_EQ(ranking.score({}, {}), std::nullopt);
}

TEST(Ranking, RefusesUnknownGains) {
  for (const char* gain :
       {"", "exp", "binary:", "binary:1", "binary:6", "binary:4x", "binary:nan"}) {
    testing::expect_error(
        ErrorKind::kUsage,
        fmt::format("ndcg_gain = \"{}\" is not one of: exponential, linear, binary:T "
                    "with T above 1 and up to 5",
                    gain),
        [&] { const Ranking ranking({.ndcg_gain = gain}); });
  }
}

}  // namespace
}  // namespace crossfade

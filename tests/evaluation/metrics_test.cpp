// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/metrics.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/evaluation/rows.h"

namespace crossfade {
namespace {

// User 2 errs by 1, 1 and 4, user 5 by 2.
Predictions two_users() {
  return testing::predictions_of({{2, 0, 5, 4}, {2, 1, 1, 2}, {2, 4, 2, 6}, {5, 0, 3, 5}});
}

TEST(Metrics, ErrorsAverageOverRatings) {
  const MetricSet metrics = evaluate(two_users(), {});
  EXPECT_DOUBLE_EQ(metrics.mae, 8.0 / 4);
  EXPECT_DOUBLE_EQ(metrics.rmse, std::sqrt(22.0 / 4));
  EXPECT_EQ(metrics.rows, 4);
  EXPECT_EQ(metrics.users, 2);
}

TEST(Metrics, ErrorsCanAverageOverUsers) {
  const MetricSet metrics = evaluate(two_users(), {.errors_over = "users"});
  EXPECT_DOUBLE_EQ(metrics.mae, (2.0 + 2.0) / 2);
  EXPECT_DOUBLE_EQ(metrics.rmse, (std::sqrt(6.0) + 2.0) / 2);
}

TEST(Metrics, ClippingChangesErrorsButNotTheRanking) {
  // Clipped, 6 becomes 5 and errs by 3. Both of 5.5 and 6 would become 5 and tie.
  const MetricSet clipped = evaluate(two_users(), {.clip = true});
  EXPECT_DOUBLE_EQ(clipped.mae, 7.0 / 4);
  EXPECT_DOUBLE_EQ(clipped.rmse, std::sqrt(15.0 / 4));
  const Predictions above = testing::predictions_of({{0, 0, 5, 6}, {0, 1, 1, 5.5}});
  EXPECT_DOUBLE_EQ(evaluate(above, {.clip = true}).ndcg, 1);
}

TEST(Metrics, NdcgAveragesOverUsers) {
  // User 0 in the best order, user 1 in the worst of two: (1 + 31 / log2(3)) / (31 + 1 / log2(3)).
  const Predictions rows =
      testing::predictions_of({{0, 0, 5, 2}, {0, 1, 1, 1}, {1, 0, 5, 1}, {1, 1, 1, 2}});
  const double log3 = std::log2(3.0);
  const double worst = (1 + 31 / log3) / (31 + 1 / log3);
  const MetricSet metrics = evaluate(rows, {});
  EXPECT_NEAR(metrics.ndcg, (1 + worst) / 2, 1e-12);
  EXPECT_NEAR(metrics.ndcg_random, (1 + worst) / 2, 1e-12);
}

TEST(Metrics, UsersWithoutAnyGainStayOutOfNdcgOnly) {
  const Predictions rows = testing::predictions_of({{0, 0, 5, 5}, {1, 0, 2, 3}});
  const MetricSet metrics = evaluate(rows, {.ndcg_gain = "binary:4"});
  EXPECT_EQ(metrics.ndcg, 1);
  EXPECT_EQ(metrics.users, 2);
  EXPECT_EQ(metrics.mae, 0.5);
}

TEST(Metrics, NoRowsGiveNoNumbers) {
  const MetricSet metrics = evaluate({}, {});
  EXPECT_TRUE(std::isnan(metrics.mae));
  EXPECT_TRUE(std::isnan(metrics.rmse));
  EXPECT_TRUE(std::isnan(metrics.ndcg));
  EXPECT_EQ(metrics.rows, 0);
}

TEST(Metrics, RefusesPredictionsThatAreNotFinite) {
  Predictions rows = two_users();
  rows.predictions[2] = std::numeric_limits<float>::quiet_NaN();
  testing::expect_error(ErrorKind::kNumeric,
                        "predictions: nan for user 2 and item 4; the model diverged, lower its "
                        "learning rate",
                        [&] { static_cast<void>(evaluate(rows, {})); });
}

TEST(Metrics, RefusesSettingsOutOfRange) {
  testing::expect_error(ErrorKind::kUsage, "ndcg_k = 0 is outside [1, 1000000]", [] {
    static_cast<void>(evaluate({}, {.ndcg_k = 0}));
  });
  testing::expect_error(ErrorKind::kUsage, "ndcg_ties = \"best\" is not one of: average, item", [] {
    static_cast<void>(evaluate({}, {.ndcg_ties = "best"}));
  });
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/summary.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

SeedResult result(const std::string& model, std::uint64_t seed, double rmse) {
  return {.model = model,
          .seed = seed,
          .test_oracle = false,
          .groups = {{kAllRows,
                      {.mae = rmse / 2,
                       .rmse = rmse,
                       .ndcg = 0.9,
                       .ndcg_random = 0.8,
                       .rows = 100 + static_cast<std::int64_t>(seed),
                       .users = 10}}}};
}

TEST(Summary, ComparesOverTheSeedsThatBothModelsHave) {
  // Against b: +10 % and +30 % on seeds 1 and 2; seed 3 of a has no partner.
  const Summary summary = summarize({result("a", 1, 1.1),
                                     result("a", 3, 9),
                                     result("a", 2, 1.3),
                                     result("b", 2, 1),
                                     result("b", 1, 1)},
                                    Role::kTest,
                                    {.compare_with = "b"});
  ASSERT_EQ(summary.models.size(), 2U);
  EXPECT_THAT(summary.models[0].seeds, ElementsAre(1, 3, 2));
  const GroupSummary& a = summary.models[0].groups[0];
  EXPECT_NEAR(a.rmse.value.mean, 11.4 / 3, 1e-12);
  ASSERT_TRUE(a.rmse.comparison.has_value());
  EXPECT_NEAR(a.rmse.comparison->percent, 20, 1e-9);
  // Differences 0.1 and 0.3: t = 2 with one degree, p = 1 - 2 atan(2) / pi.
  EXPECT_NEAR(a.rmse.comparison->p_value.value(), 0.295167, 1e-6);
  EXPECT_EQ(summary.models[1].groups[0].rmse.comparison, std::nullopt);
}

TEST(Summary, KeepsTheOrderOfModels) {
  const Summary summary =
      summarize({result("z", 1, 1), result("a", 1, 1), result("z", 2, 1)}, Role::kTest, {});
  EXPECT_EQ(summary.models[0].model, "z");
  EXPECT_EQ(summary.models[1].model, "a");
  EXPECT_EQ(summary.models[0].groups[0].rmse.comparison, std::nullopt);
}

TEST(Summary, GivesTheRangeOfRowsOverSeeds) {
  const Summary summary =
      summarize({result("a", 5, 1), result("a", 2, 1), result("a", 9, 1)}, Role::kTest, {});
  EXPECT_EQ(summary.models[0].groups[0].rows.least, 102);
  EXPECT_EQ(summary.models[0].groups[0].rows.most, 109);
}

TEST(Summary, OneSeedHasADifferenceButNoTest) {
  const Summary summary =
      summarize({result("a", 1, 2), result("b", 1, 4)}, Role::kTest, {.compare_with = "b"});
  const MetricSummary& rmse = summary.models[0].groups[0].rmse;
  EXPECT_EQ(rmse.value.sd, std::nullopt);
  EXPECT_EQ(rmse.comparison->percent, -50);
  EXPECT_EQ(rmse.comparison->p_value, std::nullopt);
}

TEST(Summary, SeedsWhereAGroupIsEmptyDoNotCount) {
  SeedResult with = result("a", 1, 1);
  with.groups.push_back({"unseen items", {.mae = 1, .rmse = 2, .rows = 3, .users = 1}});
  SeedResult without = result("a", 2, 1);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  without.groups.push_back({"unseen items", {.mae = kNan, .rmse = kNan}});
  const Summary summary = summarize({with, without}, Role::kTest, {});
  const GroupSummary& unseen = summary.models[0].groups[1];
  EXPECT_EQ(unseen.rmse.value.n, 1);
  EXPECT_EQ(unseen.rmse.value.mean, 2);
  EXPECT_EQ(unseen.rows.least, 3);
}

TEST(Summary, OneOracleSeedMarksTheModel) {
  SeedResult oracle = result("a", 2, 1);
  oracle.test_oracle = true;
  EXPECT_TRUE(summarize({result("a", 1, 1), oracle}, Role::kTest, {}).models[0].test_oracle);
}

TEST(Summary, RefusesASeedTwice) {
  testing::expect_error(ErrorKind::kData, "results: a has seed 3 twice", [] {
    static_cast<void>(summarize({result("a", 3, 1), result("a", 3, 1)}, Role::kTest, {}));
  });
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/groups.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/evaluation/rows.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<GroupMetrics>& groups) {
  std::vector<std::string> names;
  for (const GroupMetrics& group : groups) {
    names.push_back(group.name);
  }
  return names;
}

std::vector<std::int64_t> rows_of(const std::vector<GroupMetrics>& groups) {
  std::vector<std::int64_t> rows;
  for (const GroupMetrics& group : groups) {
    rows.push_back(group.metrics.rows);
  }
  return rows;
}

TEST(Groups, SeenAndUnseenItemsAreApart) {
  const Predictions rows =
      testing::predictions_of({{0, 0, 5, 4, false}, {0, 1, 1, 4, true}, {1, 0, 2, 4, false}});
  const auto groups = evaluate_groups(rows, {});
  EXPECT_EQ(groups[0].name, kAllRows);
  EXPECT_EQ(groups[1].name, "seen items");
  EXPECT_EQ(groups[1].metrics.rows, 2);
  EXPECT_EQ(groups[1].metrics.mae, 1.5);
  EXPECT_EQ(groups[2].name, "unseen items");
  EXPECT_EQ(groups[2].metrics.rows, 1);
  EXPECT_EQ(groups[2].metrics.mae, 3);
}

TEST(Groups, RowsSayWhichItemsCountAndThenNoGroupSaysItAgain) {
  const Predictions rows = testing::predictions_of(
      {{0, 0, 5, 4, false, 3}, {0, 1, 1, 4, true, 3}, {1, 0, 2, 4, false, 12}});
  const auto unseen = evaluate_groups(rows, {.rows = "unseen-items", .activity_edges = {10}});
  EXPECT_THAT(names_of(unseen), ElementsAre("all", "source < 10", "source >= 10"));
  EXPECT_THAT(rows_of(unseen), ElementsAre(1, 1, 0));
  EXPECT_EQ(unseen[0].metrics.mae, 3);
  const auto seen = evaluate_groups(rows, {.rows = "seen-items", .activity_edges = {10}});
  EXPECT_THAT(rows_of(seen), ElementsAre(2, 1, 1));
  EXPECT_EQ(seen[0].metrics.mae, 1.5);
}

TEST(Groups, SaneTakesTheFallbacks) {
  Predictions rows = testing::predictions_of({{0, 0, 5, 4, false}, {0, 1, 1, 4, true}});
  rows.fallbacks = {4, 2};
  const auto paper = evaluate_groups(rows, {});
  const auto sane = evaluate_groups(rows, {.unseen_items = "sane"});
  EXPECT_EQ(paper[0].metrics.mae, 2);
  EXPECT_EQ(sane[0].metrics.mae, 1);
  EXPECT_EQ(sane[1].metrics.mae, paper[1].metrics.mae);
  EXPECT_EQ(sane[2].metrics.mae, 1);
}

TEST(Groups, EdgesBeginTheirGroup) {
  const Predictions rows = testing::predictions_of({{0, 0, 5, 4, false, 9},
                                                    {1, 0, 5, 4, false, 10},
                                                    {1, 1, 5, 4, false, 10},
                                                    {2, 0, 5, 4, false, 19},
                                                    {3, 0, 5, 4, false, 20}});
  const auto groups = evaluate_groups(rows, {.activity_edges = {10, 20}});
  EXPECT_THAT(
      names_of(groups),
      ElementsAre(
          "all", "seen items", "unseen items", "source < 10", "source 10-19", "source >= 20"));
  EXPECT_THAT(rows_of(groups), ElementsAre(5, 5, 0, 1, 3, 1));
  EXPECT_TRUE(std::isnan(groups[2].metrics.rmse));
}

TEST(Groups, QuartilesCountUsersNotRows) {
  // Eight users with 1..8 source ratings; user 0 alone has three rows.
  std::vector<testing::PredictedRow> rows = {{0, 1, 3, 3, false, 1}, {0, 2, 3, 3, false, 1}};
  for (int user = 0; user < 8; ++user) {
    rows.insert(user == 0 ? rows.begin() : rows.end(), {user, 0, 3, 3, false, user + 1});
  }
  const auto groups = evaluate_groups(testing::predictions_of(rows), {});
  EXPECT_THAT(names_of(groups),
              ElementsAre("all",
                          "seen items",
                          "unseen items",
                          "least active",
                          "2nd quarter",
                          "3rd quarter",
                          "most active"));
  EXPECT_THAT(rows_of(groups), ElementsAre(10, 10, 0, 4, 2, 2, 2));
}

TEST(Groups, EquallyActiveUsersStayTogether) {
  std::vector<testing::PredictedRow> rows;
  for (int user = 0; user < 6; ++user) {
    rows.push_back({user, 0, 3, 3, false, user < 5 ? 4 : 9});
  }
  EXPECT_THAT(rows_of(evaluate_groups(testing::predictions_of(rows), {})),
              ElementsAre(6, 6, 0, 5, 0, 0, 1));
}

TEST(Groups, NoRowsAreNoError) {
  EXPECT_THAT(rows_of(evaluate_groups({}, {})), ElementsAre(0, 0, 0, 0, 0, 0, 0));
}

TEST(Groups, RefusesEdgesThatDoNotAscend) {
  testing::expect_error(ErrorKind::kUsage, "activity_edges = [10, 10] does not ascend", [] {
    static_cast<void>(evaluate_groups({}, {.activity_edges = {10, 10}}));
  });
  testing::expect_error(ErrorKind::kUsage, "activity_edges = 0 is outside [1, 1000000000]", [] {
    static_cast<void>(evaluate_groups({}, {.activity_edges = {0, 10}}));
  });
}

}  // namespace
}  // namespace crossfade

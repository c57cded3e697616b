// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/fallback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crossfade {
namespace {

using ::testing::ElementsAre;

// Items 0 and 1 have three training ratings and one, items 2 and 3 none: the average item is
// ((1, 0) + (0, 3)) / 2 = (0.5, 1.5), however often each was rated.
const Factors kFactors{.dimension = 2,
                       .users = {2, 1, /**/ 4, 0, /**/ 9, 9, /**/ 9, 9},
                       .items = {1, 0, /**/ 0, 3, /**/ 100, 100, /**/ -50, 7}};
const Ratings kTraining{.offsets = {0, 0, 0, 2, 4},
                        .items = {ItemId{0}, ItemId{1}, ItemId{0}, ItemId{0}},
                        .ratings = {5, 1, 4, 3}};

Predictions rows_of_two_users() {
  Predictions rows;
  rows.users = {UserId{0}, UserId{0}, UserId{1}, UserId{1}};
  rows.items = {ItemId{0}, ItemId{2}, ItemId{2}, ItemId{3}};
  rows.ratings = {5, 4, 3, 2};
  rows.predictions = {2, 300, 400, -200};
  rows.fallbacks = rows.predictions;
  rows.unseen_items = {0, 1, 1, 1};
  rows.activity = {1, 1, 1, 1};
  return rows;
}

TEST(FallBack, AnUnseenItemCountsAsTheAverageOfTheRatedOnes) {
  Predictions rows = rows_of_two_users();
  fall_back(rows, kFactors, kTraining.view());
  // User 0: (2, 1) . (0.5, 1.5) = 2.5; user 1: (4, 0) . (0.5, 1.5) = 2.
  EXPECT_THAT(rows.fallbacks, ElementsAre(2, 2.5F, 2, 2));
  EXPECT_THAT(rows.predictions, ElementsAre(2, 300, 400, -200));
}

TEST(FallBack, WithoutUnseenItemsNothingChanges) {
  Predictions rows = rows_of_two_users();
  rows.unseen_items = {0, 0, 0, 0};
  fall_back(rows, kFactors, kTraining.view());
  EXPECT_EQ(rows.fallbacks, rows.predictions);
}

}  // namespace
}  // namespace crossfade

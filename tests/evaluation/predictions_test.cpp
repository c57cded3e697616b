// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/predictions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/npy.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/evaluation/rows.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

TEST(Predictions, KnowHowActiveTheirUsersAreInTheSource) {
  Ratings source;
  source.offsets = {0, 2, 3, 3};
  source.items = {ItemId{0}, ItemId{1}, ItemId{0}};
  source.ratings = {1, 2, 3};
  HeldOut held{.users = {UserId{0}, UserId{0}, UserId{2}},
               .items = {ItemId{3}, ItemId{4}, ItemId{3}},
               .ratings = {4, 5, 1},
               .unseen_item = {0, 1, 0}};
  const Predictions rows =
      make_predictions(Role::kValidation, std::move(held), {3.5F, 4.5F, 2}, source.view());
  EXPECT_EQ(rows.role, Role::kValidation);
  EXPECT_THAT(rows.activity, ElementsAre(2, 2, 0));
  EXPECT_THAT(rows.unseen_items, ElementsAre(0, 1, 0));
  EXPECT_THAT(rows.predictions, ElementsAre(3.5F, 4.5F, 2));
  EXPECT_EQ(rows.fallbacks, rows.predictions);
}

TEST(Predictions, ReadBackWhatWasWritten) {
  const testing::TempDirectory temp;
  Predictions rows =
      testing::predictions_of({{2, 0, 5, 4.25F, true, 7}, {2, 9, 1, -0.5F, false, 7}});
  rows.role = Role::kValidation;
  rows.fallbacks = {3.75F, -0.5F};
  save_predictions(rows, temp / "predictions");
  const Predictions loaded = load_predictions(temp / "predictions");
  EXPECT_EQ(loaded.role, rows.role);
  EXPECT_EQ(loaded.users, rows.users);
  EXPECT_EQ(loaded.items, rows.items);
  EXPECT_EQ(loaded.ratings, rows.ratings);
  EXPECT_EQ(loaded.predictions, rows.predictions);
  EXPECT_EQ(loaded.fallbacks, rows.fallbacks);
  EXPECT_EQ(loaded.unseen_items, rows.unseen_items);
  EXPECT_EQ(loaded.activity, rows.activity);
}

TEST(Predictions, RefuseColumnsThatDoNotFitTogether) {
  const testing::TempDirectory temp;
  const Predictions rows = testing::predictions_of({{2, 0, 5, 4}, {2, 9, 1, 3}});
  const auto refused = [&] {
    testing::expect_error(ErrorKind::kData,
                          temp.path().string() +
                              ": the columns of the predictions do not fit together; remove the "
                              "directory and run again",
                          [&] { static_cast<void>(load_predictions(temp.path())); });
  };
  const std::vector<float> one = {4};
  save_predictions(rows, temp.path());
  write_npy(temp / "predictions.npy", std::span<const float>(one));
  refused();
  Predictions unsorted = rows;
  std::swap(unsorted.items[0], unsorted.items[1]);
  save_predictions(unsorted, temp.path());
  refused();
  Predictions wrong_role = rows;
  wrong_role.role = Role::kSide;
  save_predictions(wrong_role, temp.path());
  refused();
}

TEST(Predictions, RefuseWhatAnEarlierVersionWroteInsteadOfGuessing) {
  const testing::TempDirectory temp;
  save_predictions(testing::predictions_of({{2, 0, 5, 4}}), temp.path());
  std::filesystem::remove(temp / "fallbacks.npy");
  testing::expect_error(ErrorKind::kData,
                        temp.path().string() +
                            ": was written by an earlier version, without fallbacks.npy; the same "
                            "`crossfade run` command makes it again",
                        [&] { static_cast<void>(load_predictions(temp.path())); });
}

}  // namespace
}  // namespace crossfade

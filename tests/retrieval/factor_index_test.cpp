// SPDX-License-Identifier: Apache-2.0
#include "crossfade/retrieval/factor_index.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/random.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void write_table(const std::filesystem::path& file,
                 std::size_t width,
                 const std::vector<float>& values) {
  NpyWriter writer(file, NpyType::kFloat32, width);
  writer.append(std::span<const float>(values));
  writer.finish();
}

std::vector<float> draw(Rng rng, std::size_t n) {
  std::vector<float> values(n);
  for (float& value : values) {
    value = static_cast<float>(rng.normal());
  }
  return values;
}

std::vector<std::int32_t> items_of(const std::vector<ScoredItem>& list) {
  std::vector<std::int32_t> items;
  for (const ScoredItem& entry : list) {
    items.push_back(static_cast<std::int32_t>(entry.item));
  }
  return items;
}

// Two users and five items in one dimension; items 1 and 3 tie, item 4 is worst for user 0.
class SmallIndex : public ::testing::Test {
 protected:
  SmallIndex() {
    write_table(temp_ / "users.npy", 1, {1, -1});
    write_table(temp_ / "items.npy", 1, {3, 5, 4, 5, 1});
  }

  testing::TempDirectory temp_;
};

TEST_F(SmallIndex, ListsTheBestFirstAndTiesByItem) {
  const FactorIndex index(temp_.path());
  EXPECT_THAT(
      index.top_n(UserId{0}, 3),
      ElementsAre(ScoredItem{ItemId{1}, 5}, ScoredItem{ItemId{3}, 5}, ScoredItem{ItemId{2}, 4}));
  EXPECT_THAT(items_of(index.top_n(UserId{1}, 2)), ElementsAre(4, 0));
}

TEST_F(SmallIndex, KeepsTheLowerItemWhenATieMustBeCut) {
  EXPECT_THAT(items_of(FactorIndex(temp_.path()).top_n(UserId{0}, 1)), ElementsAre(1));
}

TEST_F(SmallIndex, LeavesExcludedItemsOut) {
  const FactorIndex index(temp_.path());
  const std::vector<ItemId> known = {ItemId{1}, ItemId{2}};
  EXPECT_THAT(items_of(index.top_n(UserId{0}, 2, known)), ElementsAre(3, 0));
  const std::vector<ItemId> all = {ItemId{0}, ItemId{1}, ItemId{2}, ItemId{3}, ItemId{4}};
  EXPECT_THAT(index.top_n(UserId{0}, 2, all), IsEmpty());
}

TEST_F(SmallIndex, GivesAllItemsWhenMoreAreAskedForAndNoneForNone) {
  const FactorIndex index(temp_.path());
  EXPECT_THAT(items_of(index.top_n(UserId{0}, 100)), ElementsAre(1, 3, 2, 0, 4));
  EXPECT_THAT(index.top_n(UserId{0}, 0), IsEmpty());
}

TEST_F(SmallIndex, RefusesScoresThatAreNotANumber) {
  const FactorIndex index(temp_.path());
  const std::vector<float> nan = {std::numeric_limits<float>::quiet_NaN()};
  testing::expect_error(ErrorKind::kNumeric,
                        "retrieval: the score of item 0 is nan; the model diverged, train it again "
                        "with a lower learning rate",
                        [&] { static_cast<void>(index.top_n(nan, 1)); });
}

TEST_F(SmallIndex, RefusesTablesOfDifferentWidth) {
  write_table(temp_ / "users.npy", 2, {1, 2});
  testing::expect_error(ErrorKind::kData,
                        temp_.path().string() +
                            ": users.npy has 2 columns and items.npy 1; both must be float32 and "
                            "equally wide",
                        [&] { const FactorIndex index(temp_.path()); });
}

TEST_F(SmallIndex, RefusesADirectoryWithoutTables) {
  testing::expect_error(ErrorKind::kIo,
                        (temp_ / "nowhere/users.npy").string() + ": No such file or directory",
                        [&] { const FactorIndex index(temp_ / "nowhere"); });
}

TEST(FactorIndex, AgreesWithSortingEveryScore) {
  const testing::TempDirectory temp;
  constexpr std::size_t kWidth = 21;
  constexpr std::size_t kUsers = 150;
  constexpr std::size_t kItems = 4000;
  const std::vector<float> users = draw(Rng(1), kUsers * kWidth);
  const std::vector<float> items = draw(Rng(2), kItems * kWidth);
  write_table(temp / "users.npy", kWidth, users);
  write_table(temp / "items.npy", kWidth, items);
  const FactorIndex index(temp.path());
  for (const std::int32_t user : {0, 77, 149}) {
    std::vector<std::pair<double, std::int32_t>> all;
    for (std::size_t item = 0; item < kItems; ++item) {
      double score = 0;
      for (std::size_t i = 0; i < kWidth; ++i) {
        score += static_cast<double>(users[static_cast<std::size_t>(user) * kWidth + i]) *
                 static_cast<double>(items[item * kWidth + i]);
      }
      all.emplace_back(-score, static_cast<std::int32_t>(item));
    }
    std::ranges::sort(all);
    const std::vector<ScoredItem> list = index.top_n(UserId{user}, 50);
    for (std::size_t rank = 0; rank < list.size(); ++rank) {
      EXPECT_EQ(list[rank].item, ItemId{all[rank].second});
      EXPECT_NEAR(list[rank].score, -all[rank].first, 1e-4);  // float32 sums of 21 products
    }
  }
}

TEST(FactorIndex, ABatchGivesTheVeryListsOfSingleCalls) {
  const testing::TempDirectory temp;
  constexpr std::size_t kWidth = 13;
  write_table(temp / "users.npy", kWidth, draw(Rng(3), 200 * kWidth));
  write_table(temp / "items.npy", kWidth, draw(Rng(4), 5000 * kWidth));
  const FactorIndex index(temp.path());
  std::vector<UserId> users;
  for (std::int32_t user = 199; user >= 0; --user) {
    users.push_back(UserId{user});
  }
  const std::vector<ItemId> odd = {ItemId{1}, ItemId{30}, ItemId{4999}};
  const auto exclude = [&](UserId user) {
    return static_cast<std::int32_t>(user) % 2 == 1 ? std::span<const ItemId>(odd)
                                                    : std::span<const ItemId>();
  };
  std::vector<UserId> order;
  index.top_n(users, 20, exclude, [&](UserId user, std::span<const ScoredItem> list) {
    order.push_back(user);
    const std::vector<ScoredItem> single = index.top_n(user, 20, exclude(user));
    EXPECT_TRUE(std::ranges::equal(list, single));
  });
  EXPECT_EQ(order, users);
}

}  // namespace
}  // namespace crossfade

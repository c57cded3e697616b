// SPDX-License-Identifier: Apache-2.0
#include "crossfade/dataset/split.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/dataset/shops.h"

namespace crossfade {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// `overlap` users in both shops, then 5 in the source only and 4 in the target only. Everybody
// rates 3 of 7 items; users of both shops rate 5 in the target, the others 2.
testing::Shops shops_with(int overlap) {
  testing::Shops shops{
      .users = {}, .source_items = 7, .target_items = 7, .source = {}, .target = {}};
  for (int user = 0; user < overlap + 9; ++user) {
    shops.users.push_back(fmt::format("user{:04}", user));
    const bool both = user < overlap;
    for (int item = user % 5; item < user % 5 + 3; ++item) {
      if (both || user < overlap + 5) {
        shops.source.push_back({user, item, 4});
      }
      if (both || user >= overlap + 5) {
        shops.target.push_back({user, item, both ? 5.0F : 2.0F});
      }
    }
  }
  return shops;
}

class SplitOfShops : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const testing::TempDirectory temp;
    shared_ = std::make_unique<Dataset>(testing::build(shops_with(40), temp.path()));
  }

  static void TearDownTestSuite() { shared_.reset(); }

  testing::TempDirectory temp_;
  const Dataset& dataset_ = *shared_;

 private:
  static std::unique_ptr<Dataset> shared_;  // mapped: it outlives its directory
};

std::unique_ptr<Dataset> SplitOfShops::shared_;

std::set<UserId> users_of(const Split& split, Role role) {
  const std::vector<UserId> users = split.users(role);
  return {users.begin(), users.end()};
}

TEST_F(SplitOfShops, EveryUserHasOneRoleOfTheAskedSize) {
  const DatasetConfig config{.beta = 0.5, .validation = 0.1, .hide_source = 0.5};
  const Split split = draw_split(dataset_, config, 7);
  // 40 overlap: 20 test, 2 of the other 20 validation, 9 of the other 18 hidden.
  EXPECT_EQ(split.roles.size(), 49U);
  EXPECT_EQ(split.users(Role::kTest).size(), 20U);
  EXPECT_EQ(split.users(Role::kValidation).size(), 2U);
  EXPECT_EQ(split.users(Role::kOverlap).size(), 9U);
  EXPECT_EQ(split.users(Role::kSide).size(), 9U + 4U);
  EXPECT_EQ(split.users(Role::kSourceOnly).size(), 5U);
}

TEST_F(SplitOfShops, HiddenItemsHaveNoTrainingRatingAndAreColdInTheTest) {
  const Split split = draw_split(dataset_, {.hide_items = 0.4}, 7);
  EXPECT_EQ(std::ranges::count(split.hidden_items, 1), 3);  // Of 7.
  const Ratings training = training_ratings(dataset_, split, Domain::kTarget);
  EXPECT_FALSE(training.items.empty());
  for (const ItemId item : training.items) {
    EXPECT_EQ(split.hidden_items[index(item)], 0);
  }
  const HeldOut test = held_out_ratings(dataset_, split, Role::kTest);
  for (std::size_t row = 0; row < test.items.size(); ++row) {
    EXPECT_EQ(test.unseen_item[row], split.hidden_items[index(test.items[row])]);
  }
  // The test users are those of the split without hidden items, and so are the source's ratings.
  const Split whole = draw_split(dataset_, {}, 7);
  EXPECT_EQ(split.users(Role::kTest), whole.users(Role::kTest));
  EXPECT_EQ(training_ratings(dataset_, split, Domain::kSource).items,
            training_ratings(dataset_, whole, Domain::kSource).items);
}

TEST_F(SplitOfShops, WhoRatedHiddenItemsAloneDoesNotTrainTheTarget) {
  const Split split = draw_split(dataset_, {.hide_items = 0.7}, 7);
  const Ratings training = training_ratings(dataset_, split, Domain::kTarget);
  for (const Role role : {Role::kOverlap, Role::kSide}) {
    EXPECT_FALSE(split.users(role).empty());
    for (const UserId user : split.users(role)) {
      EXPECT_GT(training.view().count(user), 0U);
    }
  }
}

TEST_F(SplitOfShops, HidingNearlyEverythingIsRefused) {
  const DatasetConfig config{.beta = 0.9, .validation = 0.0, .hide_items = 0.9};
  testing::expect_error(
      ErrorKind::kData,
      "dataset.hide_items = 0.9 leaves 0 overlapping users for training; at least 2 are needed",
      [&] { static_cast<void>(draw_split(dataset_, config, 7)); });
}

TEST_F(SplitOfShops, HiddenItemsAreReadBack) {
  const Split split = draw_split(dataset_, {.hide_items = 0.4}, 7);
  save_split(split, temp_ / "hidden");
  EXPECT_EQ(load_split(temp_ / "hidden").hidden_items, split.hidden_items);
}

TEST_F(SplitOfShops, TrainingAndHeldOutRatingsAreTheWholeOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Split split = draw_split(dataset_, {.beta = 0.3, .validation = 0.2}, seed);
    std::vector<std::pair<UserId, ItemId>> rows;
    const Ratings training = training_ratings(dataset_, split, Domain::kTarget);
    for (std::size_t row = 0; row < dataset_.users(); ++row) {
      const UserId user{static_cast<std::int32_t>(row)};
      for (const ItemId item : training.view().items_of(user)) {
        rows.emplace_back(user, item);
      }
    }
    for (const Role role : {Role::kValidation, Role::kTest}) {
      const HeldOut held = held_out_ratings(dataset_, split, role);
      for (std::size_t row = 0; row < held.users.size(); ++row) {
        rows.emplace_back(held.users[row], held.items[row]);
      }
    }
    EXPECT_EQ(rows.size(), dataset_.ratings(Domain::kTarget).rows());
    std::ranges::sort(rows);
    EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end());
  }
}

TEST_F(SplitOfShops, HeldOutUsersKeepTheirSourceAndLoseTheirTarget) {
  const Split split = draw_split(dataset_, {}, 3);
  const Ratings source = training_ratings(dataset_, split, Domain::kSource);
  const Ratings target = training_ratings(dataset_, split, Domain::kTarget);
  for (const Role role : {Role::kValidation, Role::kTest}) {
    for (const UserId user : split.users(role)) {
      EXPECT_EQ(source.view().count(user), 3U);
      EXPECT_EQ(target.view().count(user), 0U);
    }
  }
}

TEST_F(SplitOfShops, HiddenUsersLoseTheirSourceAndKeepTheirTarget) {
  const Split split = draw_split(dataset_, {.hide_source = 0.5}, 3);
  const Ratings source = training_ratings(dataset_, split, Domain::kSource);
  const Ratings target = training_ratings(dataset_, split, Domain::kTarget);
  for (const UserId user : split.users(Role::kSide)) {
    EXPECT_EQ(source.view().count(user), 0U);
    EXPECT_EQ(target.view().count(user), 3U);
  }
}

TEST_F(SplitOfShops, PoisonInHeldOutRatingsReachesNoTrainingRating) {
  const Split split = draw_split(dataset_, {}, 11);
  testing::Shops poisoned = shops_with(40);
  for (testing::Row& row : poisoned.target) {
    const Role role = split.roles[static_cast<std::size_t>(row.user)];
    if (role == Role::kTest || role == Role::kValidation) {
      row.rating = 1;
    }
  }
  const testing::TempDirectory other;
  const Dataset dataset = testing::build(poisoned, other.path());
  const Split again = draw_split(dataset, {}, 11);
  EXPECT_EQ(again.roles, split.roles);
  for (const Domain domain : {Domain::kSource, Domain::kTarget}) {
    const Ratings clean = training_ratings(dataset_, split, domain);
    const Ratings seen = training_ratings(dataset, again, domain);
    EXPECT_EQ(seen.offsets, clean.offsets);
    EXPECT_EQ(seen.items, clean.items);
    EXPECT_EQ(seen.ratings, clean.ratings);
  }
  EXPECT_THAT(held_out_ratings(dataset, again, Role::kTest).ratings, Each(1.0F));
}

TEST_F(SplitOfShops, DependsOnWhoOverlapsAndNotOnTheRestOfTheTables) {
  testing::Shops fewer = shops_with(40);
  fewer.users.resize(45);
  std::erase_if(fewer.target, [](const testing::Row& row) { return row.user >= 45; });
  for (testing::Row& row : fewer.source) {
    row.item = 6 - row.item;
  }
  std::ranges::sort(fewer.source, {}, [](const auto& r) { return std::pair(r.user, r.item); });
  const testing::TempDirectory other;
  const Dataset dataset = testing::build(fewer, other.path());
  EXPECT_EQ(draw_split(dataset, {}, 5).users(Role::kTest),
            draw_split(dataset_, {}, 5).users(Role::kTest));
}

TEST_F(SplitOfShops, TestUsersOfASmallerBetaAreAmongThoseOfALarger) {
  const std::set<UserId> small = users_of(draw_split(dataset_, {.beta = 0.2}, 9), Role::kTest);
  const std::set<UserId> large = users_of(draw_split(dataset_, {.beta = 0.8}, 9), Role::kTest);
  EXPECT_EQ(small.size(), 8U);
  EXPECT_TRUE(std::ranges::includes(large, small));
}

TEST_F(SplitOfShops, SeedsGiveDifferentUsersAndEveryUserItsTurn) {
  std::vector<int> turns(40, 0);
  constexpr int kSeeds = 400;
  for (int seed = 0; seed < kSeeds; ++seed) {
    for (const UserId user :
         draw_split(dataset_, {}, static_cast<std::uint64_t>(seed)).users(Role::kTest)) {
      ++turns[index(user)];
    }
  }
  // Binomial(400, 0.5): mean 200, standard deviation 10; five of them.
  EXPECT_THAT(turns, Each(::testing::AllOf(::testing::Gt(150), ::testing::Lt(250))));
}

TEST_F(SplitOfShops, HashChangesWithSeedSettingsAndRoles) {
  const Split split = draw_split(dataset_, {}, 7);
  EXPECT_EQ(draw_split(dataset_, {}, 7).hash(), split.hash());
  std::set<std::string> hashes = {split.hash()};
  Split changed = split;
  changed.seed = 8;
  hashes.insert(changed.hash());
  changed = split;
  changed.config.validation = 0.11;
  hashes.insert(changed.hash());
  changed = split;
  std::swap(changed.roles.front(), changed.roles.back());
  hashes.insert(changed.hash());
  EXPECT_EQ(hashes.size(), 4U);
}

TEST_F(SplitOfShops, ReadsBackWhatItWrote) {
  const Split split = draw_split(dataset_, {.beta = 0.25}, 18446744073709551615U);
  save_split(split, temp_ / "split");
  const Split loaded = load_split(temp_ / "split");
  EXPECT_EQ(loaded.seed, split.seed);
  EXPECT_EQ(loaded.config.beta, 0.25);
  EXPECT_EQ(loaded.roles, split.roles);
  EXPECT_EQ(loaded.hash(), split.hash());
}

TEST_F(SplitOfShops, AWriteThatFailsLeavesTheOlderSplit) {
  const Split older = draw_split(dataset_, {}, 1);
  save_split(older, temp_ / "split");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ::getrlimit(RLIMIT_FSIZE, &usual);
  const rlimit full{.rlim_cur = 100, .rlim_max = usual.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  EXPECT_THROW(save_split(draw_split(dataset_, {}, 2), temp_ / "split"), Error);
  ::setrlimit(RLIMIT_FSIZE, &usual);
  EXPECT_EQ(load_split(temp_ / "split").roles, older.roles);
}

TEST_F(SplitOfShops, RefusesASplitOfWhichOneFileWasReplaced) {
  save_split(draw_split(dataset_, {}, 1), temp_ / "one");
  save_split(draw_split(dataset_, {}, 2), temp_ / "two");
  std::filesystem::copy_file(temp_ / "one/roles.npy",
                             temp_ / "two/roles.npy",
                             std::filesystem::copy_options::overwrite_existing);
  testing::expect_error(ErrorKind::kData,
                        (temp_ / "two").string() +
                            ": its files do not belong together; remove the "
                            "directory and run again",
                        [&] { static_cast<void>(load_split(temp_ / "two")); });
  write_file(temp_ / "one/split.json", "{\"seed\": 1");
  testing::expect_error(
      ErrorKind::kData,
      (temp_ / "one/split.json").string() + ": is damaged; remove its directory and run again",
      [&] { static_cast<void>(load_split(temp_ / "one")); });
}

TEST_F(SplitOfShops, RefusesSettingsThatLeaveARoleEmpty) {
  const auto refuses = [&](const DatasetConfig& config, const std::string& message) {
    testing::expect_error(
        ErrorKind::kData, message, [&] { static_cast<void>(draw_split(dataset_, config, 1)); });
  };
  refuses({.beta = 0.01}, "dataset.beta = 0.01 of 40 overlapping users is no test user; raise it");
  refuses({.beta = 0.9, .validation = 0.1},
          "dataset.validation = 0.1 of 4 overlapping users outside the test is no user; raise it, "
          "or set it to 0 to go without validation");
  refuses({.beta = 1},
          "dataset.beta = 1, dataset.validation = 0.1 and dataset.hide_source = 0 leave 0 of 40 "
          "overlapping users for training; at least 2 are needed");
  refuses({.beta = 0.5, .validation = 0.1, .hide_source = 0.95},
          "dataset.beta = 0.5, dataset.validation = 0.1 and dataset.hide_source = 0.95 leave 1 of "
          "40 overlapping users for training; at least 2 are needed");
  EXPECT_TRUE(draw_split(dataset_, {.validation = 0}, 1).users(Role::kValidation).empty());
}

TEST_F(SplitOfShops, RefusesSettingsOutOfRange) {
  testing::expect_error(ErrorKind::kUsage, "beta = 1.5 is outside [0, 1]", [&] {
    static_cast<void>(draw_split(dataset_, {.beta = 1.5}, 1));
  });
}

TEST(Split, RefusesFewerThanTenOverlappingUsers) {
  for (const int overlap : {0, 9}) {
    const testing::TempDirectory temp;
    const Dataset dataset = testing::build(shops_with(overlap), temp.path());
    testing::expect_error(
        ErrorKind::kData,
        fmt::format("dataset: {} users rated in both domains; at least 10 are needed", overlap),
        [&] { static_cast<void>(draw_split(dataset, {}, 1)); });
  }
}

TEST(Split, MarksItemsThatOnlyHeldOutUsersRated) {
  // 10 overlapping users rate item 0 and one item of their own (1 + user); side user 10 rates
  // item 1, the private item of user 0, and so makes it seen.
  testing::Shops shops{
      .users = {}, .source_items = 1, .target_items = 11, .source = {}, .target = {}};
  for (int user = 0; user < 10; ++user) {
    shops.users.push_back(fmt::format("u{:02}", user));
    shops.source.push_back({user, 0, 3});
    shops.target.push_back({user, 0, 3});
    shops.target.push_back({user, 1 + user, 4});
  }
  shops.users.emplace_back("u10");
  shops.target.push_back({10, 1, 5});
  const testing::TempDirectory temp;
  const Dataset dataset = testing::build(shops, temp.path());
  const Split split = draw_split(dataset, {.beta = 0.5, .validation = 0}, 4);
  const HeldOut held = held_out_ratings(dataset, split, Role::kTest);
  ASSERT_EQ(held.users.size(), 10U);
  for (std::size_t row = 0; row < held.users.size(); ++row) {
    const bool private_item = held.items[row] != ItemId{0};
    const bool seen_by_side = held.items[row] == ItemId{1};
    EXPECT_EQ(held.unseen_item[row], private_item && !seen_by_side ? 1 : 0);
  }
  EXPECT_TRUE(std::ranges::is_sorted(held.users));
}

}  // namespace
}  // namespace crossfade

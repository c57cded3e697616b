// SPDX-License-Identifier: Apache-2.0
#include "crossfade/dataset/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/npy.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/dataset/shops.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Ids of different lengths, one with bytes above 127: binary search compares bytes.
testing::Shops small_shops() {
  return {.users = {"A", "AB", "B", "\xc3\xa9"},
          .source_items = 3,
          .target_items = 2,
          .source = {{1, 0, 5}, {1, 2, 3}, {3, 1, 4}},
          .target = {{0, 1, 2}, {1, 0, 1.5F}}};
}

TEST(Dataset, GivesEveryUserItsOwnRatings) {
  const testing::TempDirectory temp;
  const Dataset dataset = testing::build(small_shops(), temp.path());
  EXPECT_EQ(dataset.users(), 4U);
  EXPECT_EQ(dataset.items(Domain::kSource), 3U);
  EXPECT_EQ(dataset.items(Domain::kTarget), 2U);
  const RatingsView source = dataset.ratings(Domain::kSource);
  EXPECT_EQ(source.rows(), 3U);
  EXPECT_THAT(source.items_of(UserId{0}), IsEmpty());
  EXPECT_THAT(source.items_of(UserId{1}), ElementsAre(ItemId{0}, ItemId{2}));
  EXPECT_THAT(source.ratings_of(UserId{1}), ElementsAre(5, 3));
  EXPECT_THAT(source.items_of(UserId{2}), IsEmpty());
  EXPECT_THAT(source.items_of(UserId{3}), ElementsAre(ItemId{1}));
  EXPECT_THAT(dataset.ratings(Domain::kTarget).ratings_of(UserId{1}), ElementsAre(1.5F));
  EXPECT_EQ(dataset.ratings(Domain::kTarget).count(UserId{3}), 0U);
}

TEST(Dataset, FindsUsersByTheirExternalIds) {
  const testing::TempDirectory temp;
  const testing::Shops shops = small_shops();
  const Dataset dataset = testing::build(shops, temp.path());
  for (std::size_t user = 0; user < shops.users.size(); ++user) {
    EXPECT_EQ(dataset.find_user(shops.users[user]), UserId{static_cast<std::int32_t>(user)});
    EXPECT_EQ(dataset.user_name(UserId{static_cast<std::int32_t>(user)}), shops.users[user]);
  }
  for (const char* unknown : {"", "AA", "ABC", "C", "\xff"}) {
    EXPECT_EQ(dataset.find_user(unknown), std::nullopt) << unknown;
  }
}

TEST(Dataset, AShopWithoutRatingsIsEmptyAndNotAnError) {
  const testing::TempDirectory temp;
  const Dataset dataset = testing::build({}, temp.path());
  EXPECT_EQ(dataset.users(), 0U);
  EXPECT_EQ(dataset.ratings(Domain::kSource).rows(), 0U);
  EXPECT_EQ(dataset.find_user("A"), std::nullopt);
}

TEST(Dataset, RefusesTheArtifactOfAnotherStage) {
  const testing::TempDirectory temp;
  testing::write_ingest(small_shops(), temp / "ingest");
  testing::expect_error(ErrorKind::kData,
                        (temp / "ingest").string() +
                            ": holds the artifact of stage \"ingest\"; a dataset is expected",
                        [&] { const Dataset dataset(temp / "ingest"); });
}

TEST(Dataset, RefusesFilesThatDoNotFitTogether) {
  const testing::TempDirectory temp;
  testing::build(small_shops(), temp.path());
  const std::vector<float> one = {3.0F};
  write_npy(temp / "dataset/target/ratings.npy", std::span<const float>(one));
  testing::expect_error(
      ErrorKind::kData,
      (temp / "dataset/target").string() +
          ": offsets, items and ratings do not fit together; remove the directory and run again",
      [&] { const Dataset dataset(temp / "dataset"); });
}

}  // namespace
}  // namespace crossfade

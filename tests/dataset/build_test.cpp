// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crossfade/dataset/dataset.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/dataset/shops.h"

namespace crossfade {
namespace {

using testing::Shops;

// Ann rated in both shops, Bob in the source, Cyd in the target.
Shops three_users() {
  return {.users = {"Ann", "Bob", "Cyd"},
          .source_items = 3,
          .target_items = 2,
          .source = {{0, 0, 5}, {0, 2, 3}, {1, 1, 4}},
          .target = {{0, 1, 2}, {2, 0, 1}}};
}

void expect_refused(const Shops& shops, const std::string& file, const std::string& message) {
  const testing::TempDirectory temp;
  testing::write_ingest(shops, temp / "ingest");
  testing::expect_error(ErrorKind::kData,
                        fmt::format("{}: {}", (temp / ("ingest/" + file)).string(), message),
                        [&] { build_dataset(temp / "ingest", temp / "dataset", {}); });
  EXPECT_FALSE(std::filesystem::exists(temp / "dataset"));
}

TEST(BuildDataset, ASecondBuildIsReusedUntilTheIngestChanges) {
  const testing::TempDirectory temp;
  Shops shops = three_users();
  testing::write_ingest(shops, temp / "ingest");
  EXPECT_FALSE(build_dataset(temp / "ingest", temp / "dataset", {}).reused);
  EXPECT_TRUE(build_dataset(temp / "ingest", temp / "dataset", {}).reused);
  shops.source[0].rating = 1;
  std::filesystem::remove_all(temp / "ingest");
  testing::write_ingest(shops, temp / "ingest");
  EXPECT_FALSE(build_dataset(temp / "ingest", temp / "dataset", {}).reused);
}

TEST(BuildDataset, ReportsItsProgressPerDomain) {
  const testing::TempDirectory temp;
  testing::write_ingest(three_users(), temp / "ingest");
  std::vector<std::string> seen;
  build_dataset(temp / "ingest", temp / "dataset", [&](const Progress& progress) {
    seen.push_back(
        fmt::format("{} {}/{} {}", progress.what, progress.done, progress.total, progress.unit));
  });
  EXPECT_EQ(seen,
            (std::vector<std::string>{"compressing source ratings 3/3 ratings",
                                      "compressing target ratings 2/2 ratings"}));
}

TEST(BuildDataset, RefusesUsersOutOfOrder) {
  Shops shops = three_users();
  shops.users = {"Ann", "Cyd", "Bob"};
  expect_refused(
      shops,
      "users.parquet",
      "user 2 (\"Bob\") is out of order; users are numbered from 0 in the order of their "
      "ids");
}

TEST(BuildDataset, RefusesRatingsOutOfOrder) {
  Shops shops = three_users();
  std::swap(shops.source[0], shops.source[1]);
  expect_refused(shops,
                 "source/reviews.parquet",
                 "row 1 (user 0, item 0) is out of order; rows are sorted by user and item, each "
                 "pair once");
}

TEST(BuildDataset, RefusesAPairTwice) {
  Shops shops = three_users();
  shops.target.insert(shops.target.begin(), shops.target.front());
  expect_refused(shops,
                 "target/reviews.parquet",
                 "row 1 (user 0, item 1) is out of order; rows are sorted by user and item, each "
                 "pair once");
}

TEST(BuildDataset, RefusesIdsThatNoTableHolds) {
  Shops shops = three_users();
  shops.target.back().item = 2;
  expect_refused(shops,
                 "target/reviews.parquet",
                 "row 1 rates item 2 by user 2; there are 2 items and 3 users");
}

TEST(BuildDataset, RefusesRatingsOutOfRange) {
  Shops shops = three_users();
  shops.source[2].rating = 5.5F;
  expect_refused(shops, "source/reviews.parquet", "row 2 has rating = 5.5; ratings lie in [1, 5]");
}

TEST(BuildDataset, RefusesEmptyCells) {
  const testing::TempDirectory temp;
  testing::write_ingest(three_users(), temp / "ingest");
  const auto file = temp / "ingest/target/reviews.parquet";
  Database database = testing::small_database();
  testing::write_parquet(
      database, file, "\"user\" INTEGER, item INTEGER, rating FLOAT", {"0, 1, 2", "2, NULL, 1"});
  testing::expect_error(ErrorKind::kData, file.string() + ": row 1 has an empty cell", [&] {
    build_dataset(temp / "ingest", temp / "dataset", {});
  });
}

TEST(BuildDataset, RefusesADirectoryThatIsNoIngest) {
  const testing::TempDirectory temp;
  testing::expect_error(ErrorKind::kIo,
                        temp.path().string() +
                            ": there is no manifest.json; is this a directory that crossfade made?",
                        [&] { build_dataset(temp.path(), temp / "dataset", {}); });
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/precomputed.h"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/features/id_matrix.h"

#include "fixture.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::failure_of;
using testing::Fixture;
using ::testing::IsEmpty;
using testing::row;
using testing::two_topic_world;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Precomputed : ::testing::Test {
  // A .npy file with one id per row: feature j of row n is 10 n + j + 1.
  void write(const std::string& name,
             const std::vector<std::string>& ids,
             std::size_t width,
             float last = 0.0F) {
    NpyWriter writer(path(name + ".npy"), NpyType::kFloat32, width);
    for (std::size_t n = 0; n < ids.size(); ++n) {
      std::vector<float> values(width);
      for (std::size_t j = 0; j < width; ++j) {
        values[j] = static_cast<float>(10 * n + j + 1);
      }
      values.back() += n + 1 == ids.size() ? last : 0.0F;
      writer.append(values);
    }
    writer.finish();
    write_file(path(name + ".txt"), fmt::format("{}\n", fmt::join(ids, "\n")));
  }

  void parquet(const std::string& name, const std::string& select) {
    Database database({.memory_limit = "1GB", .spill_directory = "", .threads = 1});
    database.execute(
        fmt::format("COPY ({}) TO {}", select, sql_quote(path(name + ".parquet").string())));
  }

  [[nodiscard]] fs::path path(const std::string& name) const {
    return fixture.directory.path() / name;
  }

  // Items of both shops from .npy files named "source" and "target".
  [[nodiscard]] FeaturesConfig npy_config() const {
    FeaturesConfig config;
    config.items = {"precomputed"};
    config.users = {"profile"};
    config.precomputed.source_items = path("source.npy").string();
    config.precomputed.source_item_ids = path("source.txt").string();
    config.precomputed.target_items = path("target.npy").string();
    config.precomputed.target_item_ids = path("target.txt").string();
    return config;
  }

  FeatureSet build(const FeaturesConfig& config) {
    fixture.build(config);
    return open_features(fixture.out());
  }

  static std::vector<std::string> ids(const std::string& prefix, int first, int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
      out.push_back(fmt::format("{}{}", prefix, first + i));
    }
    return out;
  }

  Fixture fixture{two_topic_world()};
};

TEST_F(Precomputed, RowsFollowTheirIdsNotTheirOrder) {
  auto backwards = ids("s", 0, 40);
  std::ranges::reverse(backwards);
  write("source", backwards, 2);
  write("target", ids("t", 0, 40), 2);
  const FeatureSet features = build(npy_config());
  EXPECT_EQ(features.source_items.width(), 3U);
  EXPECT_EQ(row(features.source_items, 0), row(features.target_items, 39));
  EXPECT_EQ(row(features.source_items, 39), row(features.target_items, 0));
  EXPECT_THAT(fixture.notes, IsEmpty());
}

TEST_F(Precomputed, MissingAndUnknownIdsAreCountedAndNoted) {
  write("source", ids("s", 1, 41), 2);
  write("target", ids("t", 0, 40), 2);
  const FeatureSet features = build(npy_config());
  EXPECT_THAT(row(features.source_items, 0), Each(0.0F));
  EXPECT_EQ(row(features.source_items, 1).back(), 1.0F);
  EXPECT_THAT(fixture.notes,
              ElementsAre(fmt::format("{}: 2 of 41 ids are not in the dataset and are left out",
                                      path("source.npy").string()),
                          fmt::format("{}: 1 of 40 source items have no row and count as missing",
                                      path("source.npy").string())));
}

TEST_F(Precomputed, ParquetListsAndColumnsEqualNpy) {
  write("source", ids("s", 0, 40), 2);
  write("target", ids("t", 0, 40), 2);
  const FeatureSet expected = build(npy_config());
  parquet("source",
          "SELECT 's' || i AS id, [10 * i + 1, 10 * i + 2]::DOUBLE[] AS f FROM range(40) t(i)");
  parquet("target", "SELECT 10 * i + 1 AS a, 't' || i AS id, 10 * i + 2 AS b FROM range(40) t(i)");
  FeaturesConfig config = npy_config();
  config.precomputed.source_items = path("source.parquet").string();
  config.precomputed.source_item_ids = "";
  config.precomputed.target_items = path("target.parquet").string();
  config.precomputed.target_item_ids = "";
  const std::vector<float> source = row(expected.source_items, 7);
  const std::vector<float> target = row(expected.target_items, 31);
  const FeatureSet features = build(config);
  EXPECT_EQ(row(features.source_items, 7), source);
  EXPECT_EQ(row(features.target_items, 31), target);
}

TEST_F(Precomputed, HeldOutUsersHaveNoTargetRowWhateverTheFileHolds) {
  std::vector<std::string> users;
  for (int u = 0; u < 60; ++u) {
    users.push_back(fmt::format("u{:03}", u));
  }
  write("both", users, 3);
  FeaturesConfig config;
  config.items = {"text"};
  config.users = {"precomputed"};
  config.precomputed.source_users = config.precomputed.target_users = path("both.npy").string();
  config.precomputed.source_user_ids = config.precomputed.target_user_ids =
      path("both.txt").string();
  const FeatureSet features = build(config);
  for (std::size_t u = 0; u < 60; ++u) {
    EXPECT_EQ(row(*features.source_users, u).back(), 1.0F);
    if (fixture.split.roles[u] != Role::kOverlap) {
      EXPECT_THAT(row(*features.target_users, u), Each(0.0F));
    }
  }
  EXPECT_THAT(fixture.notes, IsEmpty());
}

TEST_F(Precomputed, IdsMayBeWholeNumbers) {
  write("source", ids("s", 0, 2), 2);
  write_npy<std::int64_t>(path("ids.npy"), std::vector<std::int64_t>{5, 6});
  const IdMatrix matrix = read_id_matrix(path("source.npy"), path("ids.npy"), "");
  EXPECT_THAT(matrix.ids, ElementsAre("5", "6"));
}

TEST_F(Precomputed, IdsMayEndInCarriageReturns) {
  write("source", ids("s", 0, 2), 2);
  write_file(path("ids.txt"), "s0\r\ns1\r\n");
  EXPECT_THAT(read_id_matrix(path("source.npy"), path("ids.txt"), "").ids, ElementsAre("s0", "s1"));
}

TEST_F(Precomputed, IsMadeAnewWhenTheFileChanges) {
  write("source", ids("s", 0, 40), 2);
  write("target", ids("t", 0, 40), 2);
  EXPECT_FALSE(fixture.build(npy_config()).reused);
  EXPECT_TRUE(fixture.build(npy_config()).reused);
  write("target", ids("t", 0, 39), 2);
  EXPECT_FALSE(fixture.build(npy_config()).reused);
}

TEST_F(Precomputed, RefusesFilesThatDoNotFit) {
  const auto failure = [&] { return failure_of([&] { build(npy_config()); }); };
  const std::string source = path("source.npy").string();
  const std::string target = path("target.npy").string();
  write("source", ids("s", 0, 40), 2);
  write("target", ids("t", 0, 40), 3);
  EXPECT_EQ(failure(),
            fmt::format("kData: {} has width 2, {} has width 3; both domains need features of one "
                        "model",
                        source,
                        target));
  write("target", ids("t", 0, 40), 2, kNan);
  EXPECT_EQ(
      failure(),
      fmt::format("kData: {}: row 40 (id \"t39\"), column 2: nan is no finite number", target));
  write("target", ids("t", 0, 40), 2, std::numeric_limits<float>::infinity());
  EXPECT_EQ(
      failure(),
      fmt::format("kData: {}: row 40 (id \"t39\"), column 2: inf is no finite number", target));
  write("target", {"t0", "t1", "t0"}, 2);
  EXPECT_EQ(failure(),
            fmt::format("kData: {}: id \"t0\" stands in rows 1 and 3; one row per id is expected",
                        target));
  write_file(path("target.txt"), "t0\nt1\n");
  EXPECT_EQ(failure(),
            fmt::format("kData: {}: has 3 rows, its ids 2; one id per row is expected", target));
  write_npy<std::int32_t>(path("target.npy"), std::vector<std::int32_t>{1, 2});
  write_npy<float>(path("source.npy"), std::vector<float>(40));
  EXPECT_EQ(failure(), fmt::format("kData: {}: holds whole numbers, not features", target));
  fs::remove(path("target.npy"));
  EXPECT_EQ(failure(), fmt::format("kIo: {}: No such file or directory", target));
  EXPECT_FALSE(fs::exists(fixture.out()));
}

TEST_F(Precomputed, RefusesParquetFilesOfAnotherShape) {
  const auto failure = [&](const std::string& select) {
    parquet("m", select);
    return failure_of([&] { (void)read_id_matrix(path("m.parquet"), "", path("scratch.npy")); });
  };
  const std::string file = path("m.parquet").string();
  EXPECT_EQ(failure("SELECT 1 AS a"), fmt::format("kData: {}: has no column id", file));
  EXPECT_EQ(
      failure("SELECT 'x' AS id"),
      fmt::format("kData: {}: beside id, one list column or numeric columns are expected", file));
  EXPECT_EQ(failure("SELECT 'x' AS id, [1.0] AS a, [2.0] AS b"),
            fmt::format("kData: {}: has two list columns, a and b; one is expected", file));
  EXPECT_EQ(failure("SELECT 'x' AS id, [1.0, 2.0] AS a UNION ALL SELECT 'y', [1.0]"),
            fmt::format("kData: {}: the lists in a hold 1 to 2 numbers; all must have the same "
                        "positive length",
                        file));
  EXPECT_EQ(failure("SELECT 'x' AS id, 'red' AS a"),
            fmt::format("kData: {}: column a is of type VARCHAR; numbers are expected", file));
}

TEST_F(Precomputed, RefusesMissingSettings) {
  FeaturesConfig config = npy_config();
  config.precomputed.target_items = "";
  EXPECT_EQ(failure_of([&] { build(config); }),
            "kUsage: features.precomputed.target_items is not set; the encoder precomputed needs "
            "a .npy or .parquet file");
  config = npy_config();
  config.precomputed.source_item_ids = "";
  EXPECT_EQ(failure_of([&] { build(config); }),
            fmt::format("kUsage: features.precomputed.source_items = \"{}\" needs the ids of its "
                        "rows; set features.precomputed.source_item_ids",
                        path("source.npy").string()));
}

}  // namespace
}  // namespace crossfade

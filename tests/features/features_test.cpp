// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/features.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/core/toml.h"
#include "crossfade/features/download_table.h"

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
using testing::TempDirectory;
using testing::two_topic_world;
using testing::World;
using testing::write_world;

FeaturesConfig small_config() {
  FeaturesConfig config;
  config.text.dimension = 4;
  config.image.dimension = 3;
  return config;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  }
  return std::sqrt(sum);
}

// Mean distance of row 0 to the rows of its own topic (even) and of the other (odd).
std::pair<double, double> topic_distances(const FeatureMatrix& from, const FeatureMatrix& to) {
  double own = 0.0;
  double other = 0.0;
  for (std::size_t i = 2; i + 1 < to.rows(); i += 2) {
    own += distance(row(from, 0), row(to, i));
    other += distance(row(from, 0), row(to, i + 1));
  }
  return {own, other};
}

std::vector<std::string> all_bytes(const fs::path& directory) {
  std::vector<std::string> out;
  for (const char* name : {"source_items", "target_items", "source_users", "target_users"}) {
    out.push_back(read_file(directory / fmt::format("{}.npy", name)));
  }
  return out;
}

TEST(Features, BringItemsOfOneTopicTogetherAcrossShops) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  config.items = {"text"};
  config.text.dimension = 2;
  fixture.build(config);
  const FeatureSet features = open_features(fixture.out());
  EXPECT_EQ(features.source_items.width(), 3U);
  EXPECT_EQ(features.source_items.rows(), 40U);
  const auto [own, other] = topic_distances(features.source_items, features.target_items);
  EXPECT_LT(2.0 * own, other);
}

TEST(Features, SeparateItemsByTheColourOfTheirImages) {
  const TempDirectory images;
  World world = two_topic_world();
  for (const Domain domain : kDomains) {
    for (std::size_t i = 0; i < world.items[domain].size(); ++i) {
      const fs::path file = images.path() / fmt::format("{}{}.png", name_of(domain), i);
      const double shade = static_cast<double>(i);
      testing::write_image(file,
                           i % 2 == 0 ? cv::Scalar(200, 90 + shade, 10 + shade)
                                      : cv::Scalar(20 + shade, 90 - shade, 200),
                           40,
                           60);
      world.items[domain][i].image = file.string();
    }
  }
  Fixture fixture(world);
  FeaturesConfig config = small_config();
  config.items = {"image"};
  config.image.dimension = 1;
  fixture.build(config);
  const FeatureSet features = open_features(fixture.out());
  const auto [own, other] = topic_distances(features.source_items, features.target_items);
  EXPECT_LT(2.0 * own, other);
  EXPECT_THAT(fixture.notes, IsEmpty());
}

TEST(Features, DescribeUsersByTheirReviewsPerShop) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  config.items = {"text"};
  config.text.dimension = 2;
  fixture.build(config);
  const FeatureSet features = open_features(fixture.out());
  ASSERT_TRUE(features.source_users.has_value());
  const auto [own, other] = topic_distances(*features.source_users, *features.source_users);
  EXPECT_LT(2.0 * own, other);
  for (std::size_t u = 0; u < fixture.split.roles.size(); ++u) {
    const bool held_out = fixture.split.roles[u] != Role::kOverlap;
    EXPECT_EQ(row(*features.target_users, u).back(), held_out ? 0.0F : 1.0F);
    EXPECT_EQ(row(*features.source_users, u).back(), 1.0F);
    if (held_out) {
      EXPECT_THAT(row(*features.target_users, u), Each(0.0F));
    }
  }
}

TEST(Features, HaveZeroMeanAndUnitDeviationOverTrainingItemsOfBothShops) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  config.items = {"text"};
  config.text.bigrams = false;
  fixture.build(config);
  const FeatureSet features = open_features(fixture.out());
  const auto training = find_training_rows(fixture.dataset, fixture.split);
  std::vector<double> sum(4);
  std::vector<double> squares(4);
  double count = 0.0;
  for (const Domain domain : kDomains) {
    const FeatureMatrix& matrix =
        domain == Domain::kSource ? features.source_items : features.target_items;
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
      if (training[domain].items[i] != 0) {
        count += 1.0;
        for (std::size_t j = 0; j < 4; ++j) {
          sum[j] += row(matrix, i)[j];
          squares[j] += std::pow(row(matrix, i)[j], 2);
        }
      }
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(sum[j] / count, 0.0, 1e-5);
    EXPECT_NEAR(squares[j] / count, 1.0, 1e-5);
  }
}

TEST(Features, MarkWhatIsMissing) {
  const TempDirectory images;
  World world = two_topic_world();
  testing::write_image(images.path() / "a.png", {1, 200, 3}, 9, 9);
  write_file(images.path() / "broken.png", "broken");
  world.items.source[0].image = (images.path() / "a.png").string();
  world.items.source[1].image = (images.path() / "broken.png").string();
  world.items.source[2].image = "scheme://host/b.png";
  world.items.source[3].title = "";
  Fixture fixture(world);
  const ArtifactState state = fixture.build(small_config());
  const FeatureSet features = open_features(fixture.out());
  // Columns: 4 of text, has text, 3 of image, has image.
  const auto flags = [&](std::size_t item) {
    const auto values = row(features.source_items, item);
    return std::vector{values[4], values[8]};
  };
  EXPECT_THAT(flags(0), ElementsAre(1.0F, 1.0F));
  EXPECT_THAT(flags(1), ElementsAre(1.0F, 0.0F));
  EXPECT_THAT(flags(2), ElementsAre(1.0F, 0.0F));
  EXPECT_THAT(row(features.source_items, 3), Each(0.0F));
  EXPECT_THAT(
      fixture.notes,
      ElementsAre(fmt::format("1 of 2 source images cannot be read and count as missing; first: "
                              "{}: is no JPEG, PNG, WebP or BMP image",
                              world.items.source[1].image),
                  "1 source images are addresses without a local file and count as missing; "
                  "`crossfade download images` fetches them for features.image.downloads"));
  EXPECT_EQ(state.manifest.details["items"][1].dump(),
            R"({"name":"image","first":5,"width":3,"source":{"present":1,"missing":39},)"
            R"("target":{"present":0,"missing":40}})");
}

TEST(Features, TakeDownloadedImagesForAddressesAndMissingOnes) {
  const TempDirectory folder;
  make_directories(folder.path() / "files");
  testing::write_image(folder.path() / "files/a.png", {1, 200, 3}, 9, 9);
  const auto line = [](const std::string& item, const std::string& address) {
    return to_line({.item = item,
                    .address = address,
                    .outcome = DownloadOutcome::kStored,
                    .file = "files/a.png",
                    .bytes = 1,
                    .reason = ""});
  };
  write_file(
      download_table_file(folder.path()),
      download_table_header() + line("x", "http://host/a.png") + line("target/t1", "http://b/"));
  World world = two_topic_world();
  world.items.source[0].image = "http://host/a.png";
  world.items.source[1].image = "http://host/unknown.png";
  Fixture fixture(world);
  FeaturesConfig config = small_config();
  config.image.downloads = folder.path().string();
  fixture.build(config);
  const FeatureSet features = open_features(fixture.out());
  const auto has_image = [](const FeatureMatrix& matrix, std::size_t item) {
    return row(matrix, item)[8];
  };
  EXPECT_EQ(has_image(features.source_items, 0), 1.0F);
  EXPECT_EQ(has_image(features.source_items, 1), 0.0F);
  EXPECT_EQ(has_image(features.target_items, 0), 0.0F);
  EXPECT_EQ(has_image(features.target_items, 1), 1.0F);
}

TEST(Features, NeverReadTheTargetReviewsOfHeldOutUsers) {
  const World clean = two_topic_world();
  Fixture fixture(clean);
  World poisoned = clean;
  std::int64_t changed = 0;
  for (auto& review : poisoned.reviews.target) {
    const Role role = fixture.split.roles[static_cast<std::size_t>(review.user)];
    if (role == Role::kTest || role == Role::kValidation) {
      review.text = fmt::format("poison{} \xE6\xAF\x92 sea0 city0", changed++);
      review.rating = 1.0;
    }
  }
  ASSERT_GT(changed, 100);
  Fixture other(poisoned);
  ASSERT_EQ(fixture.split.roles, other.split.roles);
  fixture.build(small_config());
  other.build(small_config());
  EXPECT_EQ(all_bytes(fixture.out()), all_bytes(other.out()));
}

TEST(Features, NeverReadHiddenSourceReviews) {
  const World clean = two_topic_world();
  Fixture fixture(clean, 0.5);
  World poisoned = clean;
  for (auto& review : poisoned.reviews.source) {
    if (fixture.split.roles[static_cast<std::size_t>(review.user)] == Role::kSide) {
      review.text = "poison";
    }
  }
  Fixture other(poisoned, 0.5);
  fixture.build(small_config());
  other.build(small_config());
  EXPECT_EQ(all_bytes(fixture.out()), all_bytes(other.out()));
}

// The counterpart that shows the two tests above can fail.
TEST(Features, DoReadTheReviewsOfTrainingUsers) {
  World world = two_topic_world();
  Fixture fixture(world);
  const UserId user = fixture.split.users(Role::kOverlap).front();
  for (auto& review : world.reviews.target) {
    if (review.user == static_cast<std::int64_t>(index(user))) {
      review.text = "sea0 city0";
    }
  }
  Fixture other(world);
  fixture.build(small_config());
  other.build(small_config());
  EXPECT_NE(all_bytes(fixture.out()), all_bytes(other.out()));
}

TEST(Features, AreTheSameBytesEveryTime) {
  Fixture fixture(two_topic_world());
  Fixture again(two_topic_world());
  fixture.build(small_config());
  again.build(small_config());
  EXPECT_EQ(all_bytes(fixture.out()), all_bytes(again.out()));
}

TEST(Features, AreReusedUntilASettingOrTheSplitChanges) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  EXPECT_FALSE(fixture.build(config).reused);
  EXPECT_TRUE(fixture.build(config).reused);
  config.text.sublinear = false;
  EXPECT_FALSE(fixture.build(config).reused);
  fixture.split = draw_split(fixture.dataset, fixture.split.config, 8);
  EXPECT_FALSE(fixture.build(config).reused);
}

TEST(Features, AreMadeAnewWhenAnImageFileChanges) {
  const TempDirectory images;
  World world = two_topic_world();
  world.items.source[0].image = (images.path() / "a.png").string();
  testing::write_image(world.items.source[0].image, {1, 200, 3}, 9, 9);
  Fixture fixture(world);
  EXPECT_FALSE(fixture.build(small_config()).reused);
  testing::write_image(world.items.source[0].image, {200, 2, 3}, 12, 9);
  EXPECT_FALSE(fixture.build(small_config()).reused);
  EXPECT_TRUE(fixture.build(small_config()).reused);
}

TEST(Features, TakeHalfTheSpaceAsFloat16) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  fixture.build(config);
  const auto full = row(open_features(fixture.out()).source_items, 5);
  const auto full_bytes = fs::file_size(fixture.out() / "source_items.npy");
  config.dtype = "float16";
  fixture.build(config);
  const auto half = row(open_features(fixture.out()).source_items, 5);
  EXPECT_LT(fs::file_size(fixture.out() / "source_items.npy"), full_bytes);
  for (std::size_t j = 0; j < full.size(); ++j) {
    EXPECT_EQ(half[j], round_to_half(full[j]));
  }
}

TEST(Features, HaveNoUserMatrixWhenProfilesAreEnough) {
  Fixture fixture(two_topic_world());
  FeaturesConfig config = small_config();
  config.users = {"profile"};
  fixture.build(config);
  EXPECT_FALSE(open_features(fixture.out()).source_users.has_value());
  EXPECT_FALSE(fs::exists(fixture.out() / "source_users.npy"));
  EXPECT_FALSE(fs::exists(fixture.out() / "scratch"));
}

TEST(Features, SayWhenThereIsNothingToLearnFrom) {
  World world = two_topic_world();
  for (const Domain domain : kDomains) {
    for (auto& review : world.reviews[domain]) {
      review.text = "";
    }
  }
  Fixture fixture(world);
  fixture.build(small_config());
  EXPECT_THAT(fixture.notes,
              ElementsAre("nothing that trains has image features; all of them are zero",
                          "the training reviews hold no term often enough; all reviews features "
                          "are zero"));
  EXPECT_THAT(row(*open_features(fixture.out()).source_users, 0), Each(0.0F));
}

TEST(Features, RefuseSettingsThatMakeNoSense) {
  Fixture fixture(two_topic_world());
  const auto failure = [&](auto change) {
    FeaturesConfig config = small_config();
    change(config);
    return failure_of([&] { fixture.build(config); });
  };
  EXPECT_EQ(failure([](FeaturesConfig& config) { config.items.clear(); }),
            "kUsage: features.items is empty; name at least one of: builtin, text, image, llm, "
            "precomputed");
  EXPECT_EQ(failure([](FeaturesConfig& config) { config.items = {"sound"}; }),
            "kUsage: items = \"sound\" is not one of: builtin, text, image, llm, precomputed");
  EXPECT_EQ(failure([](FeaturesConfig& config) { config.dtype = "int8"; }),
            "kUsage: dtype = \"int8\" is not one of: float32, float16");
  EXPECT_EQ(failure([](FeaturesConfig& config) { config.text.dimension = 0; }),
            "kUsage: dimension = 0 is outside [1, 4096]");
  EXPECT_FALSE(fs::exists(fixture.out()));
}

TEST(Features, RefuseAnIngestThatDoesNotMatchTheDataset) {
  Fixture fixture(two_topic_world());
  World smaller = two_topic_world();
  smaller.items.source.pop_back();
  write_world(smaller, fixture.directory.path() / "other");
  fixture.ingest = fixture.directory.path() / "other";
  EXPECT_EQ(failure_of([&] { fixture.build(small_config()); }),
            fmt::format("kData: {}: has 39 items, the dataset 40; run ingest and dataset again",
                        (fixture.ingest / "source" / "items.parquet").string()));
  EXPECT_FALSE(fs::exists(fixture.out()));
}

TEST(Features, RefuseToOpenAnotherArtifact) {
  Fixture fixture(two_topic_world());
  EXPECT_EQ(failure_of([&] { (void)open_features(fixture.ingest); }),
            fmt::format("kData: {}: is an artifact of stage ingest, not features",
                        fixture.ingest.string()));
}

TEST(FeaturesConfig, IsReadBackAsItWasPrinted) {
  FeaturesConfig config;
  config.items = {"text", "precomputed"};
  config.text.stop_words = {"the"};
  config.precomputed.source_items = "a.npy";
  FeaturesConfig read;
  apply_toml(read, parse_toml(to_toml(config), "test"));
  EXPECT_EQ(to_toml(read), to_toml(config));
}

}  // namespace
}  // namespace crossfade

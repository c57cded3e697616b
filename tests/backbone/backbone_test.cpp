// SPDX-License-Identifier: Apache-2.0
#include "crossfade/backbone/backbone.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using testing::expect_error;
using testing::TempDirectory;

constexpr std::size_t kUsers = 60;
constexpr std::size_t kItems = 20;

// Ratings 3 + b_i + t_u t_i, with items of two kinds; every third user has none.
Ratings make_ratings(std::uint64_t seed) {
  Ratings ratings;
  Rng rng(seed);
  for (std::size_t u = 0; u < kUsers; ++u) {
    for (std::size_t i = 0; i < kItems && u % 3 != 0; ++i) {
      if (rng.uniform() < 0.7) {
        const float taste = (u % 2 == 0 ? 1.0F : -1.0F) * (i % 2 == 0 ? 1.0F : -1.0F);
        ratings.items.push_back(ItemId{static_cast<std::int32_t>(i)});
        ratings.ratings.push_back(3.0F + (i < 10 ? 0.5F : -0.5F) + taste);
      }
    }
    ratings.offsets.push_back(static_cast<std::int64_t>(ratings.items.size()));
  }
  return ratings;
}

class BackboneTest : public ::testing::TestWithParam<BackboneKind> {
 protected:
  [[nodiscard]] Backbone fit(const BackboneConfig& config, std::uint64_t seed = 1) const {
    return fit_backbone(GetParam(), config, inputs(), Rng(seed));
  }

  [[nodiscard]] BackboneRatings inputs() const {
    return {.source = source_.view(),
            .target = target_.view(),
            .n_source_items = kItems,
            .n_target_items = kItems + 1};
  }

  static double rmse(const DomainFactors& factors, const RatingsView& ratings) {
    double sum = 0.0;
    for (std::size_t u = 0; u < kUsers; ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      for (std::size_t row = 0; row < ratings.count(user); ++row) {
        const std::size_t item = index(ratings.items_of(user)[row]);
        const float* x = &factors.users[u * factors.width];
        const float* v = &factors.items[item * factors.width];
        const double score =
            std::inner_product(x, x + factors.width, v, double{factors.offsets[item]});
        sum += std::pow(score - ratings.ratings_of(user)[row], 2);
      }
    }
    return std::sqrt(sum / static_cast<double>(ratings.rows()));
  }

  Ratings source_ = make_ratings(1);
  Ratings target_ = make_ratings(2);
  BackboneConfig config_{.plain = {.dimension = 4, .init_std = 0.1, .epochs = 60, .batch_size = 32},
                         .biased = {.dimension = 2, .l2 = 0.5, .bias_damping = 1.0}};
};

TEST_P(BackboneTest, ExplainsTheRatingsOfBothDomains) {
  const Backbone backbone = fit(config_);
  EXPECT_LT(rmse(backbone.source, source_.view()), 0.15);
  EXPECT_LT(rmse(backbone.target, target_.view()), 0.15);
}

TEST_P(BackboneTest, TheSameSeedGivesTheSameVectors) {
  EXPECT_EQ(fit(config_).target.users, fit(config_).target.users);
  EXPECT_NE(fit(config_).target.users, fit(config_, 2).target.users);
}

TEST_P(BackboneTest, IsTrainedOnceAndReadBackAsItWas) {
  const TempDirectory directory;
  const auto ensure = [&](const BackboneConfig& config, std::int64_t seed) {
    return ensure_backbone(GetParam(), config, inputs(), seed, {}, directory / "b").reused;
  };
  EXPECT_FALSE(ensure(config_, 7));
  EXPECT_TRUE(ensure(config_, 7));
  const Backbone stored = load_backbone(directory / "b");
  const Backbone fitted = fit_backbone(GetParam(), config_, inputs(), Rng(7).fork("backbone"));
  EXPECT_EQ(stored.source.users, fitted.source.users);
  EXPECT_EQ(stored.target.items, fitted.target.items);
  EXPECT_EQ(stored.target.offsets, fitted.target.offsets);
  EXPECT_FALSE(ensure(config_, 8));
}

TEST_P(BackboneTest, DamagedTablesAreRefused) {
  const TempDirectory directory;
  ensure_backbone(GetParam(), config_, inputs(), 7, {}, directory / "b");
  std::filesystem::copy_file(directory / "b" / "source" / "offsets.npy",
                             directory / "b" / "target" / "offsets.npy",
                             std::filesystem::copy_options::overwrite_existing);
  expect_error(ErrorKind::kData,
               (directory / "b" / "target").string() +
                   ": users, items and offsets do not fit together; remove the directory and run "
                   "again",
               [&] { static_cast<void>(load_backbone(directory / "b")); });
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         BackboneTest,
                         ::testing::Values(BackboneKind::kPlain, BackboneKind::kBiased),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

TEST(PlainBackbone, UsersAndItemsWithoutRatingsKeepTheirStart) {
  const Ratings ratings = make_ratings(1);
  const BackboneRatings inputs{.source = ratings.view(),
                               .target = ratings.view(),
                               .n_source_items = kItems,
                               .n_target_items = kItems + 1};
  BackboneConfig config;
  config.plain.epochs = 1;
  const auto first_user = [&] {
    const Backbone backbone = fit_backbone(BackboneKind::kPlain, config, inputs, Rng(1));
    return std::vector<float>(backbone.target.users.begin(), backbone.target.users.begin() + 10);
  };
  const std::vector<float> one = first_user();  // User 0 has no ratings.
  config.plain.epochs = 20;
  EXPECT_EQ(first_user(), one);
}

}  // namespace
}  // namespace crossfade

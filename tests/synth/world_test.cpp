// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/world.h"

#include <cmath>
#include <numbers>
#include <set>

#include <gtest/gtest.h>

namespace crossfade {
namespace {

SynthConfig noiseless(const std::string& map) {
  SynthConfig config;
  config.map = map;
  config.map_noise = 0.0;
  return config;
}

// R s for one user.
Taste rotated(const World& world, const Taste& source) {
  Taste result{};
  for (std::size_t j = 0; j < world.tastes(); ++j) {
    for (std::size_t l = 0; l < world.tastes(); ++l) {
      result[j] += world.rotation()[j * world.tastes() + l] * source[l];
    }
  }
  return result;
}

TEST(World, RotationKeepsLengthsAndAngles) {
  const World world(noiseless("rotate"));
  const std::size_t k = world.tastes();
  for (std::size_t a = 0; a < k; ++a) {
    for (std::size_t b = 0; b < k; ++b) {
      float product = 0.0F;
      for (std::size_t j = 0; j < k; ++j) {
        product += world.rotation()[a * k + j] * world.rotation()[b * k + j];
      }
      EXPECT_NEAR(product, a == b ? 1.0F : 0.0F, 1e-5F) << a << ", " << b;
    }
  }
}

TEST(World, WithoutMapNoiseTheTargetTasteFollowsFromTheSourceTaste) {
  const World same(noiseless("identity"));
  const World turned(noiseless("rotate"));
  const World folded(noiseless("fold"));
  const float mean = std::sqrt(2.0F / std::numbers::pi_v<float>);
  for (std::size_t user = 0; user < 20; ++user) {
    const Taste plain = same.shopper(user).taste.source;
    EXPECT_EQ(same.shopper(user).taste.target, plain);
    const Taste expected = rotated(turned, plain);
    const Taste fold = folded.shopper(user).taste.target;
    for (std::size_t j = 0; j < same.tastes(); ++j) {
      EXPECT_FLOAT_EQ(turned.shopper(user).taste.target[j], expected[j]);
      EXPECT_FLOAT_EQ(
          fold[j],
          j % 2 == 0 ? expected[j] : (std::abs(expected[j]) - mean) / std::sqrt(1 - mean * mean));
    }
  }
}

TEST(World, TastesHaveMeanZeroAndVarianceOne) {
  SynthConfig config;
  config.clusters = 1000;
  const World world(config);
  constexpr std::size_t kUsers = 4000;
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t user = 0; user < kUsers; ++user) {
    const Shopper shopper = world.shopper(user);
    for (std::size_t j = 0; j < world.tastes(); ++j) {
      const auto value = static_cast<double>(shopper.taste.target[j]);
      sum += value;
      squares += value * value;
    }
  }
  const double n = static_cast<double>(kUsers * world.tastes());
  EXPECT_NEAR(sum / n, 0.0, 0.05);  // the 6,000 components of the centres: five deviations
  EXPECT_NEAR(squares / n, 1.0, 0.08);
}

TEST(World, WithoutSpreadThereAreAsManyTastesAsClusters) {
  SynthConfig config;
  config.clusters = 5;
  config.spread = 0.0;
  const World world(config);
  std::set<float> seen;
  for (std::size_t user = 0; user < 200; ++user) {
    seen.insert(world.shopper(user).taste.source[0]);
  }
  EXPECT_EQ(seen.size(), 5U);
}

TEST(World, BiasesCorrelateOverTheShopsAsSet) {
  SynthConfig config;
  config.user_bias = 0.5;
  config.bias_transfer = 0.7;
  const World world(config);
  constexpr std::size_t kUsers = 4000;
  double product = 0.0;
  double source = 0.0;
  double target = 0.0;
  for (std::size_t user = 0; user < kUsers; ++user) {
    const PerShop<float> bias = world.shopper(user).bias;
    product += static_cast<double>(bias.source * bias.target);
    source += static_cast<double>(bias.source * bias.source);
    target += static_cast<double>(bias.target * bias.target);
  }
  EXPECT_NEAR(product / std::sqrt(source * target), 0.7, 0.05);
  EXPECT_NEAR(std::sqrt(source / kUsers), 0.5, 0.03);
  EXPECT_NEAR(std::sqrt(target / kUsers), 0.5, 0.03);
}

TEST(World, AScoreAddsMeanBiasesAndTaste) {
  SynthConfig config;
  config.tastes = 4;
  config.mean_rating = 3.0;
  config.taste_strength = 2.0;
  config.item_bias = 0.0;
  const World world(config);
  Shopper shopper;
  shopper.bias.target = 0.25F;
  shopper.taste.target[1] = 1.0F;
  // 3 + 0.25 + 0 + 2 v_1 / sqrt(4)
  EXPECT_NEAR(world.score(shopper, Shop::kTarget, 9),
              3.25 + static_cast<double>(world.items(Shop::kTarget).item(9)[1]),
              1e-6);
}

TEST(World, RatingsAreRoundedAndClipped) {
  SynthConfig config;
  config.noise = 0.0;
  const World world(config);
  Rng rng(1);
  EXPECT_EQ(world.draw_rating(3.4, rng), 3);
  EXPECT_EQ(world.draw_rating(3.6, rng), 4);
  EXPECT_EQ(world.draw_rating(9.0, rng), 5);
  EXPECT_EQ(world.draw_rating(-2.0, rng), 1);
}

TEST(World, EveryUserHasTheRoleOfItsPlace) {
  SynthConfig config;
  config.users = 100;
  config.overlap_fraction = 0.2;
  config.side_fraction = 0.3;
  const World world(config);
  EXPECT_EQ(world.overlap_users(), 20U);
  EXPECT_EQ(world.auxiliary_users(), 50U);
  EXPECT_EQ(world.side_users(), 30U);
  for (std::size_t user = 0; user < 100; ++user) {
    EXPECT_EQ(world.buys_in(Shop::kSource, user), user < 70) << user;
    EXPECT_EQ(world.buys_in(Shop::kTarget, user), user < 20 || user >= 70) << user;
  }
}

TEST(World, TextsAndImagesShareTheDimensionsBetweenThem) {
  SynthConfig config;
  config.tastes = 6;
  const World world(config);
  EXPECT_EQ(world.text_tastes(), 4U);   // 0..3
  EXPECT_EQ(world.image_tastes(), 3U);  // 3..5, of which 4 and 5 are in images only
}

TEST(World, CodesNeverCollide) {
  std::set<std::string> items;
  std::set<std::string> users;
  for (std::size_t index = 0; index < 5000; ++index) {
    items.insert(item_code(Shop::kSource, index));
    items.insert(item_code(Shop::kTarget, index));
    users.insert(user_code(index));
  }
  EXPECT_EQ(items.size(), 10000U);
  EXPECT_EQ(users.size(), 5000U);
  EXPECT_EQ(items.begin()->size(), 10U);
}

TEST(World, TheCatalogueGrowsWithTheUsersWithinBounds) {
  SynthConfig config;
  config.users = 50;
  EXPECT_EQ(item_count(config, Shop::kSource), 160);
  config.users = 5000;
  EXPECT_EQ(item_count(config, Shop::kSource), 5000);
  config.users = 90'000'000;
  EXPECT_EQ(item_count(config, Shop::kSource), 1'000'000);
  config.target_items = 77;
  EXPECT_EQ(item_count(config, Shop::kTarget), 77);
}

}  // namespace
}  // namespace crossfade

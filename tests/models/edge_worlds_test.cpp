// SPDX-License-Identifier: Apache-2.0
//
// Worlds at the edge of what can be learned from: every model but music trains and scores them.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/training/trainer.h"

#include "tests/core/expect_error.h"
#include "tests/support/documents.h"

namespace crossfade {
namespace {

// Users 0 to 9 are known in both shops, 10 to 13 are cold, 14 is a side user. Everybody rates the
// first `n` items of a shop.
struct World {
  Ratings source;
  Ratings target;
  std::vector<Role> roles;
  std::size_t n_source_items;
  std::size_t n_target_items;
};

void add_ratings(Ratings& ratings, std::size_t count, float rating) {
  for (std::size_t item = 0; item < count; ++item) {
    ratings.items.push_back(ItemId{static_cast<std::int32_t>(item)});
    ratings.ratings.push_back(std::clamp(rating + static_cast<float>(item % 3), 1.0F, 5.0F));
  }
  ratings.offsets.push_back(static_cast<std::int64_t>(ratings.items.size()));
}

World make_world(std::size_t rated_source, std::size_t rated_target, float source_rating) {
  World world{.source = {},
              .target = {},
              .roles = {},
              .n_source_items = rated_source,
              .n_target_items = rated_target + 2};  // The last two of the target have no rating.
  for (std::size_t u = 0; u < 15; ++u) {
    world.roles.push_back(u < 10 ? Role::kOverlap : u < 14 ? Role::kTest : Role::kSide);
    add_ratings(world.source, u < 14 ? rated_source : 0, source_rating);
    add_ratings(world.target, u < 10 || u == 14 ? rated_target : 0, u % 2 == 0 ? 2.0F : 3.0F);
  }
  return world;
}

class EdgeWorld : public ::testing::TestWithParam<std::string> {
 protected:
  EdgeWorld() { configure_torch(); }

  // Trains the model on the world and returns everybody's scores, a row per target item.
  static std::vector<std::vector<float>> scores(const World& world, std::int64_t dimension) {
    BackboneConfig config;
    config.plain.dimension = dimension;
    config.biased.dimension = dimension;
    const ModelEntry& entry = find_model(GetParam());
    const testing::TestDocuments documents(
        world.source.view(), world.target.view(), [](Domain, UserId user, ItemId) {
          return testing::TestDocuments::Words(index(user) % 3, "word");  // Some say nothing.
        });
    const Backbone backbone = fit_backbone(entry.backbone,
                                           config,
                                           {.source = world.source.view(),
                                            .target = world.target.view(),
                                            .n_source_items = world.n_source_items,
                                            .n_target_items = world.n_target_items},
                                           Rng(1));
    const TrainingData data{.source = world.source.view(),
                            .target = world.target.view(),
                            .n_source_items = world.n_source_items,
                            .n_target_items = world.n_target_items,
                            .roles = world.roles,
                            .documents = &documents.set(),
                            .backbone = &backbone};
    const TomlTable settings = parse_toml(
        entry.uses_documents ? "width = 8\nfilters = 4\nmax_df = 1.0\nepochs = 3" : "", "test");
    const auto model = make_model(entry, data, settings, {.rng = Rng(1)});
    train(*model, {});
    std::vector<UserId> users;
    for (std::size_t u = 0; u < world.roles.size(); ++u) {
      users.push_back(UserId{static_cast<std::int32_t>(u)});
    }
    std::vector<std::vector<float>> rows;
    for (std::size_t item = 0; item < world.n_target_items; ++item) {
      const std::vector<ItemId> items(users.size(), ItemId{static_cast<std::int32_t>(item)});
      model->score(users, items, rows.emplace_back(users.size()));
    }
    return rows;
  }

  static void expect_scores(const World& world, std::int64_t dimension) {
    for (const std::vector<float>& out : scores(world, dimension)) {
      EXPECT_TRUE(std::ranges::all_of(out, [](float score) { return std::isfinite(score); }));
    }
  }
};

TEST(Catn, RefusesSettingsThatLeaveNoWord) {
  const World world = make_world(2, 2, 4.0F);
  const testing::TestDocuments documents(world.source.view(), world.target.view(), [](auto...) {
    return testing::TestDocuments::Words{"word"};  // In every review.
  });
  const TrainingData data{.source = world.source.view(),
                          .target = world.target.view(),
                          .n_source_items = world.n_source_items,
                          .n_target_items = world.n_target_items,
                          .roles = world.roles,
                          .documents = &documents.set()};
  testing::expect_error(
      ErrorKind::kUsage,
      "catn is left without any word by vocabulary = 20000 and max_df = 0.5; raise them",
      [&] { static_cast<void>(find_model("catn").make(data, {}, {})); });
  testing::expect_error(
      ErrorKind::kUsage, "window = 2 is even; catn reads as many words on either side", [&] {
        static_cast<void>(
            find_model("catn").make(data, parse_toml("window = 2\nmax_df = 1.0", "test"), {}));
      });
}

TEST(Omnimatch, RefusesARunWithoutReviews) {
  const World world = make_world(2, 2, 4.0F);
  TrainingData data{.source = world.source.view(),
                    .target = world.target.view(),
                    .n_source_items = world.n_source_items,
                    .n_target_items = world.n_target_items,
                    .roles = world.roles};
  const auto make = [&] { static_cast<void>(find_model("omnimatch").make(data, {}, {})); };
  testing::expect_error(
      ErrorKind::kData, "omnimatch reads reviews; the run has no documents of them", make);
  const testing::TestDocuments documents(world.source.view(), world.target.view(), [](auto...) {
    return testing::TestDocuments::Words{};
  });
  data.documents = &documents.set();
  testing::expect_error(
      ErrorKind::kData,
      "omnimatch reads the title of reviews, and the training reviews of the source have none; set "
      "its `field` to \"text\", or take the model out",
      make);
}

TEST_P(EdgeWorld, NobodyLikesAnythingInTheSource) {
  expect_scores(make_world(1, 6, 2.0F), 4);
}

TEST_P(EdgeWorld, AShopHasOneItem) {
  expect_scores(make_world(6, 1, 4.0F), 4);
  expect_scores(make_world(1, 6, 4.0F), 4);
}

TEST_P(EdgeWorld, VectorsAreLongerThanThereAreRatings) {
  expect_scores(make_world(2, 2, 4.0F), 64);
}

// catn's have no random vector but a bias that starts at 0 and stays there, stars below all others.
TEST_P(EdgeWorld, ItemsWithoutRatingsAreAlikeUnlessTheyKeepWhatTheyWereDrawnWith) {
  const std::vector<std::vector<float>> rows = scores(make_world(6, 6, 2.0F), 4);
  const bool far_off = std::ranges::equal(
      rows[6], rows[0], [](float unrated, float rated) { return unrated < rated - 1.0F; });
  EXPECT_EQ(rows[6] != rows[7] || far_off, find_model(GetParam()).untrained_items);
}

std::vector<std::string> rating_models() {
  std::vector<std::string> names;
  for (const ModelEntry& entry : all_models()) {
    if (!entry.uses_features) {
      names.push_back(entry.name);
    }
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(AllModels,
                         EdgeWorld,
                         ::testing::ValuesIn(rating_models()),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '-', '_');
                           std::ranges::replace(name, '+', 'P');
                           return name;
                         });

}  // namespace
}  // namespace crossfade

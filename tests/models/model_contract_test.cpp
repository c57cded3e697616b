// SPDX-License-Identifier: Apache-2.0
//
// What every model promises. A line in model_list.def is enough to be tested here.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "crossfade/training/trainer.h"

#include "tests/core/expect_error.h"
#include "tests/support/planted_world.h"

namespace crossfade {
namespace {

using testing::expect_error;
using testing::PlantedWorld;

UserId user(std::size_t number) {
  return UserId{static_cast<std::int32_t>(number)};
}

class ModelContract : public ::testing::TestWithParam<std::string> {
 protected:
  ModelContract() { configure_torch(); }

  [[nodiscard]] std::unique_ptr<Model> trained(std::uint64_t seed = 5) const {
    const bool music = GetParam().starts_with("music");
    const TomlTable settings =
        parse_toml(music ? "overlap.epochs = 8\nside.epochs = 8" : "", "test");
    auto model = make_model(find_model(GetParam()), data_, settings, {.rng = Rng(seed)});
    TrainOptions options;
    options.rng = Rng(seed);
    train(*model, options);
    return model;
  }

  // Scores of every item for one user.
  static std::vector<float> scores(Model& model, UserId who) {
    std::vector<ItemId> items;
    for (std::size_t i = 0; i < PlantedWorld::kItems; ++i) {
      items.push_back(ItemId{static_cast<std::int32_t>(i)});
    }
    std::vector<float> out(items.size());
    model.score(std::vector<UserId>(items.size(), who), items, out);
    return out;
  }

  // Whether the model knows tastes of users who are cold in the target.
  [[nodiscard]] static bool transfers_taste() {
    return GetParam() == "joint-mf" || GetParam().starts_with("music");
  }

  PlantedWorld world_;
  FeatureSet features_ = world_.features();
  TrainingData data_{.source = world_.source.view(),
                     .target = world_.target.view(),
                     .n_source_items = PlantedWorld::kItems,
                     .n_target_items = PlantedWorld::kItems,
                     .roles = world_.roles,
                     .features = &features_};
};

TEST_P(ModelContract, RanksAColdUsersOwnTasteFirst) {
  if (!transfers_taste()) {
    GTEST_SKIP() << GetParam() << " is a reference row that knows no taste of a cold user";
  }
  const auto model = trained();
  for (std::size_t u = PlantedWorld::kFirstTest; u < PlantedWorld::kUsers; ++u) {
    const std::vector<float> all = scores(*model, user(u));
    const auto best = std::ranges::max_element(all) - all.begin();
    EXPECT_EQ(static_cast<std::size_t>(best) % 2, u % 2) << "user " << u;
  }
}

TEST_P(ModelContract, GivesFiniteScoresOnTheScale) {
  const auto model = trained();
  for (const float score : scores(*model, user(PlantedWorld::kFirstTest))) {
    EXPECT_GT(score, -5.0F);
    EXPECT_LT(score, 11.0F);
  }
}

TEST_P(ModelContract, TheSameSeedGivesTheSameScores) {
  EXPECT_EQ(scores(*trained(), user(140)), scores(*trained(), user(140)));
}

TEST_P(ModelContract, FactorsGiveTheSameScores) {
  const auto model = trained();
  const std::optional<Factors> factors = model->factors();
  ASSERT_TRUE(factors.has_value());
  for (const std::size_t u : {3U, 70U, 140U}) {
    const std::vector<float> wanted = scores(*model, user(u));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      float dot = 0.0F;
      for (std::size_t j = 0; j < factors->dimension; ++j) {
        dot +=
            factors->users[u * factors->dimension + j] * factors->items[i * factors->dimension + j];
      }
      EXPECT_NEAR(dot, wanted[i], 1e-4);
    }
  }
}

TEST_P(ModelContract, AUsersScoresDoNotDependOnWhoElseIsAskedFor) {
  const auto model = trained();
  const std::vector<UserId> together{user(159), user(131), user(140), user(10)};
  const std::vector<ItemId> items(together.size(), ItemId{7});
  std::vector<float> out(together.size());
  model->score(together, items, out);
  for (std::size_t n = 0; n < together.size(); ++n) {
    EXPECT_NEAR(out[n], scores(*model, together[n])[7], 1e-5);
  }
}

TEST_P(ModelContract, APhaseMovesOnlyTheParametersItLists) {
  auto model = make_model(find_model(GetParam()), data_, {}, {.rng = Rng(5)});
  for (Phase& phase : model->phases()) {
    if (phase.begin) {
      const torch::NoGradGuard no_grad;
      phase.begin();
    }
    if (phase.rows == 0) {
      continue;
    }
    for (const torch::Tensor& parameter : model->module().parameters()) {
      parameter.set_requires_grad(true);
      parameter.mutable_grad() = torch::Tensor();
    }
    const torch::Tensor rows = torch::arange(std::min<std::int64_t>(phase.rows, 8), torch::kInt64);
    const torch::Tensor loss =
        phase.loss({.rows = rows, .generator = at::detail::createCPUGenerator(1)});
    EXPECT_TRUE(std::isfinite(loss.item<double>())) << phase.name;
    loss.backward();
    for (const torch::Tensor& parameter : model->module().parameters()) {
      const bool listed = std::ranges::any_of(
          phase.parameters, [&](const torch::Tensor& other) { return other.is_same(parameter); });
      EXPECT_TRUE(listed || !parameter.grad().defined()) << phase.name;
    }
  }
}

TEST_P(ModelContract, PrintsSettingsThatParseBackToThemselves) {
  const ModelEntry& entry = find_model(GetParam());
  const std::string text = entry.settings({}, "", true);
  EXPECT_EQ(entry.settings(parse_toml(text, "test"), "", true), text);
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelEntry& model : all_models()) {
    names.push_back(model.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(AllModels,
                         ModelContract,
                         ::testing::ValuesIn(model_names()),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(FindModel, ListsTheKnownNamesWhenItFails) {
  expect_error(ErrorKind::kUsage,
               "model \"musik\" is unknown; the models are: constant, item-mean, bias-transfer, "
               "target-mf, joint-mf, music, music-paper",
               [] { static_cast<void>(find_model("musik")); });
}

TEST(Music, RefusesARunWithoutFeatures) {
  const PlantedWorld world;
  const TrainingData data{.source = world.source.view(),
                          .target = world.target.view(),
                          .n_source_items = PlantedWorld::kItems,
                          .n_target_items = PlantedWorld::kItems,
                          .roles = world.roles};
  expect_error(ErrorKind::kData, "MuSiC needs features of items and users; the run has none", [&] {
    static_cast<void>(find_model("music-paper").make(data, {}, {}));
  });
}

}  // namespace
}  // namespace crossfade

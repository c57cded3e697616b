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

  // Few epochs where the defaults need minutes, more where the world is too small for them.
  [[nodiscard]] static TomlTable settings() {
    const std::string& name = GetParam();
    if (name.starts_with("music")) {
      return parse_toml("overlap.epochs = 8\nside.epochs = 8", "test");
    }
    if (name == "cmf") {
      return parse_toml("init_std = 0.1\nepochs = 40", "test");
    }
    if (find_model(name).uses_documents) {
      return parse_toml(name == "catn" ? "words = 16\nwidth = 16\nfilters = 32\nmax_df = 1.0\n"
                                         "epochs = 8\nbatch_size = 128\nlearning_rate = 0.01"
                                       : "words = 60\nwidth = 16\nfilters = 8\nepochs = 3",
                        "test");
    }
    if (name.starts_with("dcdcsr")) {
      return parse_toml("item_epochs = 60", "test");
    }
    const bool mapped =
        find_model(name).backbone != BackboneKind::kNone && !name.starts_with("tgt");
    return parse_toml(mapped ? "epochs = 60" : "", "test");
  }

  [[nodiscard]] std::unique_ptr<Model> make(const TrainingData& data,
                                            std::uint64_t seed = 5) const {
    return make_model(find_model(GetParam()), data, settings(), {.rng = Rng(seed)});
  }

  [[nodiscard]] std::unique_ptr<Model> trained(std::uint64_t seed = 5) const {
    auto model = make(data_, seed);
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

  // Whether the model knows tastes of users who are cold in the target. omnimatch's rating is a
  // term of the user plus a term of the item: it ranks items alike for everybody.
  [[nodiscard]] static bool transfers_taste() {
    return !reference_row() && !GetParam().starts_with("tgt") && GetParam() != "omnimatch";
  }

  // Whether what the model reads or draws when it scores depends on its seed.
  [[nodiscard]] static bool scores_by_seed() {
    return GetParam().starts_with("music") || find_model(GetParam()).uses_documents;
  }

  [[nodiscard]] static bool reference_row() {
    return GetParam() == "constant" || GetParam() == "item-mean" || GetParam() == "bias-transfer";
  }

  // A small start: with vectors from N(0, 1) this world's few ratings are memorised, not shared.
  [[nodiscard]] static Backbone make_backbone(const PlantedWorld& world,
                                              const std::vector<Role>& roles) {
    const Ratings target = world.target_of(roles);
    BackboneConfig config;
    config.plain.init_std = 0.1;
    config.plain.epochs = 40;
    config.biased.l2 = 2.0;
    return fit_backbone(find_model(GetParam()).backbone,
                        config,
                        {.source = world.source.view(),
                         .target = target.view(),
                         .n_source_items = PlantedWorld::kItems,
                         .n_target_items = PlantedWorld::kItems},
                        Rng(3));
  }

  PlantedWorld world_;
  FeatureSet features_ = world_.features();
  testing::TestDocuments documents_{
      world_.source.view(), world_.target.view(), PlantedWorld::review};
  Backbone backbone_ = make_backbone(world_, world_.roles);
  TrainingData data_{.source = world_.source.view(),
                     .target = world_.target.view(),
                     .n_source_items = PlantedWorld::kItems,
                     .n_target_items = PlantedWorld::kItems,
                     .roles = world_.roles,
                     .features = &features_,
                     .documents = &documents_.set(),
                     .backbone = &backbone_};
};

bool contains(const std::vector<torch::Tensor>& list, const torch::Tensor& parameter) {
  return std::ranges::any_of(list,
                             [&](const torch::Tensor& other) { return other.is_same(parameter); });
}

void expect_gradients_of_listed_alone(Model& model,
                                      const Phase& phase,
                                      const Objective& objective) {
  if (phase.rows == 0 || !objective.loss) {
    return;
  }
  for (const torch::Tensor& parameter : model.module().parameters()) {
    parameter.set_requires_grad(true);
    parameter.mutable_grad() = torch::Tensor();
  }
  constexpr std::int64_t kSome = 8;
  const torch::Tensor rows = torch::arange(0, phase.rows, (phase.rows + kSome - 1) / kSome);
  const torch::Tensor loss =
      objective.loss({.rows = rows, .generator = at::detail::createCPUGenerator(1), .rng = Rng(1)});
  EXPECT_TRUE(std::isfinite(loss.item<double>())) << phase.name;
  loss.backward();
  for (const torch::Tensor& parameter : model.module().parameters()) {
    EXPECT_TRUE(contains(objective.parameters, parameter) || !parameter.grad().defined())
        << phase.name;
    parameter.set_requires_grad(false);
  }
}

void expect_a_kernel_to_move_listed_alone(Model& model, const Phase& phase) {
  if (!phase.epoch) {
    return;
  }
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& parameter : model.module().parameters()) {
    before.push_back(parameter.detach().clone());
  }
  const torch::Tensor order = torch::arange(phase.rows, torch::kInt64);
  const std::span rows(order.data_ptr<std::int64_t>(), static_cast<std::size_t>(phase.rows));
  EXPECT_TRUE(std::isfinite(phase.epoch(rows))) << phase.name;
  std::size_t at = 0;
  for (const torch::Tensor& parameter : model.module().parameters()) {
    EXPECT_EQ(contains(phase.parameters, parameter), !parameter.equal(before[at++])) << phase.name;
  }
}

TEST_P(ModelContract, RanksAColdUsersOwnTasteFirst) {
  if (!transfers_taste()) {
    GTEST_SKIP() << GetParam() << " knows no taste of a cold user";
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

TEST_P(ModelContract, AnotherSeedGivesOtherParameters) {
  const auto has_rows = [](Model& model) {
    const std::vector<Phase> phases = model.phases();
    return std::ranges::any_of(phases, [](const Phase& phase) { return phase.rows > 0; });
  };
  const auto model = trained(5);
  if (!has_rows(*model)) {
    GTEST_SKIP() << GetParam() << " is a closed form";
  }
  EXPECT_NE(scores(*model, user(140)), scores(*trained(6), user(140)));
}

TEST_P(ModelContract, AModelReadBackGivesTheSameScores) {
  const testing::TempDirectory directory;
  const auto model = trained();
  save_model(*model, directory / "model.pt");
  const auto other = make(data_, scores_by_seed() ? 5 : 99);
  load_model(*other, directory / "model.pt");
  for (const std::size_t u : {3U, 70U, 140U}) {
    EXPECT_EQ(scores(*other, user(u)), scores(*model, user(u)));
  }
}

TEST_P(ModelContract, WithoutOverlapItTrainsOrSaysSo) {
  std::vector<Role> roles = world_.roles;
  std::ranges::replace(roles, Role::kOverlap, Role::kTest);
  const Ratings target = world_.target_of(roles);
  const Backbone backbone = make_backbone(world_, roles);
  TrainingData data = data_;
  data.roles = roles;
  data.target = target.view();
  data.backbone = &backbone;
  try {
    const auto model = make(data);
    TrainOptions options;
    options.rng = Rng(5);
    train(*model, options);
    for (const float score : scores(*model, user(140))) {
      EXPECT_TRUE(std::isfinite(score));
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_STREQ(error.what(), kNoOverlap);
  }
}

TEST_P(ModelContract, APhaseMovesOnlyTheParametersItLists) {
  const auto model = make(data_);
  for (Phase& phase : model->phases()) {
    if (phase.begin) {
      const torch::NoGradGuard no_grad;
      phase.begin();
    }
    expect_gradients_of_listed_alone(*model, phase, {phase.parameters, phase.loss});
    const bool shared = phase.then.parameters.empty();
    expect_gradients_of_listed_alone(
        *model, phase, {shared ? phase.parameters : phase.then.parameters, phase.then.loss});
    expect_a_kernel_to_move_listed_alone(*model, phase);
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
                           if (name.ends_with('+')) {
                             name.replace(name.size() - 1, 1, "_plus");
                           }
                           return name;
                         });

TEST(FindModel, ListsTheKnownNamesWhenItFails) {
  expect_error(ErrorKind::kUsage,
               "model \"musik\" is unknown; the models are: constant, item-mean, bias-transfer, "
               "tgt, tgt+, cmf, cmf+, emcdr, emcdr+, sscdr, sscdr+, lacdr, lacdr+, ptupcdr, "
               "ptupcdr+, diffcdr, diffcdr+, dcdcsr, dcdcsr+, catn, omnimatch, music, music-paper",
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

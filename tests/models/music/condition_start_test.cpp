// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/nn/init.h>

#include "crossfade/core/toml.h"
#include "crossfade/models/music/denoiser.h"
#include "crossfade/models/registry.h"

#include "tests/support/planted_world.h"

namespace crossfade {
namespace {

using testing::PlantedWorld;

constexpr std::int64_t kWidth = 4;
constexpr std::int64_t kKnown = 4;  // elements of the condition that stage 1 sees, too
constexpr std::int64_t kCondition = 7;

// An untrained network is silent: its residual blocks end in zeros. This one is not.
Denoiser awake_denoiser() {
  torch::manual_seed(3);
  Denoiser denoiser(make_unet({.width = kWidth, .condition_width = kCondition, .layers = {}},
                              std::vector{8L, 4L}));
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : denoiser->parameters()) {
    torch::nn::init::normal_(parameter, 0.0, 0.5);
  }
  return denoiser;
}

torch::Tensor output(Denoiser& denoiser, const torch::Tensor& condition) {
  const torch::Tensor x = torch::linspace(-1.0, 1.0, 3 * kWidth).reshape({3, kWidth});
  return denoiser(x, torch::full({3}, 5, torch::kInt64), condition, torch::ones({3, 1}));
}

TEST(Denoiser, IgnoresTheConditionFromAnElementOn) {
  Denoiser denoiser = awake_denoiser();
  const torch::Tensor nothing = torch::zeros({3, kCondition});
  torch::Tensor known = nothing.clone();
  known.slice(1, 0, kKnown).fill_(1.0);
  torch::Tensor unknown = nothing.clone();
  unknown.slice(1, kKnown).fill_(1.0);
  const torch::Tensor before = output(denoiser, known);
  EXPECT_FALSE(torch::equal(output(denoiser, unknown), output(denoiser, nothing)));

  denoiser->ignore_condition_from(kKnown);

  EXPECT_TRUE(torch::equal(output(denoiser, unknown), output(denoiser, nothing)));
  EXPECT_TRUE(torch::equal(output(denoiser, known), before));
}

TEST(Denoiser, LearnsWhatItIgnoredAtTheStart) {
  Denoiser denoiser = awake_denoiser();
  denoiser->ignore_condition_from(kKnown);
  output(denoiser, torch::ones({3, kCondition})).square().sum().backward();
  int maps = 0;
  for (const auto& entry : denoiser->named_parameters()) {
    if (entry.key().find("condition") != std::string::npos) {
      ++maps;
      EXPECT_GT(entry.value().grad().slice(1, kKnown).abs().max().item<float>(), 0.0F)
          << entry.key();
    }
  }
  EXPECT_EQ(maps, 5);  // the input and four blocks: widths 8, 4, 4, 8
}

// music tells stage 1 a simulated prior of the width of the vectors, music-paper tells it nothing.
TEST(Music, ConditionStartZeroSilencesWhatStageOneNeverSees) {
  const PlantedWorld world;
  const FeatureSet features = world.features();
  const TrainingData data{.source = world.source.view(),
                          .target = world.target.view(),
                          .n_source_items = PlantedWorld::kItems,
                          .n_target_items = PlantedWorld::kItems,
                          .roles = world.roles,
                          .features = &features};
  const auto weights = [&](const char* start) {
    const TomlTable settings = parse_toml(start, "test");
    const auto model = find_model("music").make(data, settings, {.rng = Rng(5)});
    return model->module().named_parameters()["denoiser.block0.condition.weight"].clone();
  };
  const torch::Tensor random = weights("");
  const torch::Tensor zero = weights("diffusion.condition_start = \"zero\"");
  constexpr std::int64_t kPrior = 17;  // a bias and 16 factors
  EXPECT_GT(random.slice(1, kPrior).abs().max().item<float>(), 0.0F);
  EXPECT_EQ(zero.slice(1, kPrior).abs().max().item<float>(), 0.0F);
  EXPECT_GT(zero.slice(1, 0, kPrior).abs().max().item<float>(), 0.0F);
}

}  // namespace
}  // namespace crossfade

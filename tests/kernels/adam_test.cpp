// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adam.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

// A run of parameters with its own moments.
struct Parameters {
  explicit Parameters(std::vector<float> start)
      : values(std::move(start)), first(values.size(), 0.0F), second(values.size(), 0.0F) {}

  void move(const std::vector<float>& gradient, AdamStep step, float weight_decay = 0.0F) {
    adam_move({.values = values.data(),
               .first = first.data(),
               .second = second.data(),
               .gradient = gradient.data(),
               .count = values.size()},
              step,
              weight_decay);
  }

  std::vector<float> values;
  std::vector<float> first;
  std::vector<float> second;
};

TEST(AdamMove, TheFirstStepIsAsLongAsTheLearningRateWhateverTheGradient) {
  Parameters p({1.0F, 1.0F, 1.0F, 1.0F});
  p.move({3.0F, -0.02F, 1000.0F, 0.0F}, adam_step(1, 0.1));
  EXPECT_THAT(p.values,
              ElementsAre(FloatNear(0.9F, 1e-6F),
                          FloatNear(1.1F, 1e-6F),
                          FloatNear(0.9F, 1e-6F),
                          FloatNear(1.0F, 0.0F)));
}

TEST(AdamMove, TheSecondStepAgreesWithPaperAndPencil) {
  Parameters p({1.0F});
  p.move({0.5F}, adam_step(1, 0.1));
  p.move({-1.0F}, adam_step(2, 0.1));
  // m = 0.9 * 0.05 - 0.1 = -0.055, v = 0.999 * 0.00025 + 0.001 = 0.00124975; over 0.19 and
  // 0.001999: -0.2894737 and 0.6251876; 0.9 + 0.1 * 0.2894737 / 0.7906881 = 0.9366104.
  EXPECT_NEAR(p.first[0], -0.055F, 1e-7F);
  EXPECT_NEAR(p.second[0], 0.00124975F, 1e-9F);
  EXPECT_NEAR(p.values[0], 0.9366104F, 1e-6F);
}

TEST(AdamMove, WeightDecayIsAGradientTowardsZero) {
  Parameters p({2.0F, -2.0F, 0.0F});
  p.move({0.0F, 0.0F, 0.0F}, adam_step(1, 0.1), 0.5F);
  EXPECT_THAT(p.values,
              ElementsAre(FloatNear(1.9F, 1e-6F), FloatNear(-1.9F, 1e-6F), FloatNear(0.0F, 0.0F)));
}

TEST(AdamStep, AfterManyStepsNothingIsLeftToCorrect) {
  const AdamStep step = adam_step(100000, 0.25);
  EXPECT_FLOAT_EQ(step.size, 0.25F);
  EXPECT_FLOAT_EQ(step.root_scale, 1.0F);
}

}  // namespace
}  // namespace crossfade

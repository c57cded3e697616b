// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/biases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

TEST(FitBiases, OneSweepOverTwoUsersAgreesWithThePaperAndPencilResult) {
  const Ratings ratings{{0, 2, 3}, {ItemId{0}, ItemId{1}, ItemId{0}}, {5, 4, 3}};
  const Biases biases = fit_biases(ratings.view(), 2, {.damping = 1.0, .sweeps = 1});
  EXPECT_DOUBLE_EQ(biases.mean, 4.0);
  EXPECT_THAT(biases.user, ElementsAre(FloatNear(1.0F / 3, 1e-6F), FloatNear(-0.5F, 1e-6F)));
  EXPECT_THAT(biases.item, ElementsAre(FloatNear(1.0F / 18, 1e-6F), FloatNear(-1.0F / 6, 1e-6F)));
}

TEST(FitBiases, WhoeverHasNoRatingHasNoBias) {
  const Ratings ratings{{0, 0}, {}, {}};
  const Biases biases = fit_biases(ratings.view(), 1);
  EXPECT_EQ(biases.mean, 0.0);
  EXPECT_THAT(biases.user, ElementsAre(0.0F));
  EXPECT_THAT(biases.item, ElementsAre(0.0F));
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/transfer_map.h"

#include <cmath>

#include <gtest/gtest.h>

#include "crossfade/core/random.h"

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

TEST(RatingSums, GiveTheSquaredErrorOfEveryVector) {
  RatingSums sums(1, 2);
  sums.add(0, std::vector<float>{2}, 1);
  sums.add(0, std::vector<float>{-1}, 3);
  // z = (1, 0.5) predicts 2 and 0.5.
  EXPECT_NEAR(sums.squared_error(0, std::vector<float>{1, 0.5F}), 1.0 + 6.25, 1e-6);
}

TEST(PosteriorMean, AgreesWithTheNormalEquationsSolvedByHand) {
  RatingSums sums(1, 2);
  sums.add(0, std::vector<float>{1}, 2);
  std::vector<float> z(2);
  // [1 + 1, 1; 1, 1 + 3] z = [2 + 1 * 1, 2 + 3 * 0]  =>  z = (10, 1) / 7
  posterior_mean(sums, 0, std::vector<float>{1, 0}, 1.0, 3.0, z);
  EXPECT_NEAR(z[0], 10.0 / 7, 1e-6);
  EXPECT_NEAR(z[1], 1.0 / 7, 1e-6);
}

TEST(FitTransfer, KeepsTheSourceVectorWhenNobodyHasRated) {
  const RatingSums sums(5, 2);
  const std::vector<float> inputs{1, 2, -1, 0, 3, 1, 0, -2, 2, 4};
  const std::vector<int> fold{0, 1, 2, 3, 4};
  const TransferFit fit =
      fit_transfer({.sums = sums, .inputs = inputs, .n_inputs = 2, .fold = fold});
  std::vector<float> z(2);
  fit.map.apply(std::vector<float>{0.5F, -3}, z);
  EXPECT_NEAR(z[0], 0.5F, 1e-5);
  EXPECT_NEAR(z[1], -3.0F, 1e-5);
}

TEST(FitTransfer, RecoversAPlantedMapUpToItsRidge) {
  constexpr std::size_t kUsers = 400;
  Rng rng(4);
  RatingSums sums(kUsers, 2);
  std::vector<float> inputs;
  std::vector<int> fold;
  for (std::size_t u = 0; u < kUsers; ++u) {
    const auto b = static_cast<float>(rng.normal());
    const auto p = static_cast<float>(rng.normal());
    inputs.insert(inputs.end(), {b, p});
    fold.push_back(static_cast<int>(u % 5));
    for (int row = 0; row < 50; ++row) {
      const auto q = static_cast<float>(rng.normal());
      sums.add(u, std::vector<float>{q}, 0.5F * b + 0.2F - p * q);
    }
  }
  const TransferFit fit =
      fit_transfer({.sums = sums, .inputs = inputs, .n_inputs = 2, .fold = fold});
  std::vector<float> z(2);
  fit.map.apply(std::vector<float>{1, 1}, z);
  EXPECT_NEAR(z[0], 0.7F, 0.1);
  // The least ridge, 1000, pulls from -1 towards 1 against 400 users of precision 50 * 15 / 65.
  EXPECT_NEAR(z[1], -1.0 + 2.0 * 1000 / (1000 + 400 * 50 * 15 / 65.0), 0.05);
}

TEST(FitTransfer, NeedsAUserPerFold) {
  const RatingSums sums(1, 1);
  testing::expect_error(
      ErrorKind::kData,
      "the transfer map has 1 training overlap users for 5 folds; lower dataset.beta or "
      "dataset.validation",
      [&] {
        static_cast<void>(fit_transfer({.sums = sums,
                                        .inputs = std::vector<float>{1},
                                        .n_inputs = 1,
                                        .fold = std::vector<int>{0}}));
      });
}

}  // namespace
}  // namespace crossfade

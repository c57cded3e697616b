// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adadelta.h"

#include <cmath>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/core/random.h"

namespace crossfade {
namespace {

using ::testing::Each;

// A run of parameters with its own means.
struct Parameters {
  explicit Parameters(std::vector<float> start)
      : values(std::move(start)), squares(values.size()), deltas(values.size()) {}

  void move(const std::vector<float>& gradient, float size, float rho) {
    adadelta_move({.values = values.data(),
                   .squares = squares.data(),
                   .deltas = deltas.data(),
                   .gradient = gradient.data(),
                   .count = values.size()},
                  size,
                  rho);
  }

  std::vector<float> values;
  std::vector<float> squares;
  std::vector<float> deltas;
};

TEST(AdadeltaMove, TwoStepsAgreeWithPaperAndPencil) {
  Parameters p({1.0F});
  p.move({1.0F}, 0.5F, 0.9F);
  // S = 0.1, delta = sqrt(1e-6 / 0.100001) = 0.003162262, D = 0.1 delta^2 = 9.9999e-7.
  // 1 - 0.9 in floats is off by 2e-7 of itself, and so are the means.
  EXPECT_NEAR(p.squares[0], 0.1F, 3e-8F);
  EXPECT_NEAR(p.deltas[0], 9.9999e-7F, 1e-12F);
  EXPECT_NEAR(p.values[0], 0.9984189F, 1e-7F);
  p.move({-2.0F}, 0.5F, 0.9F);
  // S = 0.09 + 0.4, delta = -2 sqrt(1.99999e-6 / 0.490001) = -0.004040596.
  EXPECT_NEAR(p.squares[0], 0.49F, 2e-7F);
  EXPECT_NEAR(p.deltas[0], 2.5326326e-6F, 1e-12F);
  EXPECT_NEAR(p.values[0], 1.0004392F, 2e-7F);
}

TEST(AdadeltaMove, TheFirstStepHardlyDependsOnTheSizeOfTheGradient) {
  Parameters p({0.0F, 0.0F, 0.0F});
  p.move({1.0F, 1e3F, -1e3F}, 1.0F, 0.95F);
  // sqrt(1e-6 / 0.05) = 0.004472 as soon as 0.05 g^2 is large against 1e-6.
  EXPECT_NEAR(p.values[0], -0.0044721F, 1e-6F);
  EXPECT_NEAR(p.values[1], -0.0044721F, 1e-6F);
  EXPECT_NEAR(p.values[2], 0.0044721F, 1e-6F);
}

TEST(AdadeltaMove, ZeroGradientsLeaveValuesAndLetMeansFade) {
  Parameters p({1.0F, -2.0F});
  p.move({0.0F, 0.0F}, 1.0F, 0.9F);
  EXPECT_THAT(p.values, ::testing::ElementsAre(1.0F, -2.0F));
  EXPECT_THAT(p.squares, Each(0.0F));
  EXPECT_THAT(p.deltas, Each(0.0F));
  p.move({3.0F, 3.0F}, 1.0F, 0.9F);
  const Parameters before = p;
  p.move({0.0F, 0.0F}, 1.0F, 0.9F);
  EXPECT_EQ(p.values, before.values);
  EXPECT_FLOAT_EQ(p.squares[0], 0.9F * before.squares[0]);
  EXPECT_FLOAT_EQ(p.deltas[1], 0.9F * before.deltas[1]);
}

// Zeiler's algorithm in double; 37 parameters fill vector registers and leave some over.
TEST(AdadeltaMove, AHundredStepsAgreeWithTheFormula) {
  constexpr double kRho = 0.95;
  constexpr double kSize = 0.5;
  Rng rng(7);
  Parameters p(std::vector<float>(37, 1.0F));
  std::vector<double> values(37, 1.0);
  std::vector<double> squares(37);
  std::vector<double> deltas(37);
  for (int step = 0; step < 100; ++step) {
    std::vector<float> gradient;
    for (std::size_t i = 0; i < 37; ++i) {
      const double g = rng.normal() * std::pow(10.0, static_cast<double>(i % 7) - 3.0);
      gradient.push_back(static_cast<float>(g));
      squares[i] = kRho * squares[i] + (1.0 - kRho) * g * g;
      const double delta = std::sqrt(deltas[i] + 1e-6) / std::sqrt(squares[i] + 1e-6) * g;
      deltas[i] = kRho * deltas[i] + (1.0 - kRho) * delta * delta;
      values[i] -= kSize * delta;
    }
    p.move(gradient, kSize, kRho);
  }
  for (std::size_t i = 0; i < 37; ++i) {
    EXPECT_NEAR(p.values[i], values[i], 1e-5);  // A hundred roundings of values around 1.
    EXPECT_NEAR(p.squares[i], squares[i], 1e-5 * squares[i]);
    EXPECT_NEAR(p.deltas[i], deltas[i], 1e-5 * deltas[i]);
  }
}

TEST(AdadeltaMove, OfNothingDoesNothing) {
  Parameters p({});
  p.move({}, 1.0F, 0.9F);
  EXPECT_TRUE(p.values.empty());
}

}  // namespace
}  // namespace crossfade

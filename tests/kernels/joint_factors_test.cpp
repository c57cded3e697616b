// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/joint_factors.h"

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "tests/support/planted_world.h"

namespace crossfade {
namespace {

constexpr JointFactorOptions kOptions{.dimension = 2, .l2 = 2.0, .sweeps = 12};
constexpr std::size_t kWidth = 3;

double predict(const JointFactors& factors, std::size_t user, std::size_t item) {
  const float* p = &factors.users[user * kWidth];
  const float* q = &factors.target.rows[item * kWidth];
  return factors.target.mean + p[0] + q[0] + p[1] * q[1] + p[2] * q[2];
}

JointFactors fit(const testing::PlantedWorld& world) {
  return fit_joint_factors(
      {.ratings = world.source.view(), .n_items = testing::PlantedWorld::kItems},
      {.ratings = world.target.view(), .n_items = testing::PlantedWorld::kItems},
      kOptions,
      Rng(3));
}

// Biases alone predict about 3 everywhere, an error of 1.5.
TEST(FitJointFactors, PredictsTheTargetTasteOfUsersKnownOnlyFromTheSource) {
  const testing::PlantedWorld world;
  const JointFactors factors = fit(world);
  for (std::size_t u = testing::PlantedWorld::kFirstTest; u < testing::PlantedWorld::kUsers; ++u) {
    for (std::size_t i = 0; i < testing::PlantedWorld::kItems; ++i) {
      EXPECT_NEAR(predict(factors, u, i), u % 2 == i % 2 ? 4.5 : 1.5, 0.9);
    }
  }
}

TEST(FoldInUsers, SolvesEachUsersDampedLeastSquares) {
  const testing::PlantedWorld world;
  const JointFactors factors = fit(world);
  const RatingsView view = world.source.view();
  const std::vector<float> users = fold_in_users(factors.source, view, kOptions);
  const UserId user{100};
  Eigen::Matrix3d gram = Eigen::Vector3d(5.0, 2.0, 2.0).asDiagonal();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (std::size_t row = 0; row < view.count(user); ++row) {
    const float* q = &factors.source.rows[index(view.items_of(user)[row]) * kWidth];
    const Eigen::Vector3d x(1.0, q[1], q[2]);
    gram += x * x.transpose();
    right += x * (view.ratings_of(user)[row] - factors.source.mean - q[0]);
  }
  const Eigen::Vector3d expected = gram.fullPivLu().solve(right);
  for (std::size_t i = 0; i < kWidth; ++i) {
    EXPECT_NEAR(users[100 * kWidth + i], expected[static_cast<Eigen::Index>(i)], 1e-4);
  }
  EXPECT_EQ(users[0], 0.0F) << "a side user has no source ratings";
}

TEST(FitJointFactors, GivesAnItemWithoutRatingsTheVectorOfItsFeatures) {
  const testing::PlantedWorld world;
  std::vector<float> content;
  for (std::size_t i = 0; i <= testing::PlantedWorld::kItems; ++i) {
    content.push_back(i % 2 == 0 ? 1.0F : -1.0F);
  }
  const JointFactors factors =
      fit_joint_factors({.ratings = world.source.view(), .n_items = testing::PlantedWorld::kItems},
                        {.ratings = world.target.view(),
                         .n_items = testing::PlantedWorld::kItems + 1,
                         .content = content},
                        kOptions,
                        Rng(3));
  // The least ridge of the grid, 30, against 30 items of weight 50 / 52 each halves the taste.
  EXPECT_NEAR(predict(factors, 130, testing::PlantedWorld::kItems), 3.0 + 1.5 / 2, 0.1);
  EXPECT_NEAR(predict(factors, 131, testing::PlantedWorld::kItems), 3.0 - 1.5 / 2, 0.1);
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/statistics.h"

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace crossfade {
namespace {

TEST(Statistics, StudentsTHasItsClosedFormsForOneTwoAndFourDegrees) {
  for (const double t : {-40.0, -3.0, -0.7, 0.0, 0.2, 1.0, 5.0, 200.0}) {
    EXPECT_NEAR(student_t_cdf(t, 1), 0.5 + std::atan(t) / std::numbers::pi, 1e-12) << t;
    EXPECT_NEAR(student_t_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-12) << t;
    const double s = 1 + t * t / 4;
    EXPECT_NEAR(student_t_cdf(t, 4), 0.5 + 0.375 * t / std::sqrt(s) * (1 - t * t / (12 * s)), 1e-12)
        << t;
  }
}

TEST(Statistics, QuantilesAgreeWithThePrintedTable) {
  struct Entry {
    double probability, dof, t;
  };

  for (const Entry& entry : {Entry{0.975, 1, 12.7062},
                             Entry{0.975, 4, 2.7764},
                             Entry{0.995, 10, 3.1693},
                             Entry{0.95, 30, 1.6973},
                             Entry{0.975, 120, 1.9799},
                             Entry{0.025, 4, -2.7764},
                             Entry{0.5, 3, 0}}) {
    EXPECT_NEAR(student_t_quantile(entry.probability, entry.dof), entry.t, 5e-5);
  }
}

TEST(Statistics, ManyDegreesApproachTheNormalDistribution) {
  EXPECT_NEAR(student_t_quantile(0.975, 1e6), 1.959966, 1e-5);
}

TEST(Statistics, TheIncompleteBetaHasItsPowersAndSymmetry) {
  EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
  EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
  for (const double x : {0.01, 0.3, 0.5, 0.9}) {
    EXPECT_NEAR(incomplete_beta(3, 1, x), x * x * x, 1e-13);
    EXPECT_NEAR(incomplete_beta(2.5, 7, x), 1 - incomplete_beta(7, 2.5, 1 - x), 1e-13);
  }
}

TEST(Statistics, EstimatesHaveStandardDeviationAndInterval) {
  // 1..5: variance 10 / 4; margin 2.776445 * 1.581139 / sqrt(5).
  const std::vector<double> values = {1, 2, 3, 4, 5};
  const Estimate five = estimate(values, 0.95);
  EXPECT_EQ(five.n, 5);
  EXPECT_DOUBLE_EQ(five.mean, 3);
  EXPECT_NEAR(five.sd.value(), 1.581139, 1e-6);
  EXPECT_NEAR(five.margin.value(), 1.963243, 1e-5);
}

TEST(Statistics, OneRunHasNoSpreadAndNoneHasNoMean) {
  const std::vector<double> one = {2.5};
  EXPECT_EQ(estimate(one, 0.95).mean, 2.5);
  EXPECT_EQ(estimate(one, 0.95).sd, std::nullopt);
  EXPECT_EQ(estimate(one, 0.95).margin, std::nullopt);
  EXPECT_TRUE(std::isnan(estimate({}, 0.95).mean));
}

TEST(Statistics, PairedTestAgreesWithAWorkedExample) {
  // Differences 1..5: t = 3 / (1.581139 / sqrt(5)) = 4.242641 with 4 degrees, p = 0.0132355.
  const std::vector<double> a = {11, 12, 13, 14, 15};
  const std::vector<double> b = {10, 10, 10, 10, 10};
  EXPECT_NEAR(paired_t_test(a, b).value(), 0.0132355, 1e-6);
  EXPECT_EQ(paired_t_test(a, b), paired_t_test(b, a));
}

TEST(Statistics, PairedTestKnowsItsLimits) {
  const std::vector<double> a = {1, 2};
  const std::vector<double> b = {0, 1};
  EXPECT_EQ(paired_t_test(a, a), 1.0);
  EXPECT_EQ(paired_t_test(a, b), 0.0);
  EXPECT_EQ(paired_t_test(std::span(a).first(1), std::span(b).first(1)), std::nullopt);
}

}  // namespace
}  // namespace crossfade

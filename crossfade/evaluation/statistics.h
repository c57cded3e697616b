// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace crossfade {

/// The regularised incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1], by its
/// continued fraction (Numerical Recipes, 6.4); accurate to about 1e-12.
[[nodiscard]] double incomplete_beta(double a, double b, double x);

/// P(T <= t) for Student's t with `dof` > 0 degrees of freedom.
[[nodiscard]] double student_t_cdf(double t, double dof);

/// The t with P(T <= t) = `probability`, which lies in (0, 1).
[[nodiscard]] double student_t_quantile(double probability, double dof);

/// The mean of a few runs and how far to trust it.
struct Estimate {
  std::int64_t n = 0;
  double mean = 0;               ///< NaN when n = 0.
  std::optional<double> sd;      ///< With n - 1; nothing when n < 2.
  std::optional<double> margin;  ///< Half the width of the confidence interval of the mean.
};

/// Mean, standard deviation and t interval of `values` at `confidence` (0.95).
[[nodiscard]] Estimate estimate(std::span<const double> values, double confidence);

/// The two-sided p value of the paired t-test that `a` and `b`, matched by position, have equal
/// means; nothing with fewer than two pairs. Equal differences throughout give 1 when they are
/// 0, otherwise 0.
[[nodiscard]] std::optional<double> paired_t_test(std::span<const double> a,
                                                  std::span<const double> b);

}  // namespace crossfade

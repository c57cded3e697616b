// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/statistics.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace crossfade {
namespace {

double nonzero(double value) {
  constexpr double kTiny = 1e-300;
  return std::abs(value) < kTiny ? kTiny : value;
}

// Lentz's method; converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr int kMaxSteps = 10000;
  double c = 1;
  double d = 1 / nonzero(1 - (a + b) * x / (a + 1));
  double fraction = d;
  for (int m = 1; m <= kMaxSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < std::numeric_limits<double>::epsilon()) {
      break;
    }
  }
  return fraction;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sd_of(std::span<const double> values, double mean) {
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  const double front = std::exp(log_front);
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                   : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t_cdf(double t, double dof) {
  const double tail = 0.5 * incomplete_beta(dof / 2, 0.5, dof / (dof + t * t));
  return t > 0 ? 1 - tail : tail;
}

double student_t_quantile(double probability, double dof) {
  assert(probability > 0 && probability < 1);
  double low = -1;
  double high = 1;
  while (student_t_cdf(low, dof) > probability) {
    low *= 2;
  }
  while (student_t_cdf(high, dof) < probability) {
    high *= 2;
  }
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = low + (high - low) / 2;
    (student_t_cdf(middle, dof) < probability ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

Estimate estimate(std::span<const double> values, double confidence) {
  const auto n = static_cast<double>(values.size());
  Estimate out{.n = static_cast<std::int64_t>(values.size()),
               .mean = mean_of(values),
               .sd = std::nullopt,
               .margin = std::nullopt};
  if (values.size() >= 2) {
    out.sd = sd_of(values, out.mean);
    out.margin = student_t_quantile((1 + confidence) / 2, n - 1) * *out.sd / std::sqrt(n);
  }
  return out;
}

std::optional<double> paired_t_test(std::span<const double> a, std::span<const double> b) {
  assert(a.size() == b.size());
  if (a.size() < 2) {
    return std::nullopt;
  }
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences[i] = a[i] - b[i];
  }
  const auto n = static_cast<double>(a.size());
  const double mean = mean_of(differences);
  const double error = sd_of(differences, mean) / std::sqrt(n);
  if (error == 0) {
    return mean == 0 ? 1.0 : 0.0;
  }
  return 2 * student_t_cdf(-std::abs(mean / error), n - 1);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/dpm_solver.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>

namespace crossfade {
namespace {

constexpr double kBeta0 = 0.1;
constexpr double kBeta1 = 20.0;
constexpr double kFirstTime = 1.0;
constexpr double kLastTime = 1e-4;
constexpr double kTrainingSteps = 1000.0;

double log_alpha(double t) {
  return -0.25 * (kBeta1 - kBeta0) * t * t - 0.5 * kBeta0 * t;
}

double lambda_of(double t) {
  const double log_a = log_alpha(t);
  return log_a - 0.5 * std::log1p(-std::exp(2.0 * log_a));
}

// The time at which log alpha - log sigma is `lambda`.
double time_of(double lambda) {
  const double spread = 2.0 * (kBeta1 - kBeta0) * std::log1p(std::exp(-2.0 * lambda));
  return spread / ((std::sqrt(kBeta0 * kBeta0 + spread) + kBeta0) * (kBeta1 - kBeta0));
}

double alpha_at(double lambda) {
  return std::exp(log_alpha(time_of(lambda)));
}

double sigma_at(double lambda) {
  return std::sqrt(-std::expm1(2.0 * log_alpha(time_of(lambda))));
}

// Orders of the steps: as many of order 3 as fit, so that they sum up to `evaluations`.
std::vector<int> orders_of(std::size_t evaluations) {
  std::vector<int> orders(evaluations / 3, 3);
  switch (evaluations % 3) {
    case 0:
      orders.back() = 2;
      orders.push_back(1);
      break;
    case 1:
      orders.push_back(1);
      break;
    default:
      orders.push_back(2);
  }
  return orders;
}

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Matrix> view(std::span<const float> values, std::size_t width) {
  const auto columns = static_cast<Eigen::Index>(width);
  return {values.data(), static_cast<Eigen::Index>(values.size()) / columns, columns};
}

}  // namespace

DpmSolver::DpmSolver(std::size_t evaluations) {
  const std::vector<int> orders = orders_of(evaluations);
  const double first = lambda_of(kFirstTime);
  const double length = (lambda_of(kLastTime) - first) / static_cast<double>(orders.size());
  for (std::size_t i = 0; i < orders.size(); ++i) {
    add_step(first + length * static_cast<double>(i),
             first + length * static_cast<double>(i + 1),
             orders[i]);
  }
}

void DpmSolver::add_step(double from, double to, int order) {
  const double h = to - from;
  // From `from` to the fraction `r` of the step, where the noise bends by `bend` of its change.
  const auto stage = [&](double r, double bend) {
    const double at = from + r * h;
    return Stage{.keep = static_cast<float>(alpha_at(at) / alpha_at(from)),
                 .move = static_cast<float>(sigma_at(at) * std::expm1(r * h)),
                 .bend = static_cast<float>(sigma_at(at) * bend)};
  };
  // What is left of a step of length x after its first-order part, over x.
  const auto rest = [](double x) { return std::expm1(x) / x - 1.0; };
  Step step;
  step.order = order;
  if (order == 1) {
    static_cast<Stage&>(step) = stage(1.0, 0.0);
  } else if (order == 2) {
    step.inner[0] = stage(1.0 / 2.0, 0.0);
    static_cast<Stage&>(step) = stage(1.0, std::expm1(h));
  } else {
    step.inner[0] = stage(1.0 / 3.0, 0.0);
    step.inner[1] = stage(2.0 / 3.0, 2.0 * rest(2.0 / 3.0 * h));
    static_cast<Stage&>(step) = stage(1.0, 1.5 * rest(h));
  }
  steps_.push_back(step);
  for (int i = 0; i < order; ++i) {
    const double t = time_of(from + h * i / order);
    labels_.push_back(kTrainingSteps * std::max(t - 1.0 / kTrainingSteps, 0.0));
  }
}

AffineMap solve_affine(const DpmSolver& solver,
                       const AffineMap& network,
                       std::span<const float> condition,
                       std::span<const float> times) {
  const auto d = static_cast<Eigen::Index>(network.width);
  const auto matrix = view(network.matrix, network.width);
  const auto condition_matrix = view(condition, network.width);
  const auto time_rows = view(times, network.width);
  const Eigen::Map<const Eigen::RowVectorXf> offset(network.offset.data(), d);
  // Row by row the solver is affine: rows 0 to d - 1 carry the matrix, row d the offset.
  Matrix start = Matrix::Zero(d + 1, d);
  start.topRows(d).setIdentity();
  Matrix told = Matrix::Zero(d + 1, d);
  told.topRows(d) = condition_matrix;
  const auto noise = [&](const Matrix& x, std::size_t n) {
    Matrix in = x + told;
    in.row(d) += time_rows.row(static_cast<Eigen::Index>(n));
    Matrix out = in * matrix;
    out.row(d) += offset;
    return out;
  };
  const auto solved =
      solver.sample<Matrix>(start, [&](const Matrix& x, std::size_t n) { return noise(x, n); });
  AffineMap out{.width = network.width, .matrix = {}, .offset = {}};
  const Matrix top = solved.topRows(d);
  out.matrix.assign(top.data(), top.data() + top.size());
  const Eigen::RowVectorXf last = solved.row(d);
  out.offset.assign(last.data(), last.data() + last.size());
  return out;
}

}  // namespace crossfade

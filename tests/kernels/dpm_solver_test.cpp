// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/dpm_solver.h"

#include <cmath>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace crossfade {
namespace {

using testing::expect_close;
using testing::floats;
using testing::read_golden;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix matrix(const std::vector<float>& values, Eigen::Index columns) {
  return Eigen::Map<const Matrix>(
      values.data(), static_cast<Eigen::Index>(values.size()) / columns, columns);
}

std::vector<float> flat(const Matrix& values) {
  return {values.data(), values.data() + values.size()};
}

// The reference of the sampler alone: an affine noise in x, start and time.
struct GoldenSampler {
  Json reference = read_golden("dpm-solver");
  Eigen::Index width = reference.at("width").get<Eigen::Index>();
  DpmSolver solver{reference.at("evaluations").get<std::size_t>()};

  [[nodiscard]] Matrix table(const std::string& name) const {
    return matrix(floats(reference.at(name)), width);
  }
};

TEST(DpmSolver, LabelsAreTheReferences) {
  const GoldenSampler golden;
  for (const auto& [evaluations, labels] : golden.reference.at("labels").items()) {
    const DpmSolver solver(std::stoul(evaluations));
    expect_close(std::vector<double>(solver.labels().begin(), solver.labels().end()),
                 labels,
                 evaluations + " evaluations, label");
  }
}

TEST(DpmSolver, EvaluatesTheNetworkAsOftenAsItSays) {
  for (std::size_t evaluations = 3; evaluations <= 31; ++evaluations) {
    const DpmSolver solver(evaluations);
    std::size_t calls = 0;
    static_cast<void>(solver.sample(1.0F, [&](float, std::size_t n) {
      EXPECT_EQ(n, calls++);
      return 0.0F;
    }));
    EXPECT_EQ(calls, evaluations);
    EXPECT_EQ(solver.labels().size(), evaluations);
  }
}

TEST(DpmSolver, SamplesAreTheReferences) {
  const GoldenSampler golden;
  const Matrix start = golden.table("start");
  const Matrix condition = start * golden.table("condition");
  const Matrix times = golden.table("times");
  const Matrix weights = golden.table("matrix");
  const Matrix offset = golden.table("offset");
  const Matrix end =
      golden.solver.sample<Matrix>(start, [&](const Matrix& x, std::size_t n) -> Matrix {
        Matrix in = x + condition;
        in.rowwise() += times.row(static_cast<Eigen::Index>(n));
        Matrix noise = in * weights;
        noise.rowwise() += offset.row(0);
        return noise;
      });
  expect_close(flat(end), golden.reference.at("end"), "element");
}

TEST(SolveAffine, OneMapGivesWhatTheSolverGivesRowByRow) {
  const GoldenSampler golden;
  const AffineMap map = solve_affine(golden.solver,
                                     {.width = static_cast<std::size_t>(golden.width),
                                      .matrix = floats(golden.reference.at("matrix")),
                                      .offset = floats(golden.reference.at("offset"))},
                                     floats(golden.reference.at("condition")),
                                     floats(golden.reference.at("times")));
  EXPECT_EQ(map.width, static_cast<std::size_t>(golden.width));
  const Matrix offset = matrix(map.offset, golden.width);
  Matrix end = golden.table("start") * matrix(map.matrix, golden.width);
  end.rowwise() += offset.row(0);
  expect_close(flat(end), golden.reference.at("end"), "element");
}

TEST(DpmSolver, WithoutNoiseASampleOnlyGrowsAsTheSignalDoes) {
  const DpmSolver solver(30);
  const double end = solver.sample(2.0, [](double, std::size_t) { return 0.0; });
  // log alpha is -5.025 at t = 1 and -5.05e-6 at t = 1e-4.
  const double growth = std::exp(5.025 - 5.04975e-6);
  EXPECT_NEAR(end, 2.0 * growth, 1e-4 * growth);
}

// Data from N(0, 1) has the noise sigma(t) x in x at t, and its samples stay where they start.
double drift(std::size_t evaluations) {
  const DpmSolver solver(evaluations);
  const double end = solver.sample(1.0, [&](double x, std::size_t n) {
    const double t = solver.labels()[n] / 1000.0 + 0.001;
    return x * std::sqrt(-std::expm1(-0.5 * 19.9 * t * t - 0.1 * t));
  });
  return std::abs(end - 1.0);
}

TEST(DpmSolver, SamplesOfANormalStayWhereTheyStart) {
  // 0.22, 0.0021 and 0.00021: the third-order steps shrink, and their error with them.
  EXPECT_LT(drift(30), 0.003);
  EXPECT_LT(drift(30), drift(9) / 20.0);
  EXPECT_LT(drift(60), drift(30) / 5.0);
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/reduction/projection.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

namespace crossfade {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

// Variances below this part of the largest are rounding noise, which standardising would blow up.
constexpr double kRelativeVariance = 1e-10;

// a' a right, row by row of `a`: the products with one row are still in the cache when they are
// needed for the second time.
Matrix multiply_gram(const SparseRows& a, const Matrix& right) {
  Matrix out = Matrix::Zero(right.rows(), right.cols());
  Eigen::RowVectorXd image(right.cols());
  for (std::size_t row = 0; row < a.rows(); ++row) {
    image.setZero();
    for (std::size_t i = a.offsets[row]; i < a.offsets[row + 1]; ++i) {
      image += double{a.values[i]} * right.row(a.indices[i]);
    }
    for (std::size_t i = a.offsets[row]; i < a.offsets[row + 1]; ++i) {
      out.row(a.indices[i]) += double{a.values[i]} * image;
    }
  }
  return out;
}

Matrix orthonormal(const Matrix& columns) {
  const Eigen::HouseholderQR<Matrix> qr(columns);
  return qr.householderQ() * Matrix::Identity(columns.rows(), columns.cols());
}

Matrix random_matrix(std::size_t rows, std::size_t columns, Rng& rng) {
  Matrix out(static_cast<Index>(rows), static_cast<Index>(columns));
  for (Index i = 0; i < out.size(); ++i) {
    out.data()[i] = rng.normal();
  }
  return out;
}

// The leading eigenvectors of `gram`, largest first; columns without variance are zero.
Matrix leading_eigenvectors(const Matrix& gram, std::size_t count) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  Matrix out = Matrix::Zero(gram.rows(), static_cast<Index>(count));
  const Index available = std::min(gram.rows(), out.cols());
  const double largest = gram.rows() == 0 ? 0.0 : solver.eigenvalues()[gram.rows() - 1];
  for (Index j = 0; j < available; ++j) {
    const Index from = gram.rows() - 1 - j;
    if (solver.eigenvalues()[from] > kRelativeVariance * largest) {
      out.col(j) = solver.eigenvectors().col(from);
    }
  }
  return out;
}

Projection to_projection(Matrix vectors) {
  for (Index j = 0; j < vectors.cols() && vectors.rows() > 0; ++j) {
    Index largest = 0;
    vectors.col(j).cwiseAbs().maxCoeff(&largest);
    if (vectors(largest, j) < 0.0) {
      vectors.col(j) = -vectors.col(j);
    }
  }
  Projection out{.inputs = static_cast<std::size_t>(vectors.rows()),
                 .outputs = static_cast<std::size_t>(vectors.cols()),
                 .weights = std::vector<float>(static_cast<std::size_t>(vectors.size()))};
  std::transform(
      vectors.data(), vectors.data() + vectors.size(), out.weights.begin(), [](double weight) {
        return static_cast<float>(weight);
      });
  return out;
}

}  // namespace

Projection truncated_svd(const SparseRows& matrix,
                         std::size_t outputs,
                         const SvdConfig& config,
                         Rng rng) {
  const std::size_t directions = std::min(
      {outputs + static_cast<std::size_t>(config.oversampling), matrix.columns, matrix.rows()});
  if (directions == 0) {
    return {.inputs = matrix.columns,
            .outputs = outputs,
            .weights = std::vector<float>(matrix.columns * outputs)};
  }
  Matrix basis = orthonormal(random_matrix(matrix.columns, directions, rng));
  for (std::int64_t i = 0; i <= config.iterations; ++i) {
    basis = orthonormal(multiply_gram(matrix, basis));
  }
  const Matrix gram = basis.transpose() * multiply_gram(matrix, basis);
  return to_projection(basis * leading_eigenvectors(gram, outputs));
}

Projection principal_components(std::span<const double> covariance, std::size_t outputs) {
  const auto size =
      static_cast<Index>(std::llround(std::sqrt(static_cast<double>(covariance.size()))));
  return to_projection(
      leading_eigenvectors(Eigen::Map<const Matrix>(covariance.data(), size, size), outputs));
}

}  // namespace crossfade

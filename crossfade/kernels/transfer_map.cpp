// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/transfer_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr std::array kBiasRidges{100.0, 300.0, 1000.0, 3000.0, 1e9};
constexpr std::array kVectorRidges{1e3, 3e3, 1e4, 3e4, 1e5, 1e9};

Eigen::Index ix(std::size_t value) {
  return static_cast<Eigen::Index>(value);
}

// Normal equations over vec(W) in row order: entry (a, i) of W stands at a * d + i.
struct Normal {
  Eigen::MatrixXd gram;
  Vector right;
};

// The fit in progress: standardised inputs and each user's precision and weighted target.
class Fitter {
 public:
  explicit Fitter(const TransferProblem& problem)
      : problem_(problem), n_(problem.fold.size()), d_(problem.sums.width) {
    standardise();
    start_from_identity();
    collect();
  }

  TransferFit fit() {
    TransferFit best;
    best.rmse = std::numeric_limits<double>::infinity();
    for (const double bias_ridge : kBiasRidges) {
      for (const double vector_ridge : kVectorRidges) {
        std::vector<float> held_out = cross_validate(bias_ridge, vector_ridge);
        const double rmse = error(held_out);
        if (rmse < best.rmse) {
          best.rmse = rmse;
          best.bias_ridge = bias_ridge;
          best.vector_ridge = vector_ridge;
          best.held_out = std::move(held_out);
        }
      }
    }
    const Matrix weights = solve(total_, best.bias_ridge, best.vector_ridge);
    map_.weights.assign(weights.data(), weights.data() + weights.size());
    best.map = std::move(map_);
    return best;
  }

 private:
  [[nodiscard]] Eigen::Index inputs() const { return ix(problem_.n_inputs) + 1; }

  void standardise() {
    const Eigen::Map<const FloatMatrix> raw(problem_.inputs.data(), ix(n_), ix(problem_.n_inputs));
    const Eigen::RowVectorXf mean = raw.colwise().mean();
    const Eigen::RowVectorXf sd =
        ((raw.rowwise() - mean).array().square().colwise().mean().sqrt() + 1e-9F).matrix();
    map_.n_inputs = problem_.n_inputs;
    map_.width = d_;
    map_.mean.assign(mean.data(), mean.data() + mean.size());
    map_.sd.assign(sd.data(), sd.data() + sd.size());
    phi_ = Matrix::Ones(ix(n_), inputs());
    phi_.rightCols(inputs() - 1) =
        ((raw.rowwise() - mean).array().rowwise() / sd.array()).matrix().cast<double>();
  }

  // In standardised coordinates, W0 keeps the source vector as it is.
  void start_from_identity() {
    start_ = Matrix::Zero(inputs(), ix(d_));
    for (std::size_t j = 0; j < d_; ++j) {
      start_(0, ix(j)) = map_.mean[j];
      start_(ix(j) + 1, ix(j)) = map_.sd[j];
    }
  }

  // Per user: precision M = D (XX + D)^-1 XX of the own ratings about the map, and the residual
  // D (XX + D)^-1 Xy - M z0 at the start; summed over users as Kronecker products by fold.
  void collect() {
    const Eigen::Index size = inputs() * ix(d_);
    folds_.assign(static_cast<std::size_t>(problem_.n_folds),
                  {Eigen::MatrixXd::Zero(size, size), Vector::Zero(size)});
    Vector damping = Vector::Constant(ix(d_), problem_.l2);
    damping[0] = problem_.bias_damping;
    item_scale_ = Vector::Zero(ix(d_));
    double rows = 0.0;
    for (std::size_t u = 0; u < n_; ++u) {
      const Eigen::MatrixXd xx =
          Eigen::Map<const FloatMatrix>(&problem_.sums.xx[u * d_ * d_], ix(d_), ix(d_))
              .cast<double>();
      const Vector xy =
          Eigen::Map<const Eigen::VectorXf>(&problem_.sums.xy[u * d_], ix(d_)).cast<double>();
      const Eigen::MatrixXd inverse = (xx + Eigen::MatrixXd(damping.asDiagonal()))
                                          .llt()
                                          .solve(Eigen::MatrixXd::Identity(ix(d_), ix(d_)));
      Eigen::MatrixXd precision = damping.asDiagonal() * inverse * xx;
      precision = 0.5 * (precision + precision.transpose()).eval();
      const Vector start = (phi_.row(ix(u)) * start_).transpose();
      const Vector target = damping.asDiagonal() * (inverse * xy) - precision * start;
      add(folds_[static_cast<std::size_t>(problem_.fold[u])], ix(u), precision, target);
      item_scale_ += xx.diagonal();
      rows += static_cast<double>(problem_.sums.count[u]);
    }
    item_scale_ /= std::max(rows, 1.0);
    total_ = {Eigen::MatrixXd::Zero(size, size), Vector::Zero(size)};
    for (const Normal& fold : folds_) {
      total_.gram += fold.gram;
      total_.right += fold.right;
    }
  }

  void add(Normal& normal, Eigen::Index user, const Eigen::MatrixXd& precision, const Vector& y) {
    const Eigen::Index d = ix(d_);
    for (Eigen::Index a = 0; a < inputs(); ++a) {
      const double pa = phi_(user, a);
      normal.right.segment(a * d, d) += pa * y;
      for (Eigen::Index b = 0; b <= a; ++b) {
        normal.gram.block(a * d, b * d, d, d) += (pa * phi_(user, b)) * precision;
      }
    }
  }

  [[nodiscard]] Vector penalty(double bias_ridge, double vector_ridge) const {
    Matrix ridge(inputs(), ix(d_));
    ridge = Vector::Ones(inputs()) * (vector_ridge * item_scale_).transpose();
    ridge.col(0).setConstant(bias_ridge);
    ridge(0, 0) = 1.0;
    ridge(1, 0) = std::min(bias_ridge, 1.0);
    return Eigen::Map<const Vector>(ridge.data(), ridge.size());
  }

  [[nodiscard]] Matrix solve(const Normal& normal, double bias_ridge, double vector_ridge) const {
    Eigen::MatrixXd gram = normal.gram;
    gram.diagonal() += penalty(bias_ridge, vector_ridge);
    const Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> factor(gram);
    const Vector step = factor.solve(normal.right);
    return start_ + Eigen::Map<const Matrix>(step.data(), inputs(), ix(d_));
  }

  [[nodiscard]] std::vector<float> cross_validate(double bias_ridge, double vector_ridge) const {
    std::vector<float> held_out(n_ * d_);
    for (std::size_t f = 0; f < folds_.size(); ++f) {
      const Normal rest{total_.gram - folds_[f].gram, total_.right - folds_[f].right};
      const Matrix weights = solve(rest, bias_ridge, vector_ridge);
      for (std::size_t u = 0; u < n_; ++u) {
        if (static_cast<std::size_t>(problem_.fold[u]) == f) {
          Eigen::Map<Eigen::RowVectorXf>(&held_out[u * d_], ix(d_)) =
              (phi_.row(ix(u)) * weights).cast<float>();
        }
      }
    }
    return held_out;
  }

  [[nodiscard]] double error(const std::vector<float>& z) const {
    double squares = 0.0;
    double rows = 0.0;
    for (std::size_t u = 0; u < n_; ++u) {
      squares += problem_.sums.squared_error(u, std::span(z).subspan(u * d_, d_));
      rows += static_cast<double>(problem_.sums.count[u]);
    }
    return std::sqrt(std::max(squares, 0.0) / std::max(rows, 1.0));
  }

  const TransferProblem& problem_;
  std::size_t n_;
  std::size_t d_;
  TransferMap map_;
  Matrix phi_;    // [users, 1 + p]
  Matrix start_;  // [1 + p, d]
  Vector item_scale_;
  std::vector<Normal> folds_;
  Normal total_;
};

}  // namespace

RatingSums::RatingSums(std::size_t users, std::size_t d)
    : width(d), xx(users * d * d, 0.0F), xy(users * d, 0.0F), yy(users, 0.0F), count(users, 0) {}

void RatingSums::add(std::size_t user, std::span<const float> q, float y) {
  const auto x = [&](std::size_t i) { return i == 0 ? 1.0F : q[i - 1]; };
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      xx[(user * width + i) * width + j] += x(i) * x(j);
    }
    xy[user * width + i] += y * x(i);
  }
  yy[user] += y * y;
  ++count[user];
}

double RatingSums::squared_error(std::size_t user, std::span<const float> z) const {
  double sum = yy[user];
  for (std::size_t i = 0; i < width; ++i) {
    double row = 0.0;
    for (std::size_t j = 0; j < width; ++j) {
      row += static_cast<double>(xx[(user * width + i) * width + j]) * z[j];
    }
    sum += z[i] * (row - 2.0 * xy[user * width + i]);
  }
  return sum;
}

void posterior_mean(const RatingSums& sums,
                    std::size_t user,
                    std::span<const float> prior,
                    double bias_damping,
                    double l2,
                    std::span<float> z) {
  const Eigen::Index d = ix(sums.width);
  const Eigen::MatrixXf xx =
      Eigen::Map<const FloatMatrix>(&sums.xx[user * sums.width * sums.width], d, d);
  const Eigen::Map<const Eigen::VectorXf> xy(&sums.xy[user * sums.width], d);
  const Eigen::Map<const Eigen::VectorXf> mean(prior.data(), d);
  Eigen::VectorXf damping = Eigen::VectorXf::Constant(d, static_cast<float>(l2));
  damping[0] = static_cast<float>(bias_damping);
  const Eigen::MatrixXf precision = xx + Eigen::MatrixXf(damping.asDiagonal());
  Eigen::Map<Eigen::VectorXf>(z.data(), d) = mean + precision.llt().solve(xy - xx * mean);
}

void TransferMap::apply(std::span<const float> inputs, std::span<float> z) const {
  for (std::size_t j = 0; j < width; ++j) {
    double sum = weights[j];
    for (std::size_t a = 0; a < n_inputs; ++a) {
      sum += (inputs[a] - mean[a]) / sd[a] * weights[(a + 1) * width + j];
    }
    z[j] = static_cast<float>(sum);
  }
}

TransferFit fit_transfer(const TransferProblem& problem) {
  require(problem.fold.size() >= static_cast<std::size_t>(problem.n_folds),
          ErrorKind::kData,
          "the transfer map has {} training overlap users for {} folds; lower dataset.beta or "
          "dataset.validation",
          problem.fold.size(),
          problem.n_folds);
  return Fitter(problem).fit();
}

}  // namespace crossfade

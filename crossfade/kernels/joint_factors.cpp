// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/joint_factors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace crossfade {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXf;

// Small enough that products of two start near zero: a large start is noise to be unlearned.
constexpr float kInitialScale = 0.1F;
constexpr int kBiasSweeps = 3;
// Item vectors mean little before they have been fitted a few times.
constexpr int kSweepsBeforeContent = 2;
constexpr std::array kContentRidges{30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e6};

// One side of the bipartite graph in compressed rows: for every item its users.
struct ItemRows {
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> user;
  std::vector<float> rating;
};

ItemRows by_item(const RatingsView& view, std::size_t n_items) {
  ItemRows rows;
  rows.offsets.assign(n_items + 1, 0);
  for (const ItemId item : view.items) {
    ++rows.offsets[index(item) + 1];
  }
  for (std::size_t i = 0; i < n_items; ++i) {
    rows.offsets[i + 1] += rows.offsets[i];
  }
  rows.user.resize(view.rows());
  rows.rating.resize(view.rows());
  std::vector<std::int64_t> next(rows.offsets.begin(), rows.offsets.end() - 1);
  for (std::size_t u = 0; u < view.users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const auto items = view.items_of(user);
    for (std::size_t row = 0; row < items.size(); ++row) {
      const auto at = static_cast<std::size_t>(next[index(items[row])]++);
      rows.user[at] = static_cast<std::int32_t>(u);
      rows.rating[at] = view.ratings_of(user)[row];
    }
  }
  return rows;
}

// Solves min sum (y - [1, x] . row)^2 + (row - prior)' D (row - prior) for one user or item, where
// D = diag(bias_damping, l2, ..., l2).
class RowSolver {
 public:
  RowSolver(std::size_t dimension, const JointFactorOptions& options)
      : ridge_(Vector::Constant(static_cast<Eigen::Index>(dimension) + 1,
                                static_cast<float>(options.l2))),
        gram_(ridge_.size(), ridge_.size()),
        right_(ridge_.size()),
        x_(ridge_.size()) {
    ridge_[0] = static_cast<float>(options.bias_damping);
    begin();
  }

  void begin() {
    gram_.setZero();
    gram_.diagonal() = ridge_;
    right_.setZero();
    any_ = false;
  }

  // `other` is the row of the other side, whose bias `y` has already been freed of.
  void add(const float* other, float y) {
    x_ = Eigen::Map<const Vector>(other, x_.size());
    x_[0] = 1.0F;
    gram_.selfadjointView<Eigen::Lower>().rankUpdate(x_);
    right_ += y * x_;
    any_ = true;
  }

  void solve(const float* prior, float* row) {
    Eigen::Map<Vector> out(row, ridge_.size());
    if (prior != nullptr) {
      right_ += ridge_.cwiseProduct(Eigen::Map<const Vector>(prior, ridge_.size()));
    }
    if (!any_) {
      out = right_.cwiseQuotient(ridge_);
      return;
    }
    factor_.compute(gram_);
    out = factor_.solve(right_);
  }

 private:
  Vector ridge_;
  Eigen::MatrixXf gram_;
  Vector right_;
  Vector x_;
  bool any_ = false;
  Eigen::LLT<Eigen::MatrixXf, Eigen::Lower> factor_;
};

// Weighted ridge regression of several outputs on the same inputs, whose first column is 1 and
// nearly free.
class WeightedRidge {
 public:
  WeightedRidge(Matrix inputs, Vector weights)
      : inputs_(std::move(inputs)),
        weights_(std::move(weights)),
        gram_(inputs_.transpose() * weights_.asDiagonal() * inputs_) {}

  [[nodiscard]] Matrix predict(const Matrix& outputs, double l2) const {
    return inputs_ * factor(l2).solve(inputs_.transpose() * weights_.asDiagonal() * outputs);
  }

  // The ridge of the grid with the least weighted squared error of each row predicted without
  // itself, (y - yhat) / (1 - h), where h is the row's leverage.
  [[nodiscard]] double choose(const Matrix& outputs) const {
    double best = kContentRidges.back();
    double least = std::numeric_limits<double>::infinity();
    for (const double l2 : kContentRidges) {
      const auto solver = factor(l2);
      const Matrix rest = outputs - predict(outputs, l2);
      const Matrix spread = solver.solve(inputs_.transpose()).transpose();
      double error = 0.0;
      for (Eigen::Index i = 0; i < rest.rows(); ++i) {
        const double leverage = weights_[i] * spread.row(i).dot(inputs_.row(i));
        const double free = std::max(1.0 - leverage, 1e-6);
        error += weights_[i] * rest.row(i).squaredNorm() / (free * free);
      }
      if (error < least) {
        least = error;
        best = l2;
      }
    }
    return best;
  }

 private:
  [[nodiscard]] Eigen::LLT<Eigen::MatrixXf> factor(double l2) const {
    Eigen::MatrixXf gram = gram_;
    gram.diagonal().array() += static_cast<float>(l2);
    gram(0, 0) += 1.0F - static_cast<float>(l2);
    return gram.llt();
  }

  Matrix inputs_;
  Vector weights_;
  Eigen::MatrixXf gram_;
};

// The alternation: the two domains and the factors under way.
class Alternation {
 public:
  Alternation(const FactorDomain& source,
              const FactorDomain& target,
              const JointFactorOptions& options,
              JointFactors factors)
      : domains_{&source, &target},
        by_item_{by_item(source.ratings, source.n_items), by_item(target.ratings, target.n_items)},
        options_(options),
        width_(options.dimension + 1),
        factors_(std::move(factors)),
        solver_(options.dimension, options) {}

  void start_biases() {
    for (int sweep = 0; sweep < kBiasSweeps; ++sweep) {
      user_biases();
      item_biases(0);
      item_biases(1);
    }
  }

  void sweep(bool with_content) {
    solve_users();
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      solve_items(d);
      if (with_content) {
        fit_content(d);
      }
    }
  }

  JointFactors finish() {
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      if (!domains_[d]->content.empty()) {
        solve_items(d);
      }
    }
    solve_users();
    return std::move(factors_);
  }

 private:
  ItemFactors& items(std::size_t d) { return d == 0 ? factors_.source : factors_.target; }

  [[nodiscard]] float* user_row(std::size_t u) { return &factors_.users[u * width_]; }

  template <typename Visit>
  void each_rating_of(std::size_t u, const Visit& visit) {
    const UserId user{static_cast<std::int32_t>(u)};
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      const auto rated = domains_[d]->ratings.items_of(user);
      const auto stars = domains_[d]->ratings.ratings_of(user);
      for (std::size_t row = 0; row < rated.size(); ++row) {
        const float* item = &items(d).rows[index(rated[row]) * width_];
        visit(item, stars[row] - static_cast<float>(items(d).mean) - item[0]);
      }
    }
  }

  template <typename Visit>
  void each_rating_of_item(std::size_t d, std::size_t i, const Visit& visit) {
    const ItemRows& rows = by_item_[d];
    for (std::int64_t row = rows.offsets[i]; row < rows.offsets[i + 1]; ++row) {
      const auto at = static_cast<std::size_t>(row);
      const float* user = user_row(static_cast<std::size_t>(rows.user[at]));
      visit(user, rows.rating[at] - static_cast<float>(items(d).mean) - user[0]);
    }
  }

  void user_biases() {
    for (std::size_t u = 0; u < n_users(); ++u) {
      double sum = 0.0;
      double count = options_.bias_damping;
      each_rating_of(u, [&](const float*, float y) {
        sum += y;
        count += 1.0;
      });
      user_row(u)[0] = count > 0.0 ? static_cast<float>(sum / count) : 0.0F;
    }
  }

  void item_biases(std::size_t d) {
    for (std::size_t i = 0; i < domains_[d]->n_items; ++i) {
      double sum = 0.0;
      double count = options_.bias_damping;
      each_rating_of_item(d, i, [&](const float*, float y) {
        sum += y;
        count += 1.0;
      });
      items(d).rows[i * width_] = count > 0.0 ? static_cast<float>(sum / count) : 0.0F;
    }
  }

  void solve_users() {
    for (std::size_t u = 0; u < n_users(); ++u) {
      solver_.begin();
      each_rating_of(u, [&](const float* item, float y) { solver_.add(item, y); });
      solver_.solve(nullptr, user_row(u));
    }
  }

  void solve_items(std::size_t d) {
    for (std::size_t i = 0; i < domains_[d]->n_items; ++i) {
      solver_.begin();
      each_rating_of_item(d, i, [&](const float* user, float y) { solver_.add(user, y); });
      solver_.solve(&items(d).prior[i * width_], &items(d).rows[i * width_]);
    }
  }

  // Regresses item rows on [1, features], each item weighted by how well its ratings determine it.
  void fit_content(std::size_t d) {
    const FactorDomain& domain = *domains_[d];
    const auto features = static_cast<Eigen::Index>(domain.content_width());
    if (features == 0) {
      return;
    }
    const auto n = static_cast<Eigen::Index>(domain.n_items);
    const auto w = static_cast<Eigen::Index>(width_);
    Matrix inputs(n, features + 1);
    inputs << Vector::Ones(n), Eigen::Map<const Matrix>(domain.content.data(), n, features);
    const WeightedRidge ridge(std::move(inputs), item_weights(d));
    const Matrix rows = Eigen::Map<const Matrix>(items(d).rows.data(), n, w);
    if (items(d).content_l2 == 0.0) {
      items(d).content_l2 = options_.content_l2 > 0.0 ? options_.content_l2 : ridge.choose(rows);
    }
    Eigen::Map<Matrix>(items(d).prior.data(), n, w) = ridge.predict(rows, items(d).content_l2);
  }

  [[nodiscard]] Vector item_weights(std::size_t d) const {
    const std::vector<std::int64_t>& offsets = by_item_[d].offsets;
    Vector weights(static_cast<Eigen::Index>(offsets.size()) - 1);
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
      const auto count = static_cast<double>(offsets[i + 1] - offsets[i]);
      weights[static_cast<Eigen::Index>(i)] = static_cast<float>(count / (count + options_.l2));
    }
    return weights;
  }

  [[nodiscard]] std::size_t n_users() const { return domains_[1]->ratings.users(); }

  std::array<const FactorDomain*, 2> domains_;
  std::array<ItemRows, 2> by_item_;
  const JointFactorOptions& options_;
  std::size_t width_;
  JointFactors factors_;
  RowSolver solver_;
};

ItemFactors start_items(const FactorDomain& domain, std::size_t width, Rng rng) {
  ItemFactors items{.mean = 0.0,
                    .rows = std::vector<float>(domain.n_items * width, 0.0F),
                    .prior = std::vector<float>(domain.n_items * width, 0.0F)};
  double sum = 0.0;
  for (const float rating : domain.ratings.ratings) {
    sum += rating;
  }
  if (domain.ratings.rows() > 0) {
    items.mean = sum / static_cast<double>(domain.ratings.rows());
  }
  for (std::size_t i = 0; i < items.rows.size(); ++i) {
    items.rows[i] = i % width == 0 ? 0.0F : kInitialScale * static_cast<float>(rng.normal());
  }
  return items;
}

}  // namespace

JointFactors fit_joint_factors(const FactorDomain& source,
                               const FactorDomain& target,
                               const JointFactorOptions& options,
                               const Rng& rng) {
  const std::size_t width = options.dimension + 1;
  JointFactors start{.dimension = options.dimension,
                     .users = std::vector<float>(target.ratings.users() * width, 0.0F),
                     .source = start_items(source, width, rng.fork("source items")),
                     .target = start_items(target, width, rng.fork("target items"))};
  Alternation alternation(source, target, options, std::move(start));
  alternation.start_biases();
  for (int sweep = 0; sweep < options.sweeps; ++sweep) {
    alternation.sweep(sweep >= kSweepsBeforeContent);
  }
  return alternation.finish();
}

JointFactors refit_joint_factors(JointFactors start,
                                 const FactorDomain& source,
                                 const FactorDomain& target,
                                 const JointFactorOptions& options) {
  Alternation alternation(source, target, options, std::move(start));
  for (int sweep = 0; sweep < options.sweeps; ++sweep) {
    alternation.sweep(sweep >= kSweepsBeforeContent);
  }
  return alternation.finish();
}

std::vector<float> fold_in_users(const ItemFactors& items,
                                 const RatingsView& ratings,
                                 const JointFactorOptions& options) {
  const std::size_t width = options.dimension + 1;
  std::vector<float> users(ratings.users() * width, 0.0F);
  RowSolver solver(options.dimension, options);
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const auto rated = ratings.items_of(user);
    const auto stars = ratings.ratings_of(user);
    solver.begin();
    for (std::size_t row = 0; row < rated.size(); ++row) {
      const float* item = &items.rows[index(rated[row]) * width];
      solver.add(item, stars[row] - static_cast<float>(items.mean) - item[0]);
    }
    solver.solve(nullptr, &users[u * width]);
  }
  return users;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/biases.h"

#include <cstddef>

namespace crossfade {
namespace {

double mean_of(const RatingsView& ratings) {
  double sum = 0.0;
  for (const float rating : ratings.ratings) {
    sum += rating;
  }
  return ratings.rows() == 0 ? 0.0 : sum / static_cast<double>(ratings.rows());
}

void fit_users(const RatingsView& ratings, double damping, Biases& biases) {
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const auto items = ratings.items_of(user);
    const auto stars = ratings.ratings_of(user);
    double sum = 0.0;
    for (std::size_t row = 0; row < items.size(); ++row) {
      sum += stars[row] - biases.mean - biases.item[index(items[row])];
    }
    biases.user[u] = static_cast<float>(sum / (static_cast<double>(items.size()) + damping));
  }
}

void fit_items(const RatingsView& ratings, double damping, Biases& biases) {
  std::vector<double> sum(biases.item.size(), 0.0);
  std::vector<std::int64_t> count(biases.item.size(), 0);
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    const auto items = ratings.items_of(user);
    const auto stars = ratings.ratings_of(user);
    for (std::size_t row = 0; row < items.size(); ++row) {
      sum[index(items[row])] += stars[row] - biases.mean - biases.user[u];
      ++count[index(items[row])];
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i) {
    biases.item[i] = static_cast<float>(sum[i] / (static_cast<double>(count[i]) + damping));
  }
}

}  // namespace

Biases fit_biases(const RatingsView& ratings, std::size_t n_items, const BiasOptions& options) {
  Biases biases{.mean = mean_of(ratings),
                .user = std::vector<float>(ratings.users(), 0.0F),
                .item = std::vector<float>(n_items, 0.0F)};
  for (int sweep = 0; sweep < options.sweeps; ++sweep) {
    fit_users(ratings, options.damping, biases);
    fit_items(ratings, options.damping, biases);
  }
  return biases;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/fallback.h"

#include <cassert>
#include <numeric>
#include <span>
#include <vector>

namespace crossfade {
namespace {

// The mean vector of the items that `target` rates; zeros when it rates none.
std::vector<double> average_item(const Factors& factors, const RatingsView& target) {
  const std::size_t width = factors.dimension;
  std::vector<std::uint8_t> rated(factors.items.size() / width, 0);
  for (const ItemId item : target.items) {
    rated[index(item)] = 1;
  }
  std::vector<double> mean(width, 0.0);
  const auto count = std::accumulate(rated.begin(), rated.end(), 0.0);
  for (std::size_t item = 0; item < rated.size(); ++item) {
    for (std::size_t k = 0; rated[item] != 0 && k < width; ++k) {
      mean[k] += factors.items[item * width + k] / count;
    }
  }
  return mean;
}

}  // namespace

void fall_back(Predictions& rows, const Factors& factors, const RatingsView& target) {
  const std::vector<double> item = average_item(factors, target);
  const std::span<const float> users(factors.users);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.unseen_items[row] != 0) {
      const auto user = users.subspan(index(rows.users[row]) * item.size(), item.size());
      rows.fallbacks[row] =
          static_cast<float>(std::inner_product(user.begin(), user.end(), item.begin(), 0.0));
    }
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace crossfade {

/// Means and standard deviations of the columns of a stream of rows (Welford 1962).
class Moments {
 public:
  explicit Moments(std::size_t width) : mean_(width), squares_(width) {}

  void add(std::span<const float> row) {
    count_ += 1.0;
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double delta = double{row[j]} - mean_[j];
      mean_[j] += delta / count_;
      squares_[j] += delta * (double{row[j]} - mean_[j]);
    }
  }

  /// Subtracts the mean and divides by the deviation. A column that was constant up to rounding
  /// becomes 0: it says nothing that could be scaled up.
  void standardise(std::span<float> row) const {
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double deviation = std::sqrt(squares_[j] / std::max(count_, 1.0));
      const bool constant = deviation <= 1e-6 * std::abs(mean_[j]) || deviation == 0.0;
      row[j] = constant ? 0.0F : static_cast<float>((double{row[j]} - mean_[j]) / deviation);
    }
  }

 private:
  double count_ = 0.0;
  std::vector<double> mean_;
  std::vector<double> squares_;
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "crossfade/core/npy.h"

namespace crossfade {

/// Feature vectors of users or items, one row each, mapped from disk. A row of zeros stands for
/// an entity of which nothing is known; features are standardised, so zero is also the average.
class FeatureMatrix {
 public:
  explicit FeatureMatrix(NpyFile file) : file_(std::move(file)) {}

  [[nodiscard]] std::size_t rows() const noexcept { return file_.rows(); }

  [[nodiscard]] std::size_t width() const noexcept { return file_.columns(); }

  /// Copies row `row` as float32 into `out`, which has width() elements.
  void read_row(std::size_t row, std::span<float> out) const { file_.read_row(row, out); }

 private:
  NpyFile file_;
};

}  // namespace crossfade

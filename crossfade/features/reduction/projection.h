// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/features/config.h"

namespace crossfade {

/// A matrix of which few elements are not zero, row by row.
struct SparseRows {
  std::size_t columns = 0;
  std::vector<std::size_t> offsets{0};  ///< rows + 1 positions in `indices` and `values`.
  std::vector<std::int32_t> indices;
  std::vector<float> values;

  [[nodiscard]] std::size_t rows() const noexcept { return offsets.size() - 1; }
};

/// A linear map from `inputs` columns to `outputs` features. Directions that the data does not
/// span have zero weights.
struct Projection {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<float> weights;  ///< [inputs, outputs], row by row.

  /// out += value * the weights of input `input`; `out` has `outputs` elements.
  void add(std::size_t input, float value, std::span<float> out) const noexcept {
    const float* row = weights.data() + input * outputs;
    for (std::size_t j = 0; j < outputs; ++j) {
      out[j] += value * row[j];
    }
  }
};

/// The `outputs` leading right singular vectors of `matrix`, by a randomised range finder with
/// power iterations (Halko, Martinsson and Tropp 2011, algorithm 4.4). The largest weight of
/// each vector is positive, so that signs do not depend on the random start.
[[nodiscard]] Projection truncated_svd(const SparseRows& matrix,
                                       std::size_t outputs,
                                       const SvdConfig& config,
                                       Rng rng);

/// The `outputs` leading eigenvectors of a symmetric matrix [inputs, inputs], signs as above:
/// the exact principal components when it is a covariance.
[[nodiscard]] Projection principal_components(std::span<const double> covariance,
                                              std::size_t outputs);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/features/llama/llama_options.h"

namespace crossfade {

/// The states of one text's tokens so far, on their way to one vector.
class LlamaPool {
 public:
  explicit LlamaPool(std::size_t width) : first_(width), last_(width), last_state_(width) {}

  /// Adds a token: what the first layer makes of it (nullptr where that is not wanted) and its
  /// final state, both [width].
  void add(const float* first, const float* last) {
    for (std::size_t j = 0; j < last_.size(); ++j) {
      last_[j] += double{last[j]};
    }
    for (std::size_t j = 0; first != nullptr && j < first_.size(); ++j) {
      first_[j] += double{first[j]};
    }
    std::copy_n(last, last_.size(), last_state_.begin());
    tokens_ += 1;
  }

  /// Writes the vector to `out` [width], and whether all of it is finite; otherwise it is zero.
  bool write(Pooling pooling, std::span<float> out) const {
    const auto tokens = static_cast<double>(std::max<std::int64_t>(tokens_, 1));
    for (std::size_t j = 0; j < out.size(); ++j) {
      double value = double{last_state_[j]};
      if (pooling == Pooling::kMean) {
        value = last_[j] / tokens;
      } else if (pooling == Pooling::kFirstLastAvg) {
        value = (first_[j] + last_[j]) / (2 * tokens);
      }
      out[j] = static_cast<float>(value);
    }
    const bool finite = std::ranges::all_of(out, [](float value) { return std::isfinite(value); });
    if (!finite) {
      std::ranges::fill(out, 0.0F);
    }
    return finite;
  }

 private:
  std::vector<double> first_;
  std::vector<double> last_;
  std::vector<float> last_state_;
  std::int64_t tokens_ = 0;
};

}  // namespace crossfade

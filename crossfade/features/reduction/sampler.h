// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "crossfade/core/random.h"

namespace crossfade {

/// Picks `wanted` of the `total` rows of a stream, each subset equally likely (Knuth, The Art of
/// Computer Programming 3.4.2, algorithm S). Rows beyond `total` are not picked.
class RowSampler {
 public:
  RowSampler(std::int64_t wanted, std::int64_t total, Rng rng)
      : wanted_(std::min(wanted, total)), left_(total), rng_(rng) {}

  /// Whether the next row is picked.
  bool take() {
    if (left_ == 0) {
      return false;
    }
    const auto draw = static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(left_--)));
    const bool taken = draw < wanted_;
    wanted_ -= taken ? 1 : 0;
    return taken;
  }

 private:
  std::int64_t wanted_;
  std::int64_t left_;
  Rng rng_;
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace crossfade {

/// to[k] += scale * from[k] for k < width; the two do not overlap. Becomes part of its caller, and
/// of the instructions that one is compiled for (simd.h).
[[gnu::always_inline]] inline void add_scaled(float scale,
                                              const float* from,
                                              std::size_t width,
                                              float* to) {
  const float* __restrict source = from;
  float* __restrict out = to;
  for (std::size_t k = 0; k < width; ++k) {
    out[k] += scale * source[k];
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/word_convolution.h"

#include <algorithm>
#include <vector>

#include "crossfade/kernels/simd.h"

namespace crossfade {
namespace {

// Calls visit(j, position) for the taps of `t` that fall on a word of its document [first, last).
template <typename Visit>
[[gnu::always_inline]] inline void for_taps(const WordRun& run,
                                            std::int64_t first,
                                            std::int64_t last,
                                            std::int64_t t,
                                            std::size_t window,
                                            const Visit& visit) {
  for (std::size_t j = 0; j < window; ++j) {
    const std::int64_t at =
        t + static_cast<std::int64_t>(j) - static_cast<std::int64_t>(window / 2);
    if (at >= first && at < last && run.words[static_cast<std::size_t>(at)] != kNoWord) {
      visit(j, static_cast<std::size_t>(run.words[static_cast<std::size_t>(at)]));
    }
  }
}

}  // namespace

CROSSFADE_SIMD void convolve_words(
    const WordRun& run, ConvolutionShape shape, const float* table, const float* bias, float* out) {
  const std::size_t filters = shape.filters;
  for (std::size_t d = 0; d < run.documents(); ++d) {
    const std::int64_t first = run.offsets[d];
    const std::int64_t last = run.offsets[d + 1];
    for (std::int64_t t = first; t < last; ++t) {
      float* __restrict row = out + static_cast<std::size_t>(t) * filters;
      std::copy(bias, bias + filters, row);
      for_taps(run, first, last, t, shape.window, [&](std::size_t j, std::size_t word) {
        const float* __restrict tap = table + (word * shape.window + j) * filters;
        for (std::size_t f = 0; f < filters; ++f) {
          row[f] += tap[f];
        }
      });
      for (std::size_t f = 0; f < filters; ++f) {
        row[f] = std::max(row[f], 0.0F);
      }
    }
  }
}

CROSSFADE_SIMD void convolve_words_back(const WordRun& run,
                                        ConvolutionShape shape,
                                        const ConvolutionBack& back) {
  const std::size_t filters = shape.filters;
  std::vector<float> gradient(filters);
  for (std::size_t d = 0; d < run.documents(); ++d) {
    const std::int64_t first = run.offsets[d];
    const std::int64_t last = run.offsets[d + 1];
    for (std::int64_t t = first; t < last; ++t) {
      const float* __restrict out = back.out + static_cast<std::size_t>(t) * filters;
      const float* __restrict given = back.out_gradient + static_cast<std::size_t>(t) * filters;
      float* __restrict g = gradient.data();
      float* __restrict bias = back.bias_gradient;
      for (std::size_t f = 0; f < filters; ++f) {
        g[f] = out[f] > 0.0F ? given[f] : 0.0F;
        bias[f] += g[f];
      }
      for_taps(run, first, last, t, shape.window, [&](std::size_t j, std::size_t word) {
        float* __restrict tap = back.table_gradient + (word * shape.window + j) * filters;
        for (std::size_t f = 0; f < filters; ++f) {
          tap[f] += g[f];
        }
      });
    }
  }
}

}  // namespace crossfade

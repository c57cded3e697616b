// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/word_max.h"

#include <algorithm>
#include <vector>

#include "crossfade/kernels/add_scaled.h"
#include "crossfade/kernels/simd.h"

namespace crossfade {
namespace {

// One width of one document.
struct Window {
  const std::int32_t* words;
  std::size_t count;
  std::size_t width;
  std::size_t first_tap;
};

// Document `d`, under no width yet.
Window before_first(const WordRun& run, std::size_t d) {
  return {.words = run.words.data() + run.offsets[d],
          .count = static_cast<std::size_t>(run.offsets[d + 1] - run.offsets[d]),
          .width = 0,
          .first_tap = 0};
}

// sum = bias + the taps that fall on a word.
[[gnu::always_inline]] inline void slide(const Window& window,
                                         std::size_t start,
                                         const float* table,
                                         std::size_t filters,
                                         const float* bias,
                                         float* sum) {
  float* __restrict out = sum;
  std::copy(bias, bias + filters, out);
  for (std::size_t j = 0; j < window.width && start + j < window.count; ++j) {
    if (window.words[start + j] == kNoWord) {
      continue;
    }
    const auto word = static_cast<std::size_t>(window.words[start + j]);
    const float* __restrict tap =
        table + (word * WordMaxShape::kTaps + window.first_tap + j) * filters;
    for (std::size_t f = 0; f < filters; ++f) {
      out[f] += tap[f];
    }
  }
}

[[gnu::always_inline]] inline void take_larger(const float* values,
                                               std::int32_t start,
                                               std::size_t filters,
                                               float* best,
                                               std::int32_t* starts) {
  const float* __restrict value = values;
  float* __restrict most = best;
  std::int32_t* __restrict where = starts;
  for (std::size_t f = 0; f < filters; ++f) {
    where[f] = value[f] > most[f] ? start : where[f];
    most[f] = std::max(value[f], most[f]);
  }
}

// The largest value of one filter, and the gradient it gets.
[[gnu::always_inline]] inline void hand_back(const WordMaxBack& back,
                                             const Window& window,
                                             std::size_t start,
                                             std::size_t filters,
                                             std::size_t filter,
                                             float gradient) {
  for (std::size_t j = 0; j < window.width && start + j < window.count; ++j) {
    if (window.words[start + j] == kNoWord) {
      continue;
    }
    const std::size_t word = static_cast<std::size_t>(window.words[start + j]) * back.width;
    const std::size_t tap = ((window.first_tap + j) * filters + filter) * back.width;
    add_scaled(gradient, back.vectors + word, back.width, back.weight_gradient + tap);
    add_scaled(gradient, back.weights + tap, back.width, back.vector_gradient + word);
  }
}

}  // namespace

CROSSFADE_SIMD void max_words(const WordRun& run,
                              WordMaxShape shape,
                              const float* table,
                              const float* bias,
                              std::int32_t* starts,
                              float* pooled) {
  const std::size_t filters = shape.filters;
  std::vector<float> sum(filters);
  for (std::size_t d = 0; d < run.documents(); ++d) {
    Window window = before_first(run, d);
    for (std::size_t w = 0; w < WordMaxShape::kWidths.size(); ++w) {
      window.width = WordMaxShape::kWidths[w];
      float* best = pooled + d * shape.outputs() + w * filters;
      std::int32_t* where = starts + d * shape.outputs() + w * filters;
      for (std::size_t f = 0; f < filters; ++f) {
        best[f] = std::max(bias[w * filters + f], 0.0F);
      }
      std::fill(where, where + filters, -1);
      for (std::size_t start = 0; start < window.count; ++start) {
        slide(window, start, table, filters, bias + w * filters, sum.data());
        take_larger(sum.data(), static_cast<std::int32_t>(start), filters, best, where);
      }
      window.first_tap += window.width;
    }
  }
}

CROSSFADE_SIMD void max_words_back(const WordRun& run,
                                   WordMaxShape shape,
                                   const WordMaxBack& back) {
  const std::size_t filters = shape.filters;
  for (std::size_t d = 0; d < run.documents(); ++d) {
    Window window = before_first(run, d);
    for (std::size_t w = 0; w < WordMaxShape::kWidths.size(); ++w) {
      window.width = WordMaxShape::kWidths[w];
      for (std::size_t f = 0; f < filters; ++f) {
        const std::size_t output = d * shape.outputs() + w * filters + f;
        const float gradient = back.pooled_gradient[output];
        if (gradient == 0.0F || back.pooled[output] <= 0.0F) {
          continue;
        }
        back.bias_gradient[w * filters + f] += gradient;
        if (back.starts[output] >= 0) {
          const auto start = static_cast<std::size_t>(back.starts[output]);
          hand_back(back, window, start, filters, f, gradient);
        }
      }
      window.first_tap += window.width;
    }
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crossfade/kernels/word_run.h"

namespace crossfade {

/// The shape of convolutions of several widths whose largest values over a document are kept.
struct WordMaxShape {
  static constexpr std::array<std::size_t, 3> kWidths{3, 4, 5};
  static constexpr std::size_t kTaps = 3 + 4 + 5;

  std::size_t filters = 200;  ///< Of each width.

  [[nodiscard]] std::size_t outputs() const noexcept { return kWidths.size() * filters; }
};

/// pooled[d, w, f] = max over starts t of relu(bias[w, f] + sum_j table[words[t + j], tap, f]), tap
/// = taps of narrower widths + j: what convolutions of width 3, 4 and 5 over a document followed by
/// endless padding give, padding being zero. `table` [rows, kTaps, filters] holds each word's
/// vector times the weights of each tap. `starts` is the position within the document at which the
/// maximum stands, or -1 where no word takes part or the value is 0.
void max_words(const WordRun& run,
               WordMaxShape shape,
               const float* table,
               const float* bias,
               std::int32_t* starts,
               float* pooled);

/// What max_words gave, what its table was made from, and where the gradient goes.
struct WordMaxBack {
  const float* vectors;  ///< [rows, width] of the words.
  const float* weights;  ///< [kTaps filters, width]
  std::size_t width;
  const std::int32_t* starts;
  const float* pooled;
  const float* pooled_gradient;  ///< [documents, outputs]
  float* vector_gradient;        ///< Added to.
  float* weight_gradient;        ///< Added to.
  float* bias_gradient;          ///< Added to.
};

/// The gradient of max_words and of the product that made its table. A maximum hands its gradient
/// to one window of words, so this costs a few thousand rows per document where a product of
/// matrices would go over all words.
void max_words_back(const WordRun& run, WordMaxShape shape, const WordMaxBack& back);

}  // namespace crossfade

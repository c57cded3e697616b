// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "crossfade/kernels/word_run.h"

namespace crossfade {

/// The shape of a convolution over words.
struct ConvolutionShape {
  std::size_t window = 3;  ///< Odd: as many words on either side.
  std::size_t filters = 50;
};

/// out[t, f] = relu(bias[f] + sum_j table[words[t + j - window / 2], j, f]) for every position t;
/// positions outside of t's document count as kNoWord. `table` [rows, window, filters] holds each
/// word's vector times the weights of each tap, so that a word that occurs often is
/// multiplied once.
void convolve_words(
    const WordRun& run, ConvolutionShape shape, const float* table, const float* bias, float* out);

/// What convolve_words has, and where its gradient goes.
struct ConvolutionBack {
  const float* out;           ///< As computed, [positions, filters].
  const float* out_gradient;  ///< Of the same shape.
  float* table_gradient;      ///< Added to.
  float* bias_gradient;       ///< Added to.
};

/// The gradient of convolve_words.
void convolve_words_back(const WordRun& run, ConvolutionShape shape, const ConvolutionBack& back);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include "crossfade/kernels/word_run.h"
#include "crossfade/models/reviews/review_documents.h"

namespace crossfade {

/// Documents of one step, laid end to end: nothing is padded, and nothing in it depends on how long
/// the longest document is.
struct WordList {
  torch::Tensor offsets;  ///< int64 [documents + 1]
  torch::Tensor words;    ///< int32 [positions]: rows of the step's words, or kNoWord.

  [[nodiscard]] WordRun run() const;
};

/// The documents of both lists, which were read by one collector without a take_words between.
[[nodiscard]] WordList joined(const WordList& first, const WordList& second);

/// Collects documents and numbers the words they share: in a step that reads tens of thousands of
/// positions a few thousand different words occur, and each is looked up and multiplied once.
class WordCollector {
 public:
  explicit WordCollector(std::size_t vocabulary);

  /// The documents `documents` of `reader`. Behind those shorter than the reader's length stand up
  /// to `overhang` positions without a word.
  [[nodiscard]] WordList read(const DocumentReader& reader,
                              std::span<const std::int64_t> documents,
                              std::size_t overhang = 0);

  /// The words that were read since the last call, int64 [words], by first appearance.
  [[nodiscard]] torch::Tensor take_words();

 private:
  std::vector<std::int32_t> rows_;  // By word; kNoWord when it was not read yet.
  std::vector<std::int64_t> words_;
};

/// The convolution of convolve_words over `table` [words, window * filters] with `bias` [filters]:
/// [positions, filters]. CPU only, as the layers below.
[[nodiscard]] torch::Tensor convolve(const torch::Tensor& table,
                                     const torch::Tensor& bias,
                                     const WordList& list,
                                     std::int64_t window);

/// The aspects of pool_aspects for `h` [positions, 2 * aspects * width] and `v` [aspects, width],
/// in documents of up to `length` positions: [documents, aspects * width].
[[nodiscard]] torch::Tensor pool(const torch::Tensor& h,
                                 const torch::Tensor& v,
                                 const torch::Tensor& offsets,
                                 std::int64_t length);

/// The pooled convolutions of max_words, [documents, 3 * filters], of words with `vectors` [words,
/// width] for `weight` [12 * filters, width] and `bias` [3 * filters].
[[nodiscard]] torch::Tensor max_over_words(const torch::Tensor& vectors,
                                           const torch::Tensor& weight,
                                           const torch::Tensor& bias,
                                           const WordList& list);

/// Dropout: each component of `x` is kept with probability `keep` and then divided by it, or else
/// 0.
[[nodiscard]] torch::Tensor drop_out(const torch::Tensor& x, double keep, at::Generator generator);

/// The different values of `ids`, ascending, and where each of `ids` stands among them.
struct Distinct {
  std::vector<std::int64_t> values;
  torch::Tensor rows;  ///< int64 [ids]
};

[[nodiscard]] Distinct distinct(std::span<const std::int64_t> ids);

}  // namespace crossfade

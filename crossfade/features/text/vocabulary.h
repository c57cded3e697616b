// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossfade/features/text/config.h"
#include "crossfade/features/text/terms.h"

namespace crossfade {

/// A document as weighted columns of the vocabulary, ascending.
struct WeightedTerms {
  std::vector<std::int32_t> columns;
  std::vector<float> weights;
};

/// The terms worth counting and their weights: TF-IDF with
/// tf = count, or 1 + ln(count) when sublinear, and idf = ln((1 + n) / (1 + df)) + 1, where df of
/// the n documents hold the term; a document's weights have Euclidean length 1.
class Vocabulary {
 public:
  /// Keeps the terms of `sample` that at least min_df documents and at most the part max_df of
  /// them hold; of those, the `vocabulary` most frequent.
  Vocabulary(const TermSample& sample, const TextConfig& config);

  [[nodiscard]] std::size_t size() const noexcept { return idf_.size(); }

  /// The column of `term`, or -1.
  [[nodiscard]] std::int32_t find(Term term) const noexcept;

  /// Weighs one document. `out` is reused; it is left empty when no term is known.
  void weigh(std::span<const Term> document, WeightedTerms& out) const;

 private:
  struct Slot {
    Term term = 0;
    std::int32_t column = -1;
  };

  void index(std::span<const Term> terms);

  bool sublinear_;
  std::vector<float> idf_;
  std::vector<Slot> slots_;  ///< Open addressing; a power of two, at most half full.
};

}  // namespace crossfade

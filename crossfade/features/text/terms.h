// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "crossfade/features/text/config.h"

namespace crossfade {

/// A word, or a pair of neighbouring words, as a 64-bit hash of its folded spelling.
using Term = std::uint64_t;

/// Turns the fields of one document into its terms.
class TermCollector {
 public:
  explicit TermCollector(const TextConfig& config);

  /// Begins an empty document.
  void clear() noexcept { terms_.clear(); }

  /// Adds the terms of one field. Pairs reach neither across fields nor across stop words.
  void add(std::string_view field);

  /// The document's terms in reading order, repeats included.
  [[nodiscard]] std::span<const Term> terms() const noexcept { return terms_; }

 private:
  bool bigrams_;
  std::size_t max_words_;
  std::vector<Term> stop_words_;  ///< Ascending.
  std::vector<Term> terms_;
};

/// The terms of several documents.
struct TermSample {
  std::vector<std::size_t> offsets{0};  ///< documents + 1 positions in `terms`.
  std::vector<Term> terms;

  void add(std::span<const Term> document) {
    terms.insert(terms.end(), document.begin(), document.end());
    offsets.push_back(terms.size());
  }

  [[nodiscard]] std::size_t documents() const noexcept { return offsets.size() - 1; }

  [[nodiscard]] std::span<const Term> document(std::size_t index) const noexcept {
    return std::span(terms).subspan(offsets[index], offsets[index + 1] - offsets[index]);
  }
};

}  // namespace crossfade

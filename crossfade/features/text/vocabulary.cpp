// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

namespace crossfade {
namespace {

struct TermFrequency {
  Term term;
  std::int64_t documents;
};

// Document frequencies, by ascending term.
std::vector<TermFrequency> document_frequencies(const TermSample& sample) {
  std::vector<Term> distinct;
  distinct.reserve(sample.terms.size());
  std::vector<Term> document;
  for (std::size_t i = 0; i < sample.documents(); ++i) {
    document.assign(sample.document(i).begin(), sample.document(i).end());
    std::ranges::sort(document);
    std::ranges::unique_copy(document, std::back_inserter(distinct));
  }
  std::ranges::sort(distinct);
  std::vector<TermFrequency> frequencies;
  for (const Term term : distinct) {
    if (frequencies.empty() || frequencies.back().term != term) {
      frequencies.push_back({.term = term, .documents = 0});
    }
    ++frequencies.back().documents;
  }
  return frequencies;
}

}  // namespace

Vocabulary::Vocabulary(const TermSample& sample, const TextConfig& config)
    : sublinear_(config.sublinear) {
  std::vector<TermFrequency> kept = document_frequencies(sample);
  const auto documents = static_cast<double>(sample.documents());
  std::erase_if(kept, [&](const TermFrequency& term) {
    return term.documents < config.min_df ||
           static_cast<double>(term.documents) > config.max_df * documents;
  });
  std::ranges::sort(kept, [](const TermFrequency& a, const TermFrequency& b) {
    return std::pair(-a.documents, a.term) < std::pair(-b.documents, b.term);
  });
  kept.resize(std::min(kept.size(), static_cast<std::size_t>(config.vocabulary)));
  std::vector<Term> terms;
  for (const TermFrequency& term : kept) {
    terms.push_back(term.term);
    idf_.push_back(static_cast<float>(
        std::log((1.0 + documents) / (1.0 + static_cast<double>(term.documents))) + 1.0));
  }
  index(terms);
}

void Vocabulary::index(std::span<const Term> terms) {
  slots_.assign(std::bit_ceil(2 * terms.size() + 1), Slot{});
  for (std::size_t column = 0; column < terms.size(); ++column) {
    std::size_t at = terms[column] & (slots_.size() - 1);
    while (slots_[at].column >= 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {.term = terms[column], .column = static_cast<std::int32_t>(column)};
  }
}

std::int32_t Vocabulary::find(Term term) const noexcept {
  std::size_t at = term & (slots_.size() - 1);
  while (slots_[at].column >= 0 && slots_[at].term != term) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return slots_[at].column;
}

void Vocabulary::weigh(std::span<const Term> document, WeightedTerms& out) const {
  out.columns.clear();
  out.weights.clear();
  for (const Term term : document) {
    if (const std::int32_t column = find(term); column >= 0) {
      out.columns.push_back(column);
    }
  }
  std::ranges::sort(out.columns);
  double squares = 0.0;
  std::size_t distinct = 0;
  for (std::size_t first = 0; first < out.columns.size();) {
    const std::int32_t column = out.columns[first];
    std::size_t last = first;
    while (last < out.columns.size() && out.columns[last] == column) {
      ++last;
    }
    const auto count = static_cast<float>(last - first);
    const float weight =
        (sublinear_ ? 1.0F + std::log(count) : count) * idf_[static_cast<std::size_t>(column)];
    squares += static_cast<double>(weight) * weight;
    out.columns[distinct++] = column;
    out.weights.push_back(weight);
    first = last;
  }
  out.columns.resize(distinct);
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& weight : out.weights) {
    weight *= scale;
  }
}

}  // namespace crossfade

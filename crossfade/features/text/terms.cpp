// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/terms.h"

#include <algorithm>

#include "crossfade/features/text/tokenizer.h"

namespace crossfade {
namespace {

// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
Term mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
  return bits ^ (bits >> 31U);
}

// FNV-1a.
Term word_term(std::string_view word) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : word) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return mix(hash);
}

Term pair_term(Term first, Term second) {
  return mix(first * 0x9e3779b97f4a7c15ULL + second);
}

}  // namespace

TermCollector::TermCollector(const TextConfig& config)
    : bigrams_(config.bigrams), max_words_(static_cast<std::size_t>(config.max_words)) {
  for (const std::string& text : config.stop_words) {
    for (Tokenizer words(text); words.next();) {
      stop_words_.push_back(word_term(words.word()));
    }
  }
  std::ranges::sort(stop_words_);
}

void TermCollector::add(std::string_view field) {
  Tokenizer words(field);
  Term previous = 0;
  bool paired = false;
  for (std::size_t n = 0; n < max_words_ && words.next(); ++n) {
    const Term term = word_term(words.word());
    if (std::ranges::binary_search(stop_words_, term)) {
      paired = false;
      continue;
    }
    terms_.push_back(term);
    if (bigrams_ && paired) {
      terms_.push_back(pair_term(previous, term));
    }
    previous = term;
    paired = true;
  }
}

}  // namespace crossfade

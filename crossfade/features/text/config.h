// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade {

/// How texts become numbers: the [features.text] table of a recipe.
struct TextConfig {
  std::int64_t dimension = 64;
  std::int64_t vocabulary = 50'000;
  std::int64_t min_df = 2;
  double max_df = 0.5;
  bool bigrams = true;
  bool sublinear = true;
  std::vector<std::string> stop_words{};
  std::int64_t max_words = 256;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dimension", self.dimension, "Features per text.", Range{1, 4096});
    field("vocabulary",
          self.vocabulary,
          "Terms kept at most; the most frequent ones are.",
          Range{1, 10'000'000});
    field("min_df", self.min_df, "Texts a term must occur in to be kept.", Range{1, 1e9});
    field("max_df",
          self.max_df,
          "Part of the texts a term may occur in to be kept; leaves out stop words of any "
          "language.",
          Range{0.0, 1.0});
    field("bigrams", self.bigrams, "Count pairs of neighbouring words beside words.");
    field("sublinear", self.sublinear, "Count a term that occurs n times as 1 + ln n.");
    field("stop_words", self.stop_words, "Words left out whatever their frequency.");
    field("max_words", self.max_words, "Words read per field of a text.", Range{1, 1'000'000});
  }
};

}  // namespace crossfade

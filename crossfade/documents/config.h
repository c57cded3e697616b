// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade {

/// How reviews become numbers of words: the [documents] table of a recipe.
struct DocumentsConfig {
  std::int64_t min_reviews = 2;
  std::string stop_words = "english";
  std::vector<std::string> more_stop_words{};
  std::string vectors;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("min_reviews",
          self.min_reviews,
          "Training reviews a word must occur in to be kept.",
          Range{1, 1e9});
    field("stop_words",
          self.stop_words,
          "Words left out of every review: english (its function words), or none.",
          OneOf{{"english", "none"}});
    field("more_stop_words", self.more_stop_words, "Further words left out.");
    field("vectors",
          self.vectors,
          "Word vectors that models start from: a text file as word2vec and fastText write it, a "
          "word and its numbers per line; \"\" = models draw their own.");
  }
};

}  // namespace crossfade

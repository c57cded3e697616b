// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/stop_words.h"

#include <string>

#include <gmock/gmock.h>

namespace crossfade {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

DocumentsConfig settings(const std::string& stop_words, std::vector<std::string> more = {}) {
  DocumentsConfig config;
  config.stop_words = stop_words;
  config.more_stop_words = std::move(more);
  return config;
}

TEST(StopWords, OfEnglishAreItsFunctionWords) {
  const auto words = stop_words_of(settings("english"));
  for (const char* word : {"a", "the", "i", "yourselves", "which", "been", "could", "because"}) {
    EXPECT_THAT(words, Contains(word));
  }
}

TEST(StopWords, OfEnglishHoldTheHalvesOfContractions) {
  const auto words = stop_words_of(settings("english"));
  for (const char* half : {"don", "t", "it", "s", "i", "m", "we", "ve", "you", "ll", "re", "d"}) {
    EXPECT_THAT(words, Contains(half));
  }
}

TEST(StopWords, OfEnglishLeaveWhatCarriesAnOpinion) {
  const auto words = stop_words_of(settings("english"));
  for (const char* word : {"no", "not", "never", "very", "too", "more", "most", "like", "only"}) {
    EXPECT_THAT(words, Not(Contains(word)));
  }
}

TEST(StopWords, AreNoneWhenNoneAreWanted) {
  EXPECT_THAT(stop_words_of(settings("none")), IsEmpty());
}

TEST(StopWords, OfOnesOwnAreCutAndFoldedAsReviewsAre) {
  EXPECT_THAT(
      stop_words_of(settings(
          "none",
          {"Der die\tDAS", "Stra\u00dfe", "caf\u00e9", "l'heure", "\u306e\u306f", "", "..."})),
      UnorderedElementsAre(
          "der", "die", "das", "strasse", "cafe\u0301", "l", "heure", "\u306e", "\u306f"));
}

TEST(StopWords, OfOnesOwnAreAddedToEnglish) {
  const std::size_t english = stop_words_of(settings("english")).size();
  const auto words = stop_words_of(settings("english", {"the", "movie"}));
  EXPECT_EQ(words.size(), english + 1);
  EXPECT_THAT(words, Contains("movie"));
}

}  // namespace
}  // namespace crossfade

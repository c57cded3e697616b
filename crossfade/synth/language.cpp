// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/language.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace crossfade {
namespace {

constexpr std::size_t kWordsPerTopic = 24;

constexpr std::array<std::string_view, 72> kFiller = {
    "the",    "a",      "and",   "of",      "to",    "in",      "it",       "is",     "this",
    "that",   "with",   "for",   "was",     "on",    "as",      "but",      "at",     "by",
    "an",     "be",     "from",  "have",    "has",   "had",     "not",      "are",    "my",
    "me",     "we",     "you",   "they",    "so",    "if",      "when",     "which",  "there",
    "about",  "one",    "more",  "very",    "just",  "can",     "will",     "would",  "than",
    "then",   "some",   "all",   "into",    "over",  "after",   "before",   "again",  "also",
    "still",  "while",  "where", "because", "much",  "many",    "other",    "little", "quite",
    "really", "bought", "read",  "got",     "found", "thought", "expected", "time",   "year"};

constexpr std::array<std::string_view, 24> kPraise = {
    "great",     "excellent", "wonderful", "love",     "loved",    "perfect",
    "amazing",   "beautiful", "best",      "enjoyed",  "superb",   "delightful",
    "favorite",  "brilliant", "recommend", "charming", "gripping", "touching",
    "masterful", "fun",       "happy",     "pleased",  "stunning", "fresh"};

constexpr std::array<std::string_view, 24> kComplaint = {
    "poor",   "awful",      "boring", "terrible", "waste",     "disappointing",
    "worst",  "bad",        "dull",   "weak",     "annoying",  "broken",
    "cheap",  "flat",       "hated",  "tedious",  "confusing", "returned",
    "sloppy", "overpriced", "bland",  "tiresome", "useless",   "regret"};

constexpr std::array<std::string_view, 5> kHtml = {
    "<br />", "&amp;", "&quot;as described&quot;", "don&#39;t", "<b>note</b>"};

template <std::size_t N>
std::string_view any_of(const std::array<std::string_view, N>& words, Rng& rng) {
  return words[rng.below(N)];
}

std::string make_word(Rng& rng) {
  constexpr std::string_view kConsonants = "bdfgklmnprstvz";
  constexpr std::string_view kVowels = "aeiou";
  std::string word;
  const std::size_t syllables = 2 + rng.below(2);
  for (std::size_t s = 0; s < syllables; ++s) {
    word += kConsonants[rng.below(kConsonants.size())];
    word += kVowels[rng.below(kVowels.size())];
  }
  word += kConsonants[rng.below(kConsonants.size())];
  return word;
}

// Words that were not given out before.
class WordSource {
 public:
  explicit WordSource(Rng rng) : rng_(rng) {
    const auto reserve = [this](std::string_view word) { used_.emplace(word); };
    std::ranges::for_each(kFiller, reserve);
    std::ranges::for_each(kPraise, reserve);
    std::ranges::for_each(kComplaint, reserve);
  }

  std::vector<std::string> take(std::size_t count) {
    std::vector<std::string> words;
    while (words.size() < count) {
      std::string word = make_word(rng_);
      if (used_.insert(word).second) {
        words.push_back(std::move(word));
      }
    }
    return words;
  }

 private:
  Rng rng_;
  std::unordered_set<std::string> used_;
};

}  // namespace

TopicMix::TopicMix(std::span<const float> latents, double signal)
    : tastes_(latents.size()), signal_(signal) {
  double total = 0.0;
  double largest = -1.0;
  for (std::size_t j = 0; j < tastes_; ++j) {
    const auto latent = static_cast<double>(latents[j]);
    topic_[j] = 2 * j + (latent < 0.0 ? 1 : 0);
    if (latent * latent > largest) {
      largest = latent * latent;
      strongest_ = topic_[j];
    }
    total += latent * latent;
    cumulative_[j] = total;
  }
}

std::size_t TopicMix::draw(Rng& rng) const {
  if (rng.uniform() >= signal_) {
    return rng.below(2 * tastes_);
  }
  const double point = rng.uniform() * cumulative_[tastes_ - 1];
  std::size_t j = 0;
  while (j + 1 < tastes_ && cumulative_[j] <= point) {
    ++j;
  }
  return topic_[j];
}

Language::Language(const World& world) {
  const auto shared = static_cast<std::size_t>(
      std::llround(world.config().shared_words * static_cast<double>(kWordsPerTopic)));
  WordSource source(world.rng().fork("words"));
  for (std::size_t topic = 0; topic < 2 * world.tastes(); ++topic) {
    const std::vector<std::string> common = source.take(shared);
    for (const Shop shop : kShops) {
      std::vector<std::string> words = source.take(kWordsPerTopic - shared);
      words.insert(words.end(), common.begin(), common.end());
      // So that shared words are neither the common nor the rare ones of every topic.
      Rng order = world.rng().fork(shop_name(shop)).fork("word order", topic);
      shuffle(std::span(words), order);
      topics_[shop].push_back(std::move(words));
    }
  }
}

std::string_view Language::topic_word(Shop shop, std::size_t topic, Rng& rng) const {
  const double u = rng.uniform();
  return topics_[shop][topic][static_cast<std::size_t>(u * u * kWordsPerTopic)];
}

std::string_view filler_word(Rng& rng) {
  return any_of(kFiller, rng);
}

std::string_view sentiment_word(int rating, Rng& rng) {
  return rng.below(4) < static_cast<std::uint64_t>(rating - 1) ? any_of(kPraise, rng)
                                                               : any_of(kComplaint, rng);
}

std::string_view html_piece(Rng& rng) {
  return any_of(kHtml, rng);
}

void append_capitalised(std::string& text, std::string_view word) {
  const std::size_t start = text.size();
  text += word;
  text[start] = static_cast<char>(text[start] - 'a' + 'A');
}

}  // namespace crossfade

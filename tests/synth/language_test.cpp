// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/language.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace crossfade {
namespace {

TEST(TopicMix, DrawsDimensionsBySquareAndSign) {
  // Squares 1, 4, 0, 5: topics 0 (+), 3 (-) and 6 (+) with probability 0.1, 0.4, 0.5.
  const std::array latents = {1.0F, -2.0F, 0.0F, 2.2360680F};
  const TopicMix mix(latents, 1.0);
  EXPECT_EQ(mix.strongest(), 6U);
  Rng rng(3);
  std::array<int, 8> counts{};
  for (int n = 0; n < 10000; ++n) {
    ++counts[mix.draw(rng)];
  }
  EXPECT_NEAR(counts[0], 1000, 150);  // five standard deviations
  EXPECT_NEAR(counts[3], 4000, 245);
  EXPECT_NEAR(counts[6], 5000, 250);
  EXPECT_EQ(counts[0] + counts[3] + counts[6], 10000);
}

TEST(TopicMix, WithoutSignalEveryTopicIsAsLikely) {
  const std::array latents = {3.0F, 0.1F};
  const TopicMix mix(latents, 0.0);
  Rng rng(3);
  std::array<int, 4> counts{};
  for (int n = 0; n < 8000; ++n) {
    ++counts[mix.draw(rng)];
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 2000, 195);
  }
}

TEST(Language, TopicsOfAShopShareNoWord) {
  const World world{SynthConfig{}};
  const Language language(world);
  for (const Shop shop : kShops) {
    std::set<std::string> words;
    for (std::size_t topic = 0; topic < 12; ++topic) {
      const auto of_topic = language.topic_words(shop, topic);
      words.insert(of_topic.begin(), of_topic.end());
    }
    EXPECT_EQ(words.size(), 12U * 24U);
  }
}

TEST(Language, ShopsShareTheSetPartOfATopicsWords) {
  SynthConfig config;
  config.shared_words = 0.25;
  const World world(config);
  const Language language(world);
  const auto source = language.topic_words(Shop::kSource, 3);
  const std::set<std::string> words(source.begin(), source.end());
  std::size_t shared = 0;
  for (const std::string& word : language.topic_words(Shop::kTarget, 3)) {
    shared += words.count(word);
  }
  EXPECT_EQ(shared, 6U);
}

TEST(Language, SentimentFollowsTheRating) {
  Rng rng(5);
  std::set<std::string_view> best;
  std::set<std::string_view> worst;
  for (int n = 0; n < 1000; ++n) {
    best.insert(sentiment_word(5, rng));
    worst.insert(sentiment_word(1, rng));
  }
  EXPECT_TRUE(best.contains("excellent"));
  EXPECT_TRUE(worst.contains("awful"));
  for (const std::string_view word : best) {
    EXPECT_FALSE(worst.contains(word)) << word;
  }
}

TEST(Language, CapitalisesTheFirstLetterOnly) {
  std::string text = "a ";
  append_capitalised(text, "word");
  EXPECT_EQ(text, "a Word");
}

}  // namespace
}  // namespace crossfade

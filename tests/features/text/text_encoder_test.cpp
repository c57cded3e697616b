// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/text_encoder.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Term> terms(const TextConfig& config, std::initializer_list<std::string_view> fields) {
  TermCollector collector(config);
  for (const std::string_view field : fields) {
    collector.add(field);
  }
  return {collector.terms().begin(), collector.terms().end()};
}

TermSample sample_of(const TextConfig& config, std::initializer_list<std::string_view> texts) {
  TermSample sample;
  for (const std::string_view text : texts) {
    sample.add(terms(config, {text}));
  }
  return sample;
}

TEST(TermCollector, CountsWordsAndPairsWithinAField) {
  EXPECT_THAT(terms({}, {"red shoes"}), SizeIs(3));
  EXPECT_THAT(terms({}, {"red", "shoes"}), SizeIs(2));
  EXPECT_NE(terms({}, {"red shoes"})[2], terms({}, {"shoes red"})[2]);
  EXPECT_THAT(terms({.bigrams = false}, {"red shoes"}), SizeIs(2));
}

TEST(TermCollector, LeavesOutStopWordsInAnyCaseAndPairsAcrossThem) {
  const TextConfig config{.stop_words = {"The"}};
  EXPECT_EQ(terms(config, {"THE shoes"}), terms(config, {"shoes"}));
  EXPECT_THAT(terms(config, {"over the hill"}), SizeIs(2));
}

TEST(TermCollector, ReadsAtMostMaxWordsPerField) {
  EXPECT_EQ(terms({.max_words = 2}, {"a b c d", "e"}), terms({}, {"a b", "e"}));
}

// Of three texts, "apple" stands in 2 and "pear" in 1; "plum" in all three.
// idf(apple) = ln(4 / 3) + 1 = 1.2876821, idf(pear) = ln(4 / 2) + 1 = 1.6931472.
// "apple apple pear": tf = 1 + ln 2 and 1; weights 2.1802357 and 1.6931472, length 2.7604665.
TEST(Vocabulary, WeighsTermsByHandWorkedTfIdf) {
  const TextConfig config{.min_df = 1, .max_df = 0.7, .bigrams = false};
  const Vocabulary vocabulary(sample_of(config, {"apple plum", "apple plum pear", "plum"}), config);
  ASSERT_EQ(vocabulary.size(), 2U);
  WeightedTerms weighted;
  vocabulary.weigh(terms(config, {"apple pear apple plum unknown"}), weighted);
  EXPECT_THAT(weighted.columns, ElementsAre(0, 1));
  EXPECT_NEAR(weighted.weights[0], 2.1802357 / 2.7604665, 1e-6);
  EXPECT_NEAR(weighted.weights[1], 1.6931472 / 2.7604665, 1e-6);
}

TEST(Vocabulary, KeepsTheMostFrequentTermsWithinItsBounds) {
  TextConfig config{.vocabulary = 1, .min_df = 2, .max_df = 1.0, .bigrams = false};
  const TermSample sample = sample_of(config, {"a b", "a b", "a c"});
  const Vocabulary one(sample, config);
  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(one.find(terms(config, {"a"})[0]), 0);
  EXPECT_EQ(one.find(terms(config, {"b"})[0]), -1);
  config.vocabulary = 100;
  EXPECT_EQ(Vocabulary(sample, config).size(), 2U);
  config.max_df = 0.9;
  EXPECT_EQ(Vocabulary(sample, config).size(), 1U);
}

TEST(Vocabulary, KnowsNothingOfAnEmptySample) {
  const Vocabulary vocabulary(TermSample{}, {});
  WeightedTerms weighted;
  vocabulary.weigh(terms({}, {"word"}), weighted);
  EXPECT_EQ(vocabulary.size(), 0U);
  EXPECT_THAT(weighted.columns, IsEmpty());
}

std::vector<float> encode(TextEncoder& encoder, const TextConfig& config, std::string_view text) {
  std::vector<float> out(encoder.width());
  encoder.add(terms(config, {text}), out);
  return out;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

// Two topics of ten words each; a text draws four words of one topic.
TermSample two_topics(const TextConfig& config) {
  Rng rng(3);
  TermSample sample;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (int n = 0; n < 4; ++n) {
      text += fmt::format("{}{} ", i % 2 == 0 ? "sea" : "city", rng.below(10));
    }
    sample.add(terms(config, {text}));
  }
  return sample;
}

TEST(TextEncoder, BringsTextsOfOneTopicTogetherThatShareNoWord) {
  const TextConfig config{.dimension = 2, .bigrams = false};
  TextEncoder encoder(two_topics(config), config, {}, Rng(7));
  const auto sea = encode(encoder, config, "sea0 sea1");
  EXPECT_GT(cosine(sea, encode(encoder, config, "sea7 sea8")), 0.95);
  EXPECT_LT(std::abs(cosine(sea, encode(encoder, config, "city0 city1"))), 0.2);
}

TEST(TextEncoder, FindsTheSameFeaturesFromAnotherRandomStart) {
  const TextConfig config{.dimension = 2, .bigrams = false};
  const SvdConfig svd{.iterations = 20};
  TextEncoder one(two_topics(config), config, svd, Rng(7));
  TextEncoder other(two_topics(config), config, svd, Rng(8));
  const auto a = encode(one, config, "sea0 sea1");
  const auto b = encode(other, config, "sea0 sea1");
  EXPECT_NEAR(a[0], b[0], 1e-4);
  EXPECT_NEAR(a[1], b[1], 1e-4);
}

TEST(TextEncoder, SaysWhenATextHoldsNoKnownTerm) {
  const TextConfig config{.dimension = 3};
  TextEncoder encoder(two_topics(config), config, {}, Rng(7));
  std::vector<float> out(encoder.width());
  EXPECT_FALSE(encoder.add(terms(config, {"neither of both"}), out));
  EXPECT_THAT(out, ElementsAre(0.0F, 0.0F, 0.0F));
}

TEST(TextEncoder, HasItsFullWidthEvenWhenNothingCanBeLearned) {
  const TextConfig config{.dimension = 4};
  TextEncoder encoder(TermSample{}, config, {}, Rng(7));
  EXPECT_EQ(encoder.width(), 4U);
  EXPECT_THAT(encode(encoder, config, "word"), ElementsAre(0.0F, 0.0F, 0.0F, 0.0F));
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_encoder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"
#include "crossfade/core/random.h"

#include "tests/core/temp_directory.h"
#include "tests/features/llama/vectors.h"
#include "tests/features/support.h"
#include "tests/support/golden.h"

namespace crossfade {
namespace {

using testing::copy_spoiled;
using testing::failure_of;
using testing::floats;
using testing::read_golden;
using testing::relative_distance;
using testing::row_distance;

// Models of random weights, written by tools/golden/tiny_models.py when the tests are built.
const std::filesystem::path kModels = CROSSFADE_TINY_MODELS;

LlamaOptions tiny_options() {
  LlamaOptions options;
  options.model = kModels / "tiny-llama.gguf";
  options.batch_tokens = 128;
  options.exact = true;
  options.threads = 1;
  return options;
}

// One for the tests that need nothing special: loading the vocabulary takes most of a second.
LlamaEncoder& tiny_encoder() {
  static LlamaEncoder encoder(tiny_options());
  return encoder;
}

std::vector<float> encode(LlamaEncoder& encoder, const std::vector<std::string>& texts) {
  std::vector<float> out(texts.size() * encoder.width());
  for (const auto& problem : encoder.encode(texts, out)) {
    EXPECT_FALSE(problem.has_value()) << *problem;
  }
  return out;
}

std::vector<std::string> mixed_texts(int count) {
  const std::vector<std::string> words{" kettle", " blue", " Größe", " 1234", " 水壶", " works,"};
  Rng rng(5);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(60); n > 0; --n) {
      text += words[rng.below(words.size())];
    }
    texts.push_back(text);
  }
  return texts;
}

const std::vector<std::string> kCases{"short", "empty", "long", "languages"};

// How far the vectors of kCases, encoded together, are from the references, at most.
double distance_to_references(const LlamaOptions& options, const std::string& vector) {
  LlamaEncoder encoder(options);
  std::vector<std::string> texts;
  std::vector<float> expected;
  for (const std::string& name : kCases) {
    const Json reference = read_golden("llama-" + name);
    texts.push_back(reference.at("text").get<std::string>());
    const std::vector<float> row = floats(reference.at(vector));
    expected.insert(expected.end(), row.begin(), row.end());
  }
  return row_distance(encode(encoder, texts), expected, encoder.width());
}

// Reference (double) and encoder (float) compute what the papers write; float has 24 bits.
TEST(LlamaEncoder, VectorsAreThoseOfAnIndependentForwardPass) {
  LlamaOptions options = tiny_options();
  EXPECT_LT(distance_to_references(options, "first_last_avg"), 1e-6);
  options.pooling = Pooling::kMean;
  EXPECT_LT(distance_to_references(options, "mean"), 1e-6);
  options.pooling = Pooling::kLastToken;
  EXPECT_LT(distance_to_references(options, "last_token"), 1e-6);
}

// Keys and values in float16 have 11 bits: relative errors of 5e-4 in single elements.
TEST(LlamaEncoder, AttentionInHalfPrecisionStaysWithinAThousandth) {
  LlamaOptions options = tiny_options();
  options.exact = false;
  EXPECT_LT(distance_to_references(options, "first_last_avg"), 1e-3);
}

TEST(LlamaEncoder, TokensAreThoseOfAnIndependentTokenizer) {
  const LlamaEncoder& encoder = tiny_encoder();
  for (const std::string& name : kCases) {
    const Json reference = read_golden("llama-" + name);
    std::vector<std::int32_t> tokens = encoder.tokenize(reference.at("text").get<std::string>());
    tokens.insert(tokens.begin(), 128000);  // <|begin_of_text|>
    EXPECT_EQ(tokens, reference.at("tokens").get<std::vector<std::int32_t>>()) << name;
  }
}

TEST(LlamaEncoder, ATextCutAfter48TokensIsThatOfTheReference) {
  const Json reference = read_golden("llama-truncated");
  LlamaOptions options = tiny_options();
  options.max_tokens = reference.at("limit").get<std::size_t>();
  LlamaEncoder encoder(options);
  const auto vector = encode(encoder, {reference.at("text").get<std::string>()});
  EXPECT_LT(relative_distance(vector, floats(reference.at("first_last_avg"))), 1e-6);
  EXPECT_EQ(
      encoder.counts().tokens_cut,
      reference.at("all_tokens").get<std::int64_t>() - reference.at("limit").get<std::int64_t>());
}

TEST(LlamaEncoder, TheVectorDoesNotDependOnTheOtherTextsOfABatch) {
  const std::vector<std::string> texts = mixed_texts(40);
  LlamaEncoder& encoder = tiny_encoder();
  const std::vector<float> together = encode(encoder, texts);
  std::vector<float> alone;
  for (const std::string& text : texts) {
    const std::vector<float> row = encode(encoder, {text});
    alone.insert(alone.end(), row.begin(), row.end());
  }
  EXPECT_LT(row_distance(together, alone, encoder.width()), 1e-5);
}

TEST(LlamaEncoder, BatchesAreFullAndTextsMayStraddleThem) {
  LlamaOptions options = tiny_options();
  const std::vector<std::string> texts = mixed_texts(40);
  LlamaEncoder large(options);
  options.batch_tokens = 16;
  LlamaEncoder small(options);
  EXPECT_LT(row_distance(encode(small, texts), encode(large, texts), large.width()), 1e-5);
  const LlamaCounts& counts = small.counts();
  EXPECT_EQ(counts.texts, 40);
  EXPECT_EQ(counts.tokens, large.counts().tokens);
  // The begin-of-text mark is a batch of its own, all others but the last are full.
  EXPECT_EQ(counts.batches, 1 + (counts.tokens - 1 + 15) / 16);
}

TEST(LlamaEncoder, TheSharedPrefixIsEvaluatedOnceAndCounts) {
  const std::string prefix = "Below are product reviews written by one customer.";
  std::vector<std::string> texts = mixed_texts(20);
  LlamaOptions options = tiny_options();
  options.prefix = prefix;
  options.suffix = " Summarise them.";
  LlamaEncoder sharing(options);
  const std::vector<float> shared = encode(sharing, texts);
  LlamaEncoder plain(tiny_options());
  for (std::string& text : texts) {
    text = prefix + text + options.suffix;  // a blank begins a new token on both sides
  }
  EXPECT_LT(row_distance(shared, encode(plain, texts), plain.width()), 1e-5);
  const auto prefix_tokens = static_cast<std::int64_t>(plain.tokenize(prefix).size());
  EXPECT_EQ(sharing.counts().tokens, plain.counts().tokens - 19 * prefix_tokens);
}

TEST(LlamaEncoder, TextsThatAreTooLongLoseTheirEndAndAreCounted) {
  LlamaOptions options = tiny_options();
  options.max_tokens = 5;
  LlamaEncoder encoder(options);
  const auto rows =
      encode(encoder, {" one two three four", " one two three four five six", " one"});
  const std::size_t width = encoder.width();
  EXPECT_LT(relative_distance(std::span(rows).subspan(width, width), std::span(rows).first(width)),
            1e-6);
  EXPECT_EQ(encoder.counts().texts_cut, 1);
  EXPECT_EQ(encoder.counts().tokens_cut, 2);
}

TEST(LlamaEncoder, WhatWasEncodedBeforeLeavesNoTrace) {
  const std::vector<std::string> texts = mixed_texts(30);
  const std::vector<std::string> a(texts.begin(), texts.begin() + 11);
  const std::vector<std::string> b(texts.begin() + 11, texts.end());
  for (const bool exact : {true, false}) {
    LlamaOptions options = tiny_options();
    options.batch_tokens = 64;
    options.exact = exact;
    LlamaEncoder encoder(options);
    const std::vector<float> first = encode(encoder, a);
    encode(encoder, b);
    EXPECT_EQ(encode(encoder, a), first);
    LlamaEncoder fresh(options);
    EXPECT_EQ(encode(fresh, a), first);
  }
}

// The tiny model; what it makes of " poison" is not a number.
void write_spoiled_model(const std::filesystem::path& file) {
  constexpr std::size_t kWidth = 64;
  const auto token = static_cast<std::size_t>(tiny_encoder().tokenize(" poison").at(0));
  copy_spoiled(kModels / "tiny-llama.gguf", file, "token_embd.weight", token * kWidth, kWidth);
}

TEST(LlamaEncoder, ATextWithoutAFiniteVectorLeavesTheOthersAlone) {
  const testing::TempDirectory directory;
  LlamaOptions options = tiny_options();
  options.model = directory / "spoiled.gguf";
  options.prefix = "Below are product reviews.";
  write_spoiled_model(options.model);
  for (const bool exact : {true, false}) {
    options.exact = exact;
    LlamaEncoder encoder(options);
    std::vector<std::string> texts = mixed_texts(12);
    const std::vector<float> clean = encode(encoder, texts);
    texts[4] = " a kettle with poison in it";
    texts[9] = " poison";
    std::vector<float> rows(clean.size());
    const auto problems = encoder.encode(texts, rows);
    const std::size_t width = encoder.width();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool bad = i == 4 || i == 9;
      const auto row = std::span(rows).subspan(i * width, width);
      EXPECT_EQ(problems[i].value_or(""), bad ? "its vector is not finite" : "") << i;
      if (bad) {
        EXPECT_EQ(std::ranges::count(row, 0.0F), std::ssize(row)) << i;
      } else {
        EXPECT_LT(relative_distance(row, std::span(clean).subspan(i * width, width)),
                  exact ? 1e-5 : 1e-3)
            << i;
      }
    }
    EXPECT_EQ(encode(encoder, mixed_texts(12)), clean);
  }
}

TEST(LlamaEncoder, RefusesAModelThatMakesNoNumbersOfThePrompt) {
  const testing::TempDirectory directory;
  LlamaOptions options = tiny_options();
  options.model = directory / "spoiled.gguf";
  options.prefix = " poison";
  write_spoiled_model(options.model);
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kNumeric: " + options.model.string() +
                ": the states of the prompt are not finite; its weights may be damaged");
}

TEST(LlamaEncoder, ControlTokensInATextArePlainText) {
  EXPECT_GT(tiny_encoder().tokenize("<|eot_id|>").size(), 1U);
}

TEST(LlamaEncoder, QuantisedWeightsStayNearTheExactOnes) {
  LlamaEncoder& exact = tiny_encoder();
  LlamaOptions options = tiny_options();
  options.model = kModels / "tiny-llama-q8.gguf";
  LlamaEncoder quantised(options);
  const std::vector<std::string> texts = mixed_texts(10);
  // Rounding to 8 bits moves each weight by up to 0.4 % of its block's largest.
  EXPECT_LT(row_distance(encode(quantised, texts), encode(exact, texts), exact.width()), 0.05);
}

TEST(LlamaEncoder, RefusesWhatItCannotUse) {
  const testing::TempDirectory directory;
  LlamaOptions options = tiny_options();
  const std::string model = options.model.string();
  options.max_tokens = 9000;
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kUsage: " + model +
                ": max_tokens = 9000 is more than the 8192 tokens the model is made for");
  options.max_tokens = 3;
  options.prefix = "Title of the product:";
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kUsage: " + model +
                ": the prompt takes 6 tokens and leaves no room for a text; max_tokens = 3");
  options = tiny_options();
  options.batch_tokens = 1;
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kUsage: " + model + ": batch_tokens = 1 is less than 2");
  options.model = directory.path() / "none.gguf";
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kIo: " + options.model.string() + ": cannot be read; a GGUF model file was expected");
  write_file(options.model, "no model");
  EXPECT_EQ(failure_of([&] { LlamaEncoder{options}; }),
            "kData: " + options.model.string() +
                ": llama.cpp cannot load it: gguf_init_from_reader: invalid magic characters: "
                "'no m', expected 'GGUF'");
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/error.h"
#include "crossfade/features/llama/llama_encoder.h"

#include "tests/features/support.h"
#include "tests/support/golden.h"

namespace crossfade {
namespace {

using testing::failure_of;
using testing::floats;
using testing::read_golden;

// A real sentence encoder, which looks both ways and has no memory of keys and values.
class MiniLm : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(options_.model)) {
      GTEST_SKIP() << options_.model << " is not there; tools/minilm fetches it";
    }
    for (const Json& one : reference_) {
      texts_.push_back(one.at("text").get<std::string>());
    }
  }

  [[nodiscard]] std::vector<float> encode(const LlamaOptions& options) const {
    LlamaEncoder encoder(options);
    std::vector<float> out(texts_.size() * encoder.width());
    encoder.encode(texts_, out);
    return out;
  }

  static LlamaOptions options() {
    LlamaOptions options;
    options.model = CROSSFADE_MINILM;
    options.pooling = Pooling::kMean;
    options.max_tokens = 256;
    options.exact = true;
    options.threads = 1;
    return options;
  }

  static constexpr std::size_t kWidth = 384;
  LlamaOptions options_ = options();
  Json reference_ = read_golden("minilm").at("cases");
  std::vector<std::string> texts_;
};

double cosine(const float* a, const float* b, std::size_t width) {
  double product = 0;
  double a_squares = 0;
  double b_squares = 0;
  for (std::size_t j = 0; j < width; ++j) {
    product += double{a[j]} * double{b[j]};
    a_squares += double{a[j]} * double{a[j]};
    b_squares += double{b[j]} * double{b[j]};
  }
  return product / std::sqrt(a_squares * b_squares);
}

TEST_F(MiniLm, TokensAreThoseOfAnIndependentTokenizer) {
  const LlamaEncoder encoder(options_);
  for (const Json& one : reference_) {
    std::vector<std::int32_t> tokens = encoder.tokenize(one.at("text").get<std::string>());
    tokens.insert(tokens.begin(), 101);  // [CLS]
    tokens.push_back(102);               // [SEP]
    EXPECT_EQ(tokens, one.at("tokens").get<std::vector<std::int32_t>>());
  }
}

// llama.cpp takes the hyperbolic tangent for the error function in GELU: with that in the
// reference, vectors move by 1.2e-3 to 1.6e-3 of their length, which is the difference seen here.
TEST_F(MiniLm, VectorsAreThoseOfAnIndependentForwardPass) {
  const std::vector<float> vectors = encode(options_);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::vector<float> expected = floats(reference_.at(i).at("vector"));
    double difference = 0;
    double size = 0;
    for (std::size_t j = 0; j < kWidth; ++j) {
      difference += std::pow(double{vectors[i * kWidth + j]} - double{expected[j]}, 2);
      size += std::pow(double{expected[j]}, 2);
    }
    EXPECT_LT(std::sqrt(difference / size), 3e-3) << texts_[i];
  }
}

TEST_F(MiniLm, SentencesOfOneMeaningAreNear) {
  const std::vector<float> vectors = encode(options_);
  const float* kettle = vectors.data();
  EXPECT_GT(cosine(kettle, kettle + kWidth, kWidth), 0.5);      // another kettle
  EXPECT_LT(cosine(kettle, kettle + 2 * kWidth, kWidth), 0.2);  // a film
}

TEST_F(MiniLm, TextsAreEvaluatedWholeAndBatchesDoNotMatter) {
  const std::vector<float> together = encode(options_);
  options_.max_tokens = options_.batch_tokens = 25;  // room for one sentence each
  const std::vector<float> apart = encode(options_);
  for (std::size_t i = 0; i < together.size(); ++i) {
    // llama.cpp looks GELU up in a table of float16, so the last bits of its argument matter.
    EXPECT_NEAR(apart[i], together[i], 3e-4) << i;
  }
}

TEST_F(MiniLm, RefusesWhatItsArchitectureDoesNotAllow) {
  const std::string model = options_.model.string();
  options_.batch_tokens = 128;
  EXPECT_EQ(
      failure_of([&] { LlamaEncoder{options_}; }),
      "kUsage: " + model +
          ": max_tokens = 256 is more than batch_tokens = 128; this model reads a text in one "
          "piece");
  options_ = options();
  options_.pooling = Pooling::kFirstLastAvg;
  EXPECT_EQ(failure_of([&] { static_cast<void>(encode(options_)); }),
            "kUsage: " + model +
                ": this architecture does not show its first layer; use the pooling mean or "
                "last_token");
}

}  // namespace
}  // namespace crossfade

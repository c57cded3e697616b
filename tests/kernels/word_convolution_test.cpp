// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/word_convolution.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "word_runs.h"

namespace crossfade {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::expect_gradient;
using testing::expect_near;
using testing::in_double;
using testing::inner;
using testing::normal_values;
using testing::ragged_documents;
using testing::WordRuns;

constexpr std::size_t kRows = 6;

// The formula of the header, in double.
std::vector<double> naive(const WordRuns& runs,
                          ConvolutionShape shape,
                          const std::vector<double>& table,
                          const std::vector<double>& bias) {
  std::vector<double> out;
  for (std::size_t d = 0; d < runs.documents(); ++d) {
    const std::vector<std::int32_t> words = runs.document(d);
    const auto count = static_cast<int>(words.size());
    for (int t = 0; t < count; ++t) {
      for (std::size_t f = 0; f < shape.filters; ++f) {
        double sum = bias[f];
        for (int j = 0; j < static_cast<int>(shape.window); ++j) {
          const int at = t + j - static_cast<int>(shape.window) / 2;
          const std::int32_t word = at < 0 || at >= count ? kNoWord : words[at];
          if (word != kNoWord) {
            sum += table[(static_cast<std::size_t>(word) * shape.window + j) * shape.filters + f];
          }
        }
        out.push_back(std::max(sum, 0.0));
      }
    }
  }
  return out;
}

// Random tables, biases and gradients of one shape over ragged documents.
struct Convolution {
  explicit Convolution(ConvolutionShape wanted) : shape(wanted) {}

  [[nodiscard]] std::vector<float> run(const WordRuns& on) const {
    std::vector<float> out(on.positions() * shape.filters, -7.0F);
    convolve_words(on.view(), shape, table.data(), bias.data(), out.data());
    return out;
  }

  ConvolutionShape shape;
  WordRuns runs = ragged_documents(kRows, Rng(1));
  std::vector<float> table = normal_values(kRows * shape.window * shape.filters, Rng(2));
  std::vector<float> bias = normal_values(shape.filters, Rng(3));
  std::vector<float> out_gradient = normal_values(runs.positions() * shape.filters, Rng(4));
};

// A window of one word, one that most documents are longer than, and one that most are shorter
// than; filters that fill no vector register, one and a half, and the usual number.
const std::vector<ConvolutionShape> kShapes{{.window = 1, .filters = 3},
                                            {.window = 3, .filters = 12},
                                            {.window = 7, .filters = 4},
                                            {.window = 3, .filters = 50}};

TEST(ConvolveWords, AgreesWithTheFormula) {
  for (const ConvolutionShape shape : kShapes) {
    const Convolution c(shape);
    expect_near(c.run(c.runs), naive(c.runs, shape, in_double(c.table), in_double(c.bias)), 1e-6);
  }
}

// Table row w holds 10^w times 1, 2, 3 for the word before, at and after the position.
TEST(ConvolveWords, AgreesWithPaperAndPencil) {
  const std::vector<float> table{1, 2, 3, 10, 20, 30, 100, 200, 300};
  const float bias = -25.0F;
  const WordRuns runs{{0, 1, 2}, {2}, {}, {1, kNoWord, 0}};
  std::vector<float> out(7);
  convolve_words(runs.view(), {.window = 3, .filters = 1}, table.data(), &bias, out.data());
  // 2 + 30, 1 + 20 + 300, 10 + 200; 200; 20, 10 + 3, 2; less 25 and never below zero.
  EXPECT_THAT(out, ElementsAre(7, 296, 185, 175, 0, 0, 0));
}

TEST(ConvolveWords, ADocumentDoesNotDependOnItsNeighbours) {
  const Convolution c({.window = 5, .filters = 9});
  const std::vector<float> together = c.run(c.runs);
  std::vector<float> apart;
  for (std::size_t d = 0; d < c.runs.documents(); ++d) {
    const std::vector<float> alone = c.run(WordRuns{c.runs.document(d)});
    apart.insert(apart.end(), alone.begin(), alone.end());
  }
  EXPECT_EQ(together, apart);
}

TEST(ConvolveWords, OfNothingWritesNothing) {
  const Convolution c({.window = 3, .filters = 2});
  EXPECT_TRUE(c.run(WordRuns{}).empty());
  EXPECT_TRUE(c.run(WordRuns{{}, {}}).empty());
}

TEST(ConvolveWords, WithoutWordsGivesTheBias) {
  const Convolution c({.window = 3, .filters = 3});
  const std::vector<float> out = c.run(WordRuns{{kNoWord, kNoWord}});
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], std::max(c.bias[i % 3], 0.0F));
  }
}

TEST(ConvolveWordsBack, IsTheGradientOfTheFormula) {
  for (const ConvolutionShape shape : kShapes) {
    const Convolution c(shape);
    const std::vector<float> out = c.run(c.runs);
    std::vector<float> to_table(c.table.size());
    std::vector<float> to_bias(c.bias.size());
    convolve_words_back(c.runs.view(),
                        shape,
                        {.out = out.data(),
                         .out_gradient = c.out_gradient.data(),
                         .table_gradient = to_table.data(),
                         .bias_gradient = to_bias.data()});
    expect_gradient(to_table, in_double(c.table), [&](const std::vector<double>& table) {
      return inner(naive(c.runs, shape, table, in_double(c.bias)), c.out_gradient);
    });
    expect_gradient(to_bias, in_double(c.bias), [&](const std::vector<double>& bias) {
      return inner(naive(c.runs, shape, in_double(c.table), bias), c.out_gradient);
    });
  }
}

TEST(ConvolveWordsBack, AddsToWhatIsThere) {
  const WordRuns runs{{1}};
  const float out = 1.5F;
  const float given = 2.0F;
  std::vector<float> to_table{10, 20};
  float to_bias = 30.0F;
  convolve_words_back(runs.view(),
                      {.window = 1, .filters = 1},
                      {.out = &out,
                       .out_gradient = &given,
                       .table_gradient = to_table.data(),
                       .bias_gradient = &to_bias});
  EXPECT_THAT(to_table, ElementsAre(10, 22));
  EXPECT_EQ(to_bias, 32.0F);
}

TEST(ConvolveWordsBack, GivesNothingToWhatTheReluCuts) {
  Convolution c({.window = 3, .filters = 4});
  c.bias.assign(4, -1000.0F);
  const std::vector<float> out = c.run(c.runs);
  EXPECT_THAT(out, Each(0.0F));
  std::vector<float> to_table(c.table.size());
  std::vector<float> to_bias(c.bias.size());
  convolve_words_back(c.runs.view(),
                      c.shape,
                      {.out = out.data(),
                       .out_gradient = c.out_gradient.data(),
                       .table_gradient = to_table.data(),
                       .bias_gradient = to_bias.data()});
  EXPECT_THAT(to_table, Each(0.0F));
  EXPECT_THAT(to_bias, Each(0.0F));
}

}  // namespace
}  // namespace crossfade

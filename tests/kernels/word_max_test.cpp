// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/word_max.h"

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
constexpr std::size_t kWidth = 3;
constexpr std::size_t kTaps = WordMaxShape::kTaps;

// table[row, tap, f] = vectors[row] . weights[tap, f]
template <typename T>
std::vector<T> table_of(const std::vector<T>& vectors,
                        const std::vector<T>& weights,
                        std::size_t filters) {
  std::vector<T> table;
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t tap = 0; tap < kTaps * filters; ++tap) {
      T sum = 0;
      for (std::size_t k = 0; k < kWidth; ++k) {
        sum += vectors[row * kWidth + k] * weights[tap * kWidth + k];
      }
      table.push_back(sum);
    }
  }
  return table;
}

struct Maxima {
  std::vector<double> pooled;
  std::vector<std::int32_t> starts;
};

// The window of width `width` that starts at `start`, over a document followed by padding.
double window_sum(const std::vector<std::int32_t>& words,
                  std::size_t start,
                  std::size_t width,
                  std::size_t first_tap,
                  const std::vector<double>& table,
                  std::size_t filters,
                  std::size_t f) {
  double sum = 0.0;
  for (std::size_t j = 0; j < width; ++j) {
    const std::int32_t word = start + j < words.size() ? words[start + j] : kNoWord;
    if (word != kNoWord) {
      sum += table[(static_cast<std::size_t>(word) * kTaps + first_tap + j) * filters + f];
    }
  }
  return sum;
}

// The formula of the header, in double: of equal sums the first counts.
Maxima naive(const WordRuns& runs,
             std::size_t filters,
             const std::vector<double>& table,
             const std::vector<double>& bias) {
  Maxima out;
  for (std::size_t d = 0; d < runs.documents(); ++d) {
    const std::vector<std::int32_t> words = runs.document(d);
    std::size_t first_tap = 0;
    for (std::size_t w = 0; w < 3; ++w) {
      const std::size_t width = 3 + w;
      for (std::size_t f = 0; f < filters; ++f) {
        double best = std::max(bias[w * filters + f], 0.0);  // Of padding alone.
        std::int32_t where = -1;
        for (std::size_t start = 0; start < words.size(); ++start) {
          const double value =
              bias[w * filters + f] + window_sum(words, start, width, first_tap, table, filters, f);
          if (value > best) {
            best = value;
            where = static_cast<std::int32_t>(start);
          }
        }
        out.pooled.push_back(best);
        out.starts.push_back(where);
      }
      first_tap += width;
    }
  }
  return out;
}

// Random vectors, weights and biases over ragged documents, and what max_words makes of them.
struct Pooling {
  explicit Pooling(std::size_t filters)
      : shape{.filters = filters},
        weights(normal_values(kTaps * filters * kWidth, Rng(3))),
        bias(normal_values(shape.outputs(), Rng(4))) {
    run(ragged_documents(kRows, Rng(1)));
  }

  void run(const WordRuns& on) {
    runs = on;
    pooled.assign(runs.documents() * shape.outputs(), -7.0F);
    starts.assign(pooled.size(), -7);
    const std::vector<float> table = table_of(vectors, weights, shape.filters);
    max_words(runs.view(), shape, table.data(), bias.data(), starts.data(), pooled.data());
  }

  void back(const std::vector<float>& pooled_gradient) {
    max_words_back(runs.view(),
                   shape,
                   {.vectors = vectors.data(),
                    .weights = weights.data(),
                    .width = kWidth,
                    .starts = starts.data(),
                    .pooled = pooled.data(),
                    .pooled_gradient = pooled_gradient.data(),
                    .vector_gradient = to_vectors.data(),
                    .weight_gradient = to_weights.data(),
                    .bias_gradient = to_bias.data()});
  }

  WordMaxShape shape;
  WordRuns runs;
  std::vector<float> vectors = normal_values(kRows * kWidth, Rng(2));
  std::vector<float> weights;
  std::vector<float> bias;
  std::vector<std::int32_t> starts;
  std::vector<float> pooled;
  std::vector<float> to_vectors = std::vector<float>(vectors.size());
  std::vector<float> to_weights = std::vector<float>(weights.size());
  std::vector<float> to_bias = std::vector<float>(bias.size());
};

// Filters that fill no vector register, and one and a half.
const std::vector<std::size_t> kFilters{1, 3, 12};

TEST(MaxWords, AgreesWithTheFormula) {
  for (const std::size_t filters : kFilters) {
    const Pooling p(filters);
    const Maxima reference = naive(p.runs,
                                   filters,
                                   table_of(in_double(p.vectors), in_double(p.weights), filters),
                                   in_double(p.bias));
    expect_near(p.pooled, reference.pooled, 1e-5);
    EXPECT_EQ(p.starts, reference.starts);
  }
}

TEST(MaxWords, AppendedPaddingChangesNothing) {
  Pooling p(4);
  const std::vector<float> pooled = p.pooled;
  const std::vector<std::int32_t> starts = p.starts;
  WordRuns padded;
  for (std::size_t d = 0; d < p.runs.documents(); ++d) {
    std::vector<std::int32_t> document = p.runs.document(d);
    document.insert(document.end(), 3 * d, kNoWord);
    padded.add(document);
  }
  p.run(padded);
  EXPECT_EQ(p.pooled, pooled);
  EXPECT_EQ(p.starts, starts);
}

TEST(MaxWords, ADocumentDoesNotDependOnItsNeighbours) {
  Pooling p(5);
  const WordRuns runs = p.runs;
  const std::vector<float> together = p.pooled;
  std::vector<float> apart;
  for (std::size_t d = 0; d < runs.documents(); ++d) {
    p.run(WordRuns{runs.document(d)});
    apart.insert(apart.end(), p.pooled.begin(), p.pooled.end());
  }
  EXPECT_EQ(together, apart);
}

TEST(MaxWords, OfDocumentsWithoutWordsAreTheBias) {
  Pooling p(2);
  p.bias = {1.0F, -1.0F, 2.0F, -2.0F, 3.0F, 0.0F};
  p.run(WordRuns{{}, {kNoWord, kNoWord, kNoWord}});
  EXPECT_THAT(p.pooled, ElementsAre(1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 3, 0));
  EXPECT_THAT(p.starts, Each(-1));
}

// Every word adds kWidth to each window it is in, so all whole windows are equal and largest.
TEST(MaxWords, OfEqualWindowsTheFirstCounts) {
  Pooling p(2);
  std::ranges::fill(p.vectors, 1.0F);
  std::ranges::fill(p.weights, 1.0F);
  std::ranges::fill(p.bias, 0.5F);
  p.run(WordRuns{{4, 3, 4, 2, 4, 1, 4, 0, 4, 5}, {kNoWord, 1, 2, 3, 4, 5, kNoWord}});
  EXPECT_THAT(p.starts, ElementsAre(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(p.pooled,
              ElementsAre(9.5, 9.5, 12.5, 12.5, 15.5, 15.5, 9.5, 9.5, 12.5, 12.5, 15.5, 15.5));
}

TEST(MaxWordsBack, IsTheGradientOfTheFormula) {
  for (const std::size_t filters : kFilters) {
    Pooling p(filters);
    const std::vector<float> given = normal_values(p.pooled.size(), Rng(6));
    p.back(given);
    const auto loss = [&](const std::vector<double>& vectors,
                          const std::vector<double>& weights,
                          const std::vector<double>& bias) {
      return inner(naive(p.runs, filters, table_of(vectors, weights, filters), bias).pooled, given);
    };
    const auto vectors = in_double(p.vectors);
    const auto weights = in_double(p.weights);
    const auto bias = in_double(p.bias);
    expect_gradient(p.to_vectors, vectors, [&](const auto& at) { return loss(at, weights, bias); });
    expect_gradient(p.to_weights, weights, [&](const auto& at) { return loss(vectors, at, bias); });
    expect_gradient(p.to_bias, bias, [&](const auto& at) { return loss(vectors, weights, at); });
  }
}

TEST(MaxWordsBack, AddsToWhatIsThere) {
  Pooling once(3);
  const std::vector<float> given = normal_values(once.pooled.size(), Rng(6));
  once.back(given);
  Pooling more(3);
  more.to_vectors.assign(more.to_vectors.size(), 8.0F);
  more.to_weights.assign(more.to_weights.size(), 16.0F);
  more.to_bias.assign(more.to_bias.size(), 32.0F);
  more.back(given);
  for (std::size_t i = 0; i < once.to_vectors.size(); ++i) {
    EXPECT_NEAR(more.to_vectors[i], 8.0F + once.to_vectors[i], 1e-4F);
  }
  for (std::size_t i = 0; i < once.to_weights.size(); ++i) {
    EXPECT_NEAR(more.to_weights[i], 16.0F + once.to_weights[i], 1e-4F);
  }
  for (std::size_t i = 0; i < once.to_bias.size(); ++i) {
    EXPECT_NEAR(more.to_bias[i], 32.0F + once.to_bias[i], 1e-4F);
  }
}

TEST(MaxWordsBack, GivesPaddingItsBiasOnly) {
  Pooling p(2);
  p.bias = {1.0F, -1.0F, 2.0F, -2.0F, 3.0F, 0.0F};
  p.run(WordRuns{{}, {kNoWord}});
  p.back(std::vector<float>(12, 0.5F));
  EXPECT_THAT(p.to_bias, ElementsAre(1, 0, 1, 0, 1, 0));
  EXPECT_THAT(p.to_vectors, Each(0.0F));
  EXPECT_THAT(p.to_weights, Each(0.0F));
}

}  // namespace
}  // namespace crossfade

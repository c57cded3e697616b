// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/aspect_pool.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>

#include "word_runs.h"

namespace crossfade {
namespace {

using ::testing::Each;
using testing::expect_gradient;
using testing::expect_near;
using testing::in_double;
using testing::inner;
using testing::normal_values;

// Documents of no position, one, some and all of `length`.
const std::vector<std::int64_t> kOffsets{0, 0, 1, 4, 10, 10, 12, 18, 18};

// Widths that fill no vector register, exactly two, and one and a bit.
const std::vector<AspectShape> kShapes{{.aspects = 3, .width = 5, .length = 6},
                                       {.aspects = 2, .width = 16, .length = 6},
                                       {.aspects = 1, .width = 11, .length = 6}};

struct Pooled {
  std::vector<double> attention;
  std::vector<double> pooled;
};

double gated(const std::vector<double>& h, AspectShape shape, std::size_t t, std::size_t k) {
  const double* row = h.data() + t * 2 * shape.total();
  return row[shape.total() + k] / (1.0 + std::exp(-row[k]));
}

// One aspect of one document [first, last): the softmax as the header writes it, over all of
// `length` positions.
void pool(const std::vector<double>& h,
          const std::vector<double>& v,
          AspectShape shape,
          std::size_t first,
          std::size_t last,
          std::size_t m,
          Pooled& out) {
  double sum = static_cast<double>(shape.length - (last - first));
  std::vector<double> exponentials;
  for (std::size_t t = first; t < last; ++t) {
    double logit = 0.0;
    for (std::size_t k = m * shape.width; k < (m + 1) * shape.width; ++k) {
      logit += gated(h, shape, t, k) * v[k];
    }
    exponentials.push_back(std::exp(logit));
    sum += exponentials.back();
  }
  for (std::size_t k = m * shape.width; k < (m + 1) * shape.width; ++k) {
    double value = 0.0;
    for (std::size_t t = first; t < last; ++t) {
      value += exponentials[t - first] / sum * gated(h, shape, t, k);
    }
    out.pooled.push_back(value);
  }
  for (std::size_t t = first; t < last; ++t) {
    out.attention[t * shape.aspects + m] = exponentials[t - first] / sum;
  }
}

Pooled naive(const std::vector<double>& h, const std::vector<double>& v, AspectShape shape) {
  Pooled out;
  out.attention.resize(static_cast<std::size_t>(kOffsets.back()) * shape.aspects);
  for (std::size_t d = 0; d + 1 < kOffsets.size(); ++d) {
    for (std::size_t m = 0; m < shape.aspects; ++m) {
      pool(h,
           v,
           shape,
           static_cast<std::size_t>(kOffsets[d]),
           static_cast<std::size_t>(kOffsets[d + 1]),
           m,
           out);
    }
  }
  return out;
}

// Random gates, projections and aspects, and what pool_aspects makes of them.
struct Pooling {
  explicit Pooling(AspectShape wanted)
      : shape(wanted),
        h(normal_values(positions() * 2 * shape.total(), Rng(1))),
        v(normal_values(shape.total(), Rng(2))) {
    run();
  }

  [[nodiscard]] static std::size_t positions() { return static_cast<std::size_t>(kOffsets.back()); }

  void run() {
    attention.assign(positions() * shape.aspects, -7.0F);
    pooled.assign((kOffsets.size() - 1) * shape.total(), -7.0F);
    pool_aspects(kOffsets, shape, h.data(), v.data(), attention.data(), pooled.data());
  }

  void back(const std::vector<float>& pooled_gradient) {
    pool_aspects_back(kOffsets,
                      shape,
                      {.h = h.data(),
                       .v = v.data(),
                       .attention = attention.data(),
                       .pooled = pooled.data(),
                       .pooled_gradient = pooled_gradient.data(),
                       .h_gradient = to_h.data(),
                       .v_gradient = to_v.data()});
  }

  // The sum of a document's attention to aspect m.
  [[nodiscard]] double sum_of_attention(std::size_t d, std::size_t m) const {
    double sum = 0.0;
    for (auto t = static_cast<std::size_t>(kOffsets[d]);
         t < static_cast<std::size_t>(kOffsets[d + 1]);
         ++t) {
      sum += attention[t * shape.aspects + m];
    }
    return sum;
  }

  AspectShape shape;
  std::vector<float> h;
  std::vector<float> v;
  std::vector<float> attention;
  std::vector<float> pooled;
  std::vector<float> to_h = std::vector<float>(h.size(), 1e6F);
  std::vector<float> to_v = std::vector<float>(v.size());
};

TEST(PoolAspects, AgreesWithTheFormula) {
  for (const AspectShape shape : kShapes) {
    const Pooling p(shape);
    const Pooled reference = naive(in_double(p.h), in_double(p.v), shape);
    expect_near(p.attention, reference.attention, 2e-6);
    expect_near(p.pooled, reference.pooled, 2e-6);
  }
}

TEST(PoolAspects, AttentionOfAFullDocumentSumsToOneAndOfAShorterOneToLess) {
  for (const AspectShape shape : kShapes) {
    const Pooling p(shape);
    for (std::size_t d = 0; d + 1 < kOffsets.size(); ++d) {
      const auto count = static_cast<std::size_t>(kOffsets[d + 1] - kOffsets[d]);
      for (std::size_t m = 0; m < shape.aspects; ++m) {
        if (count == shape.length) {
          EXPECT_NEAR(p.sum_of_attention(d, m), 1.0, 1e-6);
        } else {
          EXPECT_LT(p.sum_of_attention(d, m), 0.999);
        }
      }
    }
  }
}

TEST(PoolAspects, PositionsThatAreAllAlikeShareTheAttention) {
  Pooling p(kShapes[0]);
  std::ranges::fill(p.v, 0.0F);  // Every exponent is 0, as in the padding.
  p.run();
  for (const float weight : p.attention) {
    EXPECT_NEAR(weight, 1.0 / 6.0, 1e-7);
  }
}

TEST(PoolAspects, EmptyDocumentsPoolToZero) {
  const Pooling p(kShapes[0]);
  for (const std::size_t d : {0, 4, 7}) {
    for (std::size_t k = 0; k < p.shape.total(); ++k) {
      EXPECT_EQ(p.pooled[d * p.shape.total() + k], 0.0F);
    }
  }
}

// sigmoid(-10^4), logits of 10^8 and of -10^8: nothing overflows.
TEST(PoolAspects, StaysFiniteFarOut) {
  for (const float scale : {1e4F, -1e4F}) {
    Pooling p(kShapes[1]);
    std::ranges::for_each(p.h, [&](float& value) { value *= scale; });
    std::ranges::for_each(p.v, [&](float& value) { value *= 1e4F; });
    p.run();
    p.back(normal_values(p.pooled.size(), Rng(3)));
    for (const std::vector<float>* values : {&p.attention, &p.pooled, &p.to_h, &p.to_v}) {
      EXPECT_TRUE(std::ranges::all_of(*values, [](float x) { return std::isfinite(x); }));
    }
    for (std::size_t m = 0; m < p.shape.aspects; ++m) {
      EXPECT_NEAR(p.sum_of_attention(3, m), 1.0, 1e-6);
    }
  }
}

TEST(PoolAspectsBack, IsTheGradientOfTheFormula) {
  for (const AspectShape shape : kShapes) {
    Pooling p(shape);
    const std::vector<float> given = normal_values(p.pooled.size(), Rng(3));
    p.back(given);
    expect_gradient(p.to_h, in_double(p.h), [&](const std::vector<double>& h) {
      return inner(naive(h, in_double(p.v), shape).pooled, given);
    });
    expect_gradient(p.to_v, in_double(p.v), [&](const std::vector<double>& v) {
      return inner(naive(in_double(p.h), v, shape).pooled, given);
    });
  }
}

TEST(PoolAspectsBack, AddsToTheAspectsAndWritesTheRest) {
  Pooling once(kShapes[0]);
  const std::vector<float> given = normal_values(once.pooled.size(), Rng(3));
  once.back(given);
  Pooling again(kShapes[0]);
  again.back(given);
  again.back(given);
  EXPECT_EQ(again.to_h, once.to_h);
  for (std::size_t k = 0; k < once.to_v.size(); ++k) {
    EXPECT_NEAR(again.to_v[k], 2.0F * once.to_v[k], 1e-5F);
  }
}

TEST(PoolAspectsBack, OfNothingGivenIsNothing) {
  Pooling p(kShapes[0]);
  p.back(std::vector<float>(p.pooled.size()));
  EXPECT_THAT(p.to_h, Each(0.0F));
  EXPECT_THAT(p.to_v, Each(0.0F));
}

}  // namespace
}  // namespace crossfade

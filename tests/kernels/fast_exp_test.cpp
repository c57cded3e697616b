// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/fast_exp.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/kernels/simd.h"

namespace crossfade {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// As kernels use it: compiled for what the machine has.
CROSSFADE_SIMD void exponentials(const std::vector<float>& in, std::vector<float>& out) {
  out.resize(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = fast_exp(in[i]);
  }
}

// Floats of both signs from the smallest to the ends of the range, every `stride`th.
std::vector<float> floats_in_range(std::uint32_t stride) {
  std::vector<float> out;
  for (const std::uint32_t sign : {0U, 0x80000000U}) {
    for (std::uint32_t bits = 0;; bits += stride) {
      const float x = std::bit_cast<float>(bits | sign);
      if (x < -87.0F || x > 88.0F) {
        break;
      }
      out.push_back(x);
    }
  }
  return out;
}

double relative_error(float value, float x) {
  const double exact = std::exp(double{x});
  return std::abs(value - exact) / exact;
}

// 1.2e-7 is one unit in the last place of a float just above a power of two, two below one. The
// worst of the floats looked at is wrong by 9.8e-8, with fused multiply-add by 7.5e-8.
constexpr double kError = 1.2e-7;

TEST(FastExp, AgreesWithTheLibrarysOverTheWholeRange) {
  const std::vector<float> in = floats_in_range(4999);
  std::vector<float> out;
  exponentials(in, out);
  ASSERT_GT(in.size(), 400'000U);
  for (std::size_t i = 0; i < in.size(); ++i) {
    ASSERT_LT(relative_error(out[i], in[i]), kError) << in[i];
    ASSERT_LT(relative_error(fast_exp(in[i]), in[i]), kError) << in[i];
  }
}

// Equally spaced: most floats are small, and so most of those above.
TEST(FastExp, AgreesWithTheLibrarysOnAGrid) {
  for (int n = -87 * 2048; n <= 88 * 2048; ++n) {
    const float x = static_cast<float>(n) / 2048.0F;
    ASSERT_LT(relative_error(fast_exp(x), x), kError) << x;
  }
}

TEST(FastExp, OfZeroIsOne) {
  EXPECT_EQ(fast_exp(0.0F), 1.0F);
  EXPECT_EQ(fast_exp(-0.0F), 1.0F);
  EXPECT_EQ(fast_exp(std::numeric_limits<float>::denorm_min()), 1.0F);
}

TEST(FastExp, IsClampedOutsideItsRange) {
  for (const float x : {88.0001F, 89.0F, 1000.0F, std::numeric_limits<float>::max(), kInfinity}) {
    EXPECT_EQ(fast_exp(x), fast_exp(88.0F)) << x;
    EXPECT_EQ(fast_exp(-x), fast_exp(-87.0F)) << -x;
  }
  EXPECT_LT(fast_exp(88.0F), std::numeric_limits<float>::max());
  EXPECT_GE(fast_exp(-87.0F), std::numeric_limits<float>::min());
}

TEST(FastExp, OfNoNumberIsNone) {
  EXPECT_TRUE(std::isnan(fast_exp(std::numeric_limits<float>::quiet_NaN())));
}

// Neighbours that round differently may stand the wrong way round, by one unit in the last place.
TEST(FastExp, GrowsWithItsArgumentUpToRounding) {
  float previous = fast_exp(-90.0F);
  for (float x = -90.0F; x < 90.0F; x += 0.000244140625F) {
    const float value = fast_exp(x);
    ASSERT_GE(value, previous * (1.0F - 1.2e-7F)) << x;
    previous = value;
  }
}

}  // namespace
}  // namespace crossfade

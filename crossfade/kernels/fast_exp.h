// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace crossfade {

/// e^x to two units in the last place, for x in [-87, 88] and clamped outside: without branches or
/// calls, so that loops over it are vectorised. Becomes part of its caller (simd.h).
[[gnu::always_inline]] inline float fast_exp(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer.
  const float clamped = std::min(std::max(x, -87.0F), 88.0F);
  const float shifted = clamped * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = clamped - n * kLn2High - n * kLn2Low;
  // The Taylor series: |r| <= ln 2 / 2.
  float e = 1.0F / 5040.0F;
  e = e * r + 1.0F / 720.0F;
  e = e * r + 1.0F / 120.0F;
  e = e * r + 1.0F / 24.0F;
  e = e * r + 1.0F / 6.0F;
  e = e * r + 0.5F;
  e = e * r + 1.0F;
  e = e * r + 1.0F;
  const auto power = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) << 23U);
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(e) + power);
}

}  // namespace crossfade

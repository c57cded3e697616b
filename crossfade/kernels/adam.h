// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace crossfade {

/// What keeps a step finite where a gradient has always been zero.
inline constexpr float kAdamEpsilon = 1e-8F;

/// What the number of a step does to its size (Kingma and Ba, ICLR 2015; bias correction as in
/// torch.optim.Adam): p -= size * m / (root_scale * sqrt(v) + 1e-8).
struct AdamStep {
  float size = 0.0F;
  float root_scale = 1.0F;
};

/// Step number `step`, from 1.
[[nodiscard]] AdamStep adam_step(std::int64_t step, double learning_rate);

/// A run of parameters with gradient and moments, all of one length; owns nothing.
struct AdamRun {
  float* values;
  float* first;   ///< Running mean of the gradient, decay 0.9.
  float* second;  ///< Running mean of its square, decay 0.999.
  const float* gradient;
  std::size_t count;
};

/// Moves the parameters by one step; `weight_decay` times the parameter is added to its gradient.
/// Becomes part of its caller, and of the instructions that one is compiled for (simd.h).
[[gnu::always_inline]] inline void adam_move_inlined(const AdamRun& run,
                                                     AdamStep step,
                                                     float weight_decay) {
  constexpr float kBeta1 = 0.9F;
  constexpr float kBeta2 = 0.999F;
  constexpr float kRest1 = 0.1F;    // Not 1 - kBeta1, which is off in the seventh place,
  constexpr float kRest2 = 0.001F;  // and this one in the fifth.
  float* __restrict p = run.values;
  float* __restrict m = run.first;
  float* __restrict v = run.second;
  const float* __restrict gradient = run.gradient;
  for (std::size_t i = 0; i < run.count; ++i) {
    const float g = gradient[i] + weight_decay * p[i];
    m[i] = kBeta1 * m[i] + kRest1 * g;
    v[i] = kBeta2 * v[i] + kRest2 * g * g;
    p[i] -= step.size * m[i] / (step.root_scale * std::sqrt(v[i]) + kAdamEpsilon);
  }
}

/// The same as a function of its own.
void adam_move(const AdamRun& run, AdamStep step, float weight_decay);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adam.h"

#include <cmath>

#include "crossfade/kernels/simd.h"

namespace crossfade {

AdamStep adam_step(std::int64_t step, double learning_rate) {
  const auto number = static_cast<double>(step);
  return {.size = static_cast<float>(learning_rate / (1.0 - std::pow(0.9, number))),
          .root_scale = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(0.999, number)))};
}

CROSSFADE_SIMD void adam_move(const AdamRun& run, AdamStep step, float weight_decay) {
  constexpr float kBeta1 = 0.9F;
  constexpr float kBeta2 = 0.999F;
  constexpr float kRest1 = 0.1F;    // Not 1 - kBeta1, which is off in the seventh place,
  constexpr float kRest2 = 0.001F;  // and this one in the fifth.
  constexpr float kEpsilon = 1e-8F;
  float* __restrict p = run.values;
  float* __restrict m = run.first;
  float* __restrict v = run.second;
  const float* __restrict gradient = run.gradient;
  for (std::size_t i = 0; i < run.count; ++i) {
    const float g = gradient[i] + weight_decay * p[i];
    m[i] = kBeta1 * m[i] + kRest1 * g;
    v[i] = kBeta2 * v[i] + kRest2 * g * g;
    p[i] -= step.size * m[i] / (step.root_scale * std::sqrt(v[i]) + kEpsilon);
  }
}

}  // namespace crossfade

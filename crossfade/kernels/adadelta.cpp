// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adadelta.h"

#include <cmath>

#include "crossfade/kernels/simd.h"

namespace crossfade {

CROSSFADE_SIMD void adadelta_move(const AdadeltaRun& run, float size, float rho) {
  constexpr float kEpsilon = 1e-6F;
  float* __restrict p = run.values;
  float* __restrict squares = run.squares;
  float* __restrict deltas = run.deltas;
  const float* __restrict gradient = run.gradient;
  const float rest = 1.0F - rho;
  for (std::size_t i = 0; i < run.count; ++i) {
    const float g = gradient[i];
    squares[i] = rho * squares[i] + rest * g * g;
    const float delta = std::sqrt((deltas[i] + kEpsilon) / (squares[i] + kEpsilon)) * g;
    deltas[i] = rho * deltas[i] + rest * delta * delta;
    p[i] -= size * delta;
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/adam.h"

#include "crossfade/kernels/simd.h"

namespace crossfade {

AdamStep adam_step(std::int64_t step, double learning_rate) {
  const auto number = static_cast<double>(step);
  return {.size = static_cast<float>(learning_rate / (1.0 - std::pow(0.9, number))),
          .root_scale = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(0.999, number)))};
}

CROSSFADE_SIMD void adam_move(const AdamRun& run, AdamStep step, float weight_decay) {
  adam_move_inlined(run, step, weight_decay);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossfade {

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
void adam_move(const AdamRun& run, AdamStep step, float weight_decay);

}  // namespace crossfade

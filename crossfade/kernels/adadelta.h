// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace crossfade {

/// A run of parameters with gradient and running means, all of one length; owns nothing.
struct AdadeltaRun {
  float* values;
  float* squares;  ///< Running mean of the squared gradient.
  float* deltas;   ///< Running mean of the squared step.
  const float* gradient;
  std::size_t count;
};

/// Moves the parameters by one step of Adadelta (Zeiler 2012), the numbers of
/// torch.optim.Adadelta with epsilon 1e-6: delta = sqrt(D + e) / sqrt(S + e) g, p -= size delta,
/// where S and D are the means of g^2 and delta^2 with decay `rho`.
void adadelta_move(const AdadeltaRun& run, float size, float rho);

}  // namespace crossfade

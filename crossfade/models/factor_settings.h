// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossfade/core/settings.h"
#include "crossfade/kernels/joint_factors.h"
#include "crossfade/models/model.h"

namespace crossfade {

/// Settings of the biased, regularised factorisation.
struct FactorSettings {
  std::int64_t dimension = 16;
  double l2 = 15.0;
  double bias_damping = 5.0;
  std::int64_t sweeps = 12;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dimension", self.dimension, "Length of user and item vectors.", Range{1, 512});
    field("l2", self.l2, "Ridge on every user and item vector.", Range{1e-6, 1e6});
    field("bias_damping", self.bias_damping, "Added to the count under every bias.", Range{0, 1e6});
    field("sweeps", self.sweeps, "Alternating least squares sweeps.", Range{1, 1000});
  }

  [[nodiscard]] JointFactorOptions options() const {
    return {.dimension = static_cast<std::size_t>(dimension),
            .l2 = l2,
            .bias_damping = bias_damping,
            .sweeps = static_cast<int>(sweeps)};
  }
};

/// r_ui = mean + bias_u + bias_i + p_u . q_i as plain dot products: the user vector is
/// [mean + bias_u, 1, p_u], the target item's [1, bias_i, q_i].
[[nodiscard]] Factors biased_factors(const JointFactors& joint);

}  // namespace crossfade

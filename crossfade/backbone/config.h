// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossfade/core/settings.h"

namespace crossfade {

/// The factor model of the published baselines: r = u . v, no bias, no mean (PTUPCDR and DiffCDR
/// code, models.py).
struct PlainBackboneConfig {
  std::int64_t dimension = 10;
  double init_std = 1.0;
  std::int64_t epochs = 10;
  std::int64_t batch_size = 256;
  double learning_rate = 0.01;
  double weight_decay = 0.0;
  bool lazy = false;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dimension",
          self.dimension,
          "Length of user and item vectors; 10 in PTUPCDR and DiffCDR, 32 in MuSiC's tables.",
          Range{1, 512});
    field("init_std",
          self.init_std,
          "Standard deviation of the start; 1 is what torch.nn.Embedding does, and what users and "
          "items without training ratings keep.",
          Range{0.0, 10.0});
    field("epochs",
          self.epochs,
          "Passes over the training ratings (10 in the code).",
          Range{1, 10000});
    field("batch_size",
          self.batch_size,
          "Ratings per step; 256 or 512 in the published code.",
          Range{1, 1e7});
    field("learning_rate", self.learning_rate, "Adam step size.", Range{1e-8, 10.0});
    field("weight_decay", self.weight_decay, "L2 on all vectors; 0 as published.", Range{0, 100});
    field("lazy",
          self.lazy,
          "Leave rows outside a batch where they are; false is Adam as torch computes it.");
  }
};

/// The same at its best: r = mu + b_u + b_i + p_u . q_i with ridges, by alternating least squares.
struct BiasedBackboneConfig {
  std::int64_t dimension = 16;
  double l2 = 15.0;
  double bias_damping = 5.0;
  std::int64_t sweeps = 12;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dimension", self.dimension, "Length of the vectors beside the biases.", Range{1, 512});
    field("l2", self.l2, "Ridge on every user and item vector.", Range{1e-6, 1e6});
    field("bias_damping", self.bias_damping, "Added to the count under every bias.", Range{0, 1e6});
    field("sweeps", self.sweeps, "Alternating least squares sweeps.", Range{1, 1000});
  }
};

/// Factor models of each domain, trained once per split and shared by the models that map from
/// one to the other: the [backbone] table of a recipe.
struct BackboneConfig {
  PlainBackboneConfig plain;
  BiasedBackboneConfig biased;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("plain", self.plain, "What the published baselines stand on.");
    field("biased", self.biased, "What their + variants stand on.");
  }
};

}  // namespace crossfade

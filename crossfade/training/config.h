// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossfade/core/settings.h"

namespace crossfade {

/// How models are trained: the [training] table of a recipe. What belongs to one model (epochs,
/// step sizes) is a setting of that model.
struct TrainingConfig {
  std::string select = "val";
  std::string device = "cpu";
  double checkpoint_seconds = 10.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("select",
          self.select,
          "What decides on the epoch that is kept: val (held-out validation users), last, or "
          "test-oracle (the test users themselves: only to reproduce published tables).",
          OneOf{{"val", "last", "test-oracle"}});
    field("device", self.device, "cpu, cuda, or cuda:1 and so on.");
    field("checkpoint_seconds",
          self.checkpoint_seconds,
          "Time between checkpoints; 0 = after every epoch. The result does not depend on it.",
          Range{0.0, 86400.0});
  }
};

}  // namespace crossfade

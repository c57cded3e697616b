// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossfade/core/settings.h"
#include "crossfade/models/model.h"

namespace crossfade {

/// How the map of a transfer model is trained: the part of its settings that all of them have.
/// Defaults are those of PTUPCDR's and DiffCDR's code.
struct MapTraining {
  std::int64_t epochs = 10;
  std::int64_t batch_size = 128;
  double learning_rate = 0.01;
  double weight_decay = 0.0;
  std::int64_t patience = 0;

  /// Visits the members; `rows` says what an epoch passes over.
  template <typename Self, typename Visitor>
  static void visit_training(Self& self, Visitor& field, const std::string& rows) {
    field("epochs", self.epochs, "Passes over " + rows + " (10 in the code).", Range{1, 10000});
    field("batch_size", self.batch_size, "Rows per step (64 to 512 in the code).", Range{1, 1e6});
    field("learning_rate",
          self.learning_rate,
          "Adam step size (0.01 in the code; 0.001 for lacdr and diffcdr).",
          Range{1e-8, 10.0});
    field("weight_decay", self.weight_decay, "L2 on all weights (0 in the code).", Range{0, 100});
    field(
        "patience", self.patience, "Epochs without a better value; 0 = never stop.", Range{0, 1e4});
  }

  [[nodiscard]] Schedule schedule() const {
    return {.epochs = epochs,
            .batch_size = batch_size,
            .learning_rate = learning_rate,
            .weight_decay = weight_decay,
            .patience = patience};
  }
};

/// Rows of most transfer models, for people.
inline constexpr const char* kOverlapRatings = "the overlapping users' target ratings";

}  // namespace crossfade

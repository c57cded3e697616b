// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "crossfade/core/npy.h"
#include "crossfade/core/progress.h"
#include "crossfade/core/random.h"
#include "crossfade/dataset/dataset.h"
#include "crossfade/dataset/per_domain.h"
#include "crossfade/dataset/split.h"
#include "crossfade/features/config.h"

namespace crossfade {

/// Who listens to a features build.
struct FeatureCallbacks {
  OnProgress on_progress;
  OnNote on_note;
};

/// One flag per row: 1 where it takes part.
using RowMask = std::vector<std::uint8_t>;

/// What of one domain may be fitted on.
struct TrainingRows {
  RowMask users;             ///< Has training ratings here; nobody else's texts are read.
  RowMask items;             ///< Has a training rating.
  std::int64_t ratings = 0;  ///< How many there are.
};

[[nodiscard]] PerDomain<TrainingRows> find_training_rows(const Dataset& dataset,
                                                         const Split& split);

/// The element type that config.dtype names.
[[nodiscard]] NpyType element_type(const FeaturesConfig& config);

/// What every encoder of one build works with.
struct Workspace {
  const FeaturesConfig& config;
  std::filesystem::path ingest;   ///< The ingest artifact.
  std::filesystem::path scratch;  ///< For intermediate files; removed after the build.
  const Dataset& dataset;
  PerDomain<TrainingRows> training;
  Rng rng;
  const FeatureCallbacks& callbacks;
};

}  // namespace crossfade

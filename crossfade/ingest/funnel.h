// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/database.h"
#include "crossfade/ingest/config.h"

namespace crossfade {

/// What is left after one step of the filters of a domain.
struct FunnelStep {
  std::string step;          ///< "read", "duplicates", "reviews under 10 words", ...
  std::int64_t rows = 0;     ///< Reviews left.
  std::int64_t users = 0;    ///< Users left; of "read" not known, 0.
  std::int64_t items = 0;    ///< Items left; of "read" not known, 0.
  std::int64_t dropped = 0;  ///< Reviews that this step removed.
};

/// Applies the filters of `config` to table `keys_<domain>` (row, user, item, time, long_enough),
/// using `items_<domain>` (code, description, image), and says what each step left. Order and
/// meaning: METHODS 1.3. Steps that are switched off are left out.
/// @throws Error  kData, naming the step and its setting, when no row is left.
[[nodiscard]] std::vector<FunnelStep> apply_filters(Database& database,
                                                    const IngestConfig& config,
                                                    const std::string& domain);

/// The funnels of both domains, as the manifest of an ingest artifact holds them, as a table of
/// text: one line per step with rows, users and items left and rows dropped.
[[nodiscard]] std::string funnel_table(const Manifest& manifest);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "crossfade/core/progress.h"
#include "crossfade/synth/config.h"

namespace crossfade {

/// What was written for one shop.
struct ShopSummary {
  std::int64_t items = 0;       ///< Planted; those without metadata included.
  std::int64_t item_lines = 0;  ///< Lines of the item file.
  std::int64_t images = 0;      ///< Files in images/.
  std::int64_t missing_descriptions = 0;
  std::int64_t reviews = 0;            ///< Planted: one per user and item.
  std::int64_t duplicate_reviews = 0;  ///< Lines beyond those.
  std::int64_t malformed_lines = 0;    ///< Lines beyond those.
  std::int64_t review_bytes = 0;
};

/// What `synthesize` wrote.
struct SynthSummary {
  std::int64_t overlap_users = 0;
  std::int64_t auxiliary_users = 0;  ///< Users of the source only.
  std::int64_t side_users = 0;       ///< Users of the target only.
  ShopSummary source;
  ShopSummary target;
};

/// Writes two shops with planted tastes, in the raw format of Amazon Reviews 2023:
///
///     out/source_reviews.jsonl  out/source_items.jsonl
///     out/target_reviews.jsonl  out/target_items.jsonl
///     out/images/<parent_asin>.jpg       named in the items' `images`, relative to out
///     out/truth/                         the ground truth; truth.json describes the files
///
/// Equal settings give equal bytes. Memory grows with the number of items, not of reviews.
/// `out` appears when everything is written; an earlier sample there is replaced.
/// @throws Error  kUsage for settings out of range or that contradict each other, and when `out`
///                holds anything that synth did not write; kIo.
SynthSummary synthesize(const SynthConfig& config,
                        const std::filesystem::path& out,
                        const OnProgress& on_progress);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/core/json.h"
#include "crossfade/features/embedding/part_texts.h"
#include "crossfade/pipeline/run.h"

namespace crossfade {

/// What of the embeddings of a recipe is to be done by this process.
struct EmbedRequest {
  Shard shard;              ///< Its parts are made; of a single shard, all are merged, too.
  bool merge_only = false;  ///< Nothing is made; what all shards made is merged.
};

/// What became of one matrix.
struct EmbedReport {
  std::string name;  ///< "target users".
  std::filesystem::path directory;
  std::size_t parts = 0;  ///< Of the shard.
  std::size_t made = 0;   ///< The others were up to date.
  Json merged = nullptr;  ///< Details of the merged artifact; null when it was not merged.
};

/// Makes the vectors that the encoder llm of a recipe needs, after ingest and dataset, for all of
/// its seeds. `crossfade run` does the same on its way; this is for machines that have no other
/// task, and for several of them.
/// @throws Error  kUsage when the recipe does not use the encoder llm; of any stage.
[[nodiscard]] std::vector<EmbedReport> embed_recipe(const Recipe& recipe,
                                                    const EmbedRequest& request,
                                                    const RunCallbacks& callbacks);

}  // namespace crossfade

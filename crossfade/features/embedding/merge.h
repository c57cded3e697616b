// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/npy.h"
#include "crossfade/features/embedding/embed.h"

namespace crossfade {

/// What several processes that embed one dataset work with.
struct EmbeddingSources {
  const FeaturesConfig& config;
  std::filesystem::path ingest;
  const Dataset& dataset;
  const FeatureCallbacks& callbacks;
};

/// Whether job.merged() is up to date.
/// @throws Error  kIo, kData.
[[nodiscard]] bool is_merged(const EmbeddingJob& job, const EmbeddingSources& sources);

/// Puts all parts together: the artifact job.merged() of values.npy [rows, width], entities.npy
/// (the row's item or user in dense ids), ids.txt (its id in the raw files; with values.npy what
/// [features.precomputed] reads) and problems.tsv (id, what went wrong).
/// @throws Error  kIo; kData when parts are missing or were made of other texts.
ArtifactState merge_parts(const EmbeddingJob& job, const EmbeddingSources& sources);

/// Makes and merges everything that `jobs` lack.
/// @throws Error  as EmbeddingMaker::make_parts and merge_parts.
void ensure_embeddings(const std::vector<EmbeddingJob>& jobs,
                       const EmbeddingSources& sources,
                       const MakeEmbedder& make_embedder);

/// A merged artifact.
struct Embeddings {
  NpyFile values;                      ///< [rows, width].
  std::vector<std::int32_t> entities;  ///< One per row, ascending.
};

/// Maps job.merged().
/// @throws Error  kIo, kData.
[[nodiscard]] Embeddings open_embeddings(const std::filesystem::path& merged);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/dataset/dataset.h"
#include "crossfade/features/config.h"
#include "crossfade/features/entity.h"
#include "crossfade/features/workspace.h"

namespace crossfade {

/// The vectors of the items, or of the users, of one domain: what is to be made, and where.
struct EmbeddingJob {
  Entity entity = Entity::kItem;
  Domain domain = Domain::kSource;
  std::size_t entities = 0;
  TrainingRows visible;             ///< Of a user's text: whose reviews, of what.
  std::string settings;             ///< Everything the vectors depend on but the texts, as TOML.
  std::filesystem::path directory;  ///< Named after the settings, so that none replaces another.

  /// "target users".
  [[nodiscard]] std::string name() const;

  /// Where all vectors stand when the job is finished.
  [[nodiscard]] std::filesystem::path merged() const { return directory / "merged"; }
};

/// Whether the encoder llm describes `entity` in `config`.
[[nodiscard]] bool wants_embeddings(const FeaturesConfig& config, Entity entity);

/// Refuses the encoder llm without a model, or with a prompt that makes no sense.
/// @throws Error  kUsage.
void check_embeddings(const FeaturesConfig& config);

/// The jobs of the encoder llm: none, or items or users or both, of either domain. They stand
/// beside the ingest artifact, so that runs which share it share them. They depend on the split
/// only where it hides reviews of training users (of hidden items, or of a source that is hidden).
/// Otherwise everyone's reviews are embedded once for all splits, and whoever reads the vectors
/// leaves out those of held-out users.
/// @throws Error  kUsage as check_embeddings; kIo when a model cannot be read.
[[nodiscard]] std::vector<EmbeddingJob> plan_embeddings(const FeaturesConfig& config,
                                                        const std::filesystem::path& ingest,
                                                        const Dataset& dataset,
                                                        const PerDomain<TrainingRows>& training);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crossfade/features/config.h"
#include "crossfade/features/embedding/embedder.h"
#include "crossfade/features/embedding/part_store.h"
#include "crossfade/features/embedding/part_texts.h"
#include "crossfade/features/embedding/plan.h"
#include "crossfade/features/workspace.h"

namespace crossfade {

/// Loads the models for items or for users.
using MakeEmbedder = std::function<std::unique_ptr<Embedder>(Entity)>;

/// What became of the parts of one shard.
struct EmbeddingOutcome {
  std::size_t parts = 0;
  std::size_t made = 0;  ///< The others were up to date.
};

/// Makes the parts of embeddings, with one model in memory at a time.
class EmbeddingMaker {
 public:
  /// `config` and `callbacks` must outlive the maker.
  EmbeddingMaker(const FeaturesConfig& config,
                 std::filesystem::path ingest,
                 const FeatureCallbacks& callbacks,
                 MakeEmbedder make_embedder)
      : config_(config),
        ingest_(std::move(ingest)),
        callbacks_(callbacks),
        make_embedder_(std::move(make_embedder)) {}

  /// Makes those parts of the shard that are not there or were made of other texts. The bytes of a
  /// part depend on its own texts and the settings only, so that a job may be killed, resumed and
  /// distributed without any difference. Texts and images that fail are written down and leave
  /// the others alone.
  /// @throws Error  kIo, kData, kUsage, kInternal.
  EmbeddingOutcome make_parts(const EmbeddingJob& job, Shard shard);

 private:
  Embedder& embedder(Entity entity);
  EmbeddingPart encode(const PartTexts& texts, Embedder& embedder);
  void note_speed(const EmbeddingJob& job, const EmbedderCounts& before, double seconds);

  const FeaturesConfig& config_;
  std::filesystem::path ingest_;
  const FeatureCallbacks& callbacks_;
  MakeEmbedder make_embedder_;
  std::unique_ptr<Embedder> embedder_;
  Entity loaded_ = Entity::kItem;
};

/// The image file of every item, "" where there is none, for a job about items whose model sees
/// images; otherwise empty.
/// @throws Error  kIo.
[[nodiscard]] std::vector<std::string> images_of(const EmbeddingJob& job,
                                                 const FeaturesConfig& config,
                                                 const std::filesystem::path& ingest,
                                                 const OnNote& on_note);

}  // namespace crossfade

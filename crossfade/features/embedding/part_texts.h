// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "crossfade/features/config.h"
#include "crossfade/features/embedding/embedder.h"
#include "crossfade/features/embedding/plan.h"

namespace crossfade {

/// Which parts one of several processes makes: those whose number leaves the rest `index` when it
/// is divided by `count`.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;

  [[nodiscard]] bool has(std::size_t part) const noexcept { return part % count == index; }
};

/// The texts that one part's vectors are made of.
struct PartTexts {
  std::size_t part = 0;
  std::vector<std::int32_t> entities;  ///< Ascending; those of which nothing is known are left out.
  std::vector<EmbeddingText> texts;    ///< One per entity.

  /// Of the texts, and of the size and time of their images: decoding gigabytes of images to find
  /// out that nothing has changed would take as long as reading them.
  [[nodiscard]] std::string hash() const;
};

/// How many parts of config.llm.part_texts entities a job has.
[[nodiscard]] std::size_t count_parts(const EmbeddingJob& job, const FeaturesConfig& config);

/// Shows the texts of every part of the shard, in order, in one pass over the ingest artifact.
/// `images` [entities] holds a file or "" for each item; empty = none.
/// @throws Error  kIo, kData.
void for_each_part(const EmbeddingJob& job,
                   const FeaturesConfig& config,
                   const std::filesystem::path& ingest,
                   const std::vector<std::string>& images,
                   Shard shard,
                   const std::function<void(const PartTexts&)>& on_part);

}  // namespace crossfade

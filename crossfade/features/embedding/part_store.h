// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossfade/core/npy.h"
#include "crossfade/features/embedding/embedder.h"

namespace crossfade {

/// Something that went wrong with the text or the image of one entity.
struct EmbeddingProblem {
  std::size_t entity = 0;
  std::string what;
};

/// What a part says of itself.
struct PartState {
  std::string hash;                        ///< Of the texts and images it was made of.
  std::vector<EmbeddingProblem> problems;  ///< By entity; some of these have no row.
  EmbedderCounts counts;
};

/// The vectors of the entities of one part.
struct EmbeddingPart {
  PartState state;
  std::size_t width = 0;
  std::vector<std::int32_t> entities;  ///< One per row, ascending.
  std::vector<float> values;           ///< [entities, width], row by row.
};

/// The parts of one embedding on disk: part-00017.npy [rows, width], part-00017.ids.npy with the
/// entity of each row and part-00017.json, which is written last and makes the part count. Any
/// number of processes may write parts at the same time.
class PartStore {
 public:
  explicit PartStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

  /// What the finished part `part` says of itself; nothing when there is none or it is damaged.
  [[nodiscard]] std::optional<PartState> find(std::size_t part) const;

  /// Writes a part, in place of an earlier one, by way of `scratch`, a directory beside it.
  /// @throws Error  kIo.
  void write(std::size_t part,
             const EmbeddingPart& content,
             NpyType type,
             const std::filesystem::path& scratch) const;

  /// The vectors of a finished part, and their entities.
  /// @throws Error  kIo, kData.
  [[nodiscard]] NpyFile values(std::size_t part) const;
  [[nodiscard]] std::vector<std::int32_t> entities(std::size_t part) const;

 private:
  [[nodiscard]] std::filesystem::path file(std::size_t part, std::string_view ending) const;

  std::filesystem::path directory_;
};

}  // namespace crossfade

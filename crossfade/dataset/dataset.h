// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/core/progress.h"
#include "crossfade/dataset/ratings.h"

namespace crossfade {

/// The two domains of one transfer as compressed ratings: the artifact of the dataset stage,
/// mapped from disk. Users are shared by both domains, items are not.
class Dataset {
 public:
  /// Maps the artifact in `directory`.
  /// @throws Error  kIo, kData.
  explicit Dataset(const std::filesystem::path& directory);
  ~Dataset();
  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;

  [[nodiscard]] std::size_t users() const noexcept;
  [[nodiscard]] std::size_t items(Domain domain) const noexcept;

  /// All ratings of a domain by user. Those of test users are in it: models must not see this,
  /// see training_ratings in split.h.
  [[nodiscard]] RatingsView ratings(Domain domain) const noexcept;

  /// The user with external id `id`, in O(log users). UserIds ascend with external ids.
  [[nodiscard]] std::optional<UserId> find_user(std::string_view id) const;

  [[nodiscard]] std::string_view user_name(UserId user) const;

  /// Hash of the artifact's content.
  [[nodiscard]] const std::string& content_hash() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Builds the dataset artifact in `directory` from the ingest artifact in `ingest_directory`:
/// one streamed pass over users.parquet (users numbered from 0 in the order of their external
/// ids) and per domain one over reviews.parquet (sorted by user and item). Memory does not grow
/// with the number of rows.
/// @throws Error  kIo; kData, naming file and row, when the tables break those promises, hold
///                an id out of range or a rating outside [1, 5].
ArtifactState build_dataset(const std::filesystem::path& ingest_directory,
                            const std::filesystem::path& directory,
                            const OnProgress& on_progress);

}  // namespace crossfade

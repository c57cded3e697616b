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

  /// The user with external id `id`, in O(log users).
  [[nodiscard]] std::optional<UserId> find_user(std::string_view id) const;

  [[nodiscard]] std::string_view user_name(UserId user) const;

  /// Hash of the artifact's content.
  [[nodiscard]] const std::string& content_hash() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Builds the dataset artifact from an ingest artifact: one streamed pass per domain over
/// reviews.parquet, which is sorted by user and item.
ArtifactState build_dataset(const std::filesystem::path& ingest_directory,
                            const std::filesystem::path& directory,
                            const OnProgress& on_progress);

}  // namespace crossfade

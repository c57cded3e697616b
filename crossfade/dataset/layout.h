// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "crossfade/core/json.h"

namespace crossfade {

// How the dataset artifact lies on disk:
//
//   user_name_bytes.npy    uint8 [bytes]         external user ids, one after the other, ascending
//   user_name_offsets.npy  int64 [n_users + 1]   user u's id is bytes [offsets[u], offsets[u + 1])
//   source/, target/
//     offsets.npy          int64 [n_users + 1]   user u's ratings are rows [offsets[u], ...)
//     items.npy            int32 [n_ratings]     ascending within a user
//     ratings.npy          float32 [n_ratings]
inline constexpr const char* kNameBytesFile = "user_name_bytes.npy";
inline constexpr const char* kNameOffsetsFile = "user_name_offsets.npy";
inline constexpr const char* kSourceDirectory = "source";
inline constexpr const char* kTargetDirectory = "target";
inline constexpr const char* kOffsetsFile = "offsets.npy";
inline constexpr const char* kItemsFile = "items.npy";
inline constexpr const char* kRatingsFile = "ratings.npy";

/// The details of the dataset's manifest.
struct DatasetCounts {
  std::size_t users = 0;
  std::size_t source_items = 0;
  std::size_t target_items = 0;
  std::size_t source_ratings = 0;
  std::size_t target_ratings = 0;
};

/// The counts as the manifest keeps them.
[[nodiscard]] Json to_json(const DatasetCounts& counts);

/// The reverse of to_json.
/// @throws Error  kData when a count is missing.
[[nodiscard]] DatasetCounts read_counts(const Json& details);

}  // namespace crossfade

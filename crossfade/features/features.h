// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "crossfade/core/artifact.h"
#include "crossfade/dataset/dataset.h"
#include "crossfade/dataset/split.h"
#include "crossfade/features/config.h"
#include "crossfade/features/matrix.h"
#include "crossfade/features/workspace.h"

namespace crossfade {

/// The features of one split. Items of both domains share one space and one width; so do users.
struct FeatureSet {
  FeatureMatrix source_items;
  FeatureMatrix target_items;
  std::optional<FeatureMatrix> source_users;  ///< Absent when only `profile` describes users.
  std::optional<FeatureMatrix> target_users;  ///< Rows of held-out users are zero.
};

/// Builds the features artifact in `directory`: source_items.npy, target_items.npy and, when
/// config.users asks for more than profiles, source_users.npy and target_users.npy. The manifest's
/// details list the columns each encoder fills, and how many rows it knows. Everything is fitted
/// on training rows; the target reviews of held-out users, and the source reviews of users whose
/// source is hidden, are never read. Descriptions of images do not depend on the split and are
/// kept beside `directory`, in "image_descriptors".
/// @throws Error  kUsage for settings that contradict each other, kData, kIo.
ArtifactState build_features(const FeaturesConfig& config,
                             const std::filesystem::path& ingest_directory,
                             const Dataset& dataset,
                             const Split& split,
                             const std::filesystem::path& directory,
                             const FeatureCallbacks& callbacks);

/// Maps the features in `directory`.
/// @throws Error  kIo, kData.
[[nodiscard]] FeatureSet open_features(const std::filesystem::path& directory);

}  // namespace crossfade

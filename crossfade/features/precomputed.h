// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/core/artifact.h"
#include "crossfade/features/block.h"
#include "crossfade/features/entity.h"

namespace crossfade {

/// Refuses precomputed encoders without files, and .npy files without ids.
/// @throws Error  kUsage.
void check_precomputed(const FeaturesConfig& config);

/// The precomputed files that `config` asks for, with the hashes of their content; those are
/// remembered in `cache_file`.
/// @throws Error  kIo.
[[nodiscard]] std::vector<ArtifactInput> precomputed_inputs(
    const FeaturesConfig& config, const std::filesystem::path& cache_file);

/// The matrices of items or users that were made elsewhere, in the order of the dataset. Entities
/// without a row are missing; ids that the dataset does not have are left out; both are counted
/// and noted. Of users, only those with training ratings in a domain keep their row there: other
/// rows may have been made from held-out reviews.
/// @throws Error  kData, naming file, row and id: for an element that is no finite number, an id
///                that occurs twice, a number of ids other than that of rows, or two domains of
///                different width. kIo.
[[nodiscard]] FeatureBlock read_precomputed(const Workspace& workspace, Entity entity);

}  // namespace crossfade

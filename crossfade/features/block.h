// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "crossfade/core/json.h"
#include "crossfade/core/npy.h"
#include "crossfade/features/workspace.h"

namespace crossfade {

/// What one encoder says about the items, or the users, of one domain, not yet standardised.
struct RawFeatures {
  NpyFile values;   ///< [entities, width]; a row of zeros where nothing is known.
  RowMask present;  ///< 1 where something is.
};

/// What one encoder says about both domains, in one space.
struct FeatureBlock {
  std::string name;  ///< "text", "image", "reviews", "precomputed".
  PerDomain<RawFeatures> raw;
};

/// Writes RawFeatures by ascending entity; those left out count as missing.
class RawWriter {
 public:
  /// @throws Error  kIo.
  RawWriter(std::filesystem::path file, std::size_t width);

  /// Appends `row` [width] for `entity`, which lies after all earlier ones.
  void put(std::size_t entity, std::span<const float> row);

  /// Fills up to `entities` rows and maps the result.
  [[nodiscard]] RawFeatures finish(std::size_t entities);

 private:
  std::filesystem::path file_;
  NpyWriter writer_;
  RowMask present_;
  std::vector<float> zeros_;
};

/// The matrix of one domain: for each block its columns, standardised, then one column that is
/// 1 where the block knows the entity and 0 where it does not. The mean and the standard
/// deviation are those of the entities present in the training masks of both domains together;
/// a column without deviation becomes 0. The indicator stays 0 or 1: standardised, a rarely
/// missing modality would reach the model as a huge value, and an entity of which nothing is
/// known would no longer be a row of zeros.
/// @throws Error  kIo.
void write_features(const std::vector<FeatureBlock>& blocks,
                    const PerDomain<const RowMask*>& training,
                    NpyType type,
                    const PerDomain<std::filesystem::path>& files);

/// For manifests: name, first column, width and rows present of each block.
[[nodiscard]] Json describe(const std::vector<FeatureBlock>& blocks);

}  // namespace crossfade

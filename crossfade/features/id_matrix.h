// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/core/npy.h"

namespace crossfade {

/// A matrix of features with the id each row belongs to.
struct IdMatrix {
  std::string name;  ///< The file, for messages.
  NpyFile values;
  std::vector<std::string> ids;
};

/// Reads `matrix` (.npy, mapped) with the ids in `ids` (a .npy of whole numbers, or a text file
/// with one id per line), or a Parquet file `matrix` that holds a column `id` and the features:
/// either one list column or any number of numeric columns, in order. A Parquet file is
/// converted to `scratch`.
/// @throws Error  kData, kIo.
[[nodiscard]] IdMatrix read_id_matrix(const std::filesystem::path& matrix,
                                      const std::filesystem::path& ids,
                                      const std::filesystem::path& scratch);

}  // namespace crossfade

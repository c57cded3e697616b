// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "crossfade/core/files.h"

namespace crossfade {

/// Files named by their content: DIR/files/<first two digits>/<sha256>.<type>. Equal contents are
/// one file. A file appears whole or not at all; it is not flushed to the disk at once, so after a
/// loss of power `holds` finds those that are not what they should be.
class ImageStore {
 public:
  /// @throws Error  kIo.
  explicit ImageStore(const std::filesystem::path& directory);

  /// Puts an image in; returns its file, seen from the folder. `type` is its extension.
  /// @throws Error  kIo.
  std::string put(std::string_view bytes, std::string_view type);

  /// Whether `file`, as put returned it, is there with so many bytes.
  [[nodiscard]] bool holds(const std::string& file, std::int64_t bytes) const;

 private:
  std::filesystem::path directory_;
  StagedDirectory incoming_;  ///< Takes half-written files away with it.
};

}  // namespace crossfade

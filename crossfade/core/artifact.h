// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/files.h"
#include "crossfade/core/json.h"

namespace crossfade {

/// The version of what crossfade writes into run directories. Raise it when an older run can no
/// longer be read.
inline constexpr int kArtifactFormat = 1;

/// One thing an artifact was made from.
struct ArtifactInput {
  std::string name;  ///< A file path, or the name of an earlier artifact.
  std::string hash;  ///< Of its content.
};

/// What an artifact is made of. Two requests with equal keys give the same bytes.
struct ArtifactKey {
  std::string stage;   ///< "ingest", "dataset", "features", "model", ...
  std::string config;  ///< Every setting the stage reads, as TOML.
  std::vector<ArtifactInput> inputs;

  /// A hash of the three and of kArtifactFormat.
  [[nodiscard]] std::string fingerprint() const;
};

/// What an artifact's manifest.json says.
struct Manifest {
  std::string stage;
  std::string fingerprint;   ///< ArtifactKey::fingerprint of the request.
  std::string content_hash;  ///< Of the data files, names included; the input of later stages.
  Json details;              ///< What the stage wants to remember: row counts, funnels, notes.
};

/// The manifest in `directory`, or nothing when the directory or its manifest does not exist.
/// @throws Error  kData when the manifest is damaged or was written in another format.
[[nodiscard]] std::optional<Manifest> find_manifest(const std::filesystem::path& directory);

/// The manifest in `directory`.
/// @throws Error  kIo when there is none; kData as find_manifest.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& directory);

/// The outcome of ensure_artifact.
struct ArtifactState {
  Manifest manifest;
  bool reused = false;  ///< The artifact was up to date, nothing was done.
};

/// Makes sure that `directory` holds the artifact of `key`: reuses it when its manifest carries
/// the same fingerprint, otherwise calls `build` with an empty staging directory to fill, adds
/// the manifest (with wall time and peak memory) and renames the result into place. `build`
/// returns the manifest's details. Threads that ask for one artifact at the same time get one: the
/// first builds it, the others wait. When `build` throws, nothing is left behind and an older
/// artifact stays as it is.
/// @throws Error  what `build` throws; kIo.
ArtifactState ensure_artifact(const std::filesystem::path& directory,
                              const ArtifactKey& key,
                              const std::function<Json(const std::filesystem::path&)>& build);

/// The content hash of an input file. Hashing gigabytes on every start would be slow, so the
/// hash is remembered in `cache_file` together with size, modification time and inode, and taken
/// from there while those are unchanged.
/// @throws Error  kIo, naming the file, when it does not exist, is a directory or is unreadable.
[[nodiscard]] ArtifactInput hash_input(const std::filesystem::path& file,
                                       const std::filesystem::path& cache_file);

}  // namespace crossfade

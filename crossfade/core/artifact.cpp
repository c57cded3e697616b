// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/artifact.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include <sys/stat.h>

#include "crossfade/core/error.h"
#include "crossfade/core/hash.h"
#include "crossfade/core/version.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestName = "manifest.json";

// Held while the artifact is being made: of two threads that want it, the second waits for the
// first one's. Never freed; a process makes few artifacts.
std::mutex& mutex_of(const fs::path& directory) {
  static std::mutex guard;
  static std::map<fs::path, std::mutex> mutexes;
  const std::scoped_lock lock(guard);
  return mutexes[fs::absolute(directory).lexically_normal()];
}

std::string hash_content(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file() && entry.path().filename() != kManifestName) {
      files.push_back(entry.path().lexically_relative(directory));
    }
  }
  std::ranges::sort(files);
  Hasher hasher;
  for (const fs::path& file : files) {
    hasher.text(file.string());
    hasher.text(hash_file(directory / file));
  }
  return hasher.hex();
}

Json to_json(const ArtifactKey& key) {
  Json inputs = Json::object();
  for (const ArtifactInput& input : key.inputs) {
    inputs[input.name] = input.hash;
  }
  return {{"stage", key.stage},
          {"format", kArtifactFormat},
          {"version", kVersion},
          {"revision", kRevision},
          {"fingerprint", key.fingerprint()},
          {"inputs", inputs},
          {"config", key.config}};
}

void check_format(const Json& json, const fs::path& directory) {
  const int format = json.value("format", 0);
  require(format == kArtifactFormat,
          ErrorKind::kData,
          "{}: was written by crossfade {} (format {}), this is {} (format {}); remove the "
          "directory or name another one",
          directory.string(),
          json.value("version", "unknown"),
          format,
          kVersion,
          kArtifactFormat);
}

Json parse(const fs::path& file) {
  try {
    return Json::parse(read_file(file));
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData, "{}: is damaged; remove its directory and run again", file.string());
  }
}

}  // namespace

std::string ArtifactKey::fingerprint() const {
  Hasher hasher;
  hasher.text(std::to_string(kArtifactFormat));
  hasher.text(stage);
  hasher.text(config);
  for (const ArtifactInput& input : inputs) {
    hasher.text(input.hash);
  }
  return hasher.hex();
}

std::optional<Manifest> find_manifest(const fs::path& directory) {
  const fs::path file = directory / kManifestName;
  if (!fs::exists(file)) {
    return std::nullopt;
  }
  const Json json = parse(file);
  try {
    check_format(json, directory);
    return Manifest{.stage = json.at("stage"),
                    .fingerprint = json.at("fingerprint"),
                    .content_hash = json.at("content_hash"),
                    .details = json.at("details")};
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::kData, "{}: is damaged; remove its directory and run again", file.string());
  }
}

Manifest read_manifest(const fs::path& directory) {
  std::optional<Manifest> manifest = find_manifest(directory);
  require(manifest.has_value(),
          ErrorKind::kIo,
          "{}: there is no {}; is this a directory that crossfade made?",
          directory.string(),
          kManifestName);
  return *std::move(manifest);
}

ArtifactState ensure_artifact(const fs::path& directory,
                              const ArtifactKey& key,
                              const std::function<Json(const fs::path&)>& build) {
  const std::scoped_lock lock(mutex_of(directory));
  const std::optional<Manifest> existing = find_manifest(directory);
  if (existing && existing->fingerprint == key.fingerprint()) {
    return {.manifest = *existing, .reused = true};
  }
  const auto start = std::chrono::steady_clock::now();
  StagedDirectory staged(directory);
  Json json = to_json(key);
  json["details"] = build(staged.path());
  json["content_hash"] = hash_content(staged.path());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  json["wall_seconds"] = wall.count();
  json["peak_memory_bytes"] = peak_memory_bytes();
  write_file(staged.path() / kManifestName, json.dump(2) + "\n");
  staged.commit();
  return {.manifest = read_manifest(directory), .reused = false};
}

ArtifactInput hash_input(const fs::path& file, const fs::path& cache_file) {
  static std::mutex mutex;  // Seeds that are prepared together share one cache file.
  const std::scoped_lock lock(mutex);
  struct stat info {};

  const bool found = ::stat(file.c_str(), &info) == 0;
  require(found, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  require(!S_ISDIR(info.st_mode),
          ErrorKind::kIo,
          "{}: is a directory; a file is expected",
          file.string());
  const std::string state = fmt::format("{}:{}.{}:{}:{}",
                                        info.st_size,
                                        info.st_mtim.tv_sec,
                                        info.st_mtim.tv_nsec,
                                        info.st_dev,
                                        info.st_ino);
  const std::string name = fs::absolute(file).string();
  Json cache = Json::object();
  if (fs::exists(cache_file)) {
    cache = Json::parse(read_file(cache_file), nullptr, false);
    if (!cache.is_object()) {
      cache = Json::object();
    }
  }
  const Json known = cache.value(name, Json::object());
  if (known.value("state", "") == state) {
    return {.name = file.string(), .hash = known.value("hash", "")};
  }
  const std::string hash = hash_file(file);
  cache[name] = {{"state", state}, {"hash", hash}};
  make_directories(cache_file.parent_path());
  write_file(cache_file, cache.dump(1) + "\n");
  return {.name = file.string(), .hash = hash};
}

}  // namespace crossfade

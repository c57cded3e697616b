// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace crossfade {

/// Where everything of a run stands below its `out` directory.
struct RunLayout {
  std::filesystem::path out;

  [[nodiscard]] std::filesystem::path recipe() const { return out / "recipe.toml"; }

  [[nodiscard]] std::filesystem::path ingest() const { return out / "ingest"; }

  [[nodiscard]] std::filesystem::path dataset() const { return out / "dataset"; }

  [[nodiscard]] std::filesystem::path split(std::int64_t seed) const {
    return out / "splits" / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path features(std::int64_t seed) const {
    return out / "features" / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path model(const std::string& row, std::int64_t seed) const {
    return out / "models" / row / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path checkpoint(const std::string& row, std::int64_t seed) const {
    return out / "checkpoints" / (row + "-" + seed_name(seed) + ".pt");
  }

  [[nodiscard]] std::filesystem::path results() const { return out / "results"; }

  static std::string seed_name(std::int64_t seed) { return "seed-" + std::to_string(seed); }
};

}  // namespace crossfade

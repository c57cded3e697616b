// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace crossfade {

/// Where everything of a run stands: below its `out` directory, but for tables it shares.
struct RunLayout {
  std::filesystem::path out;
  std::filesystem::path tables = out;  ///< Where ingest and dataset stand.

  [[nodiscard]] std::filesystem::path recipe() const { return out / "recipe.toml"; }

  [[nodiscard]] std::filesystem::path ingest() const { return tables / "ingest"; }

  [[nodiscard]] std::filesystem::path dataset() const { return tables / "dataset"; }

  [[nodiscard]] std::filesystem::path split(std::int64_t seed) const {
    return out / "splits" / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path features(std::int64_t seed) const {
    return out / "features" / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path documents(std::int64_t seed) const {
    return out / "documents" / seed_name(seed);
  }

  [[nodiscard]] std::filesystem::path backbone(std::string_view kind, std::int64_t seed) const {
    return out / "backbones" / kind / seed_name(seed);
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

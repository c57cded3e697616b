// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/features/features.h"

#include "support.h"
#include "world.h"

namespace crossfade::testing {

/// A world on disk with its dataset and split.
struct Fixture {
  explicit Fixture(const World& world, double hide_source = 0.0)
      : ingest(prepare(world, directory.path())),
        dataset(directory.path() / "dataset"),
        split(
            draw_split(dataset, {.beta = 0.4, .validation = 0.2, .hide_source = hide_source}, 7)) {}

  static std::filesystem::path prepare(const World& world, const std::filesystem::path& root) {
    write_world(world, root / "ingest");
    build_dataset(root / "ingest", root / "dataset", nullptr);
    return root / "ingest";
  }

  ArtifactState build(const FeaturesConfig& config) {
    return build_features(config,
                          ingest,
                          dataset,
                          split,
                          out(),
                          {.on_progress = nullptr,
                           .on_note = [this](std::string_view note) { notes.emplace_back(note); }});
  }

  [[nodiscard]] std::filesystem::path out() const { return directory.path() / "features"; }

  TempDirectory directory;
  std::filesystem::path ingest;
  Dataset dataset;
  Split split;
  std::vector<std::string> notes;
};

inline std::vector<float> row(const FeatureMatrix& matrix, std::size_t index) {
  std::vector<float> out(matrix.width());
  matrix.read_row(index, out);
  return out;
}

}  // namespace crossfade::testing

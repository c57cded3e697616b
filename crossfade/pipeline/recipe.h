// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/backbone/config.h"
#include "crossfade/core/toml.h"
#include "crossfade/dataset/config.h"
#include "crossfade/documents/config.h"
#include "crossfade/evaluation/config.h"
#include "crossfade/features/config.h"
#include "crossfade/ingest/config.h"
#include "crossfade/models/registry.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/training/config.h"

namespace crossfade {

/// One row of the result table: a registered model under a name of its own, with settings.
struct ModelRow {
  std::string name;                   ///< "music-without-side": the name in `models`.
  const ModelEntry* entry = nullptr;  ///< The model behind it: [model.<name>] base, or `name`.
  TomlTable settings;                 ///< [model.<name>] without `base`.

  /// The settings as they apply, as TOML.
  [[nodiscard]] std::string settings_text(bool help) const;
};

/// Everything one `crossfade run` does: one struct per stage, plus who runs and where to.
struct Recipe {
  std::string out = "runs/run";
  std::string tables;
  std::string data;
  std::vector<std::int64_t> seeds{900, 1000, 10, 2020, 500};
  std::vector<std::string> models{"constant", "item-mean", "bias-transfer", "music"};
  std::int64_t jobs = 0;
  IngestConfig ingest;
  DatasetConfig dataset;
  FeaturesConfig features;
  DocumentsConfig documents;
  BackboneConfig backbone;
  TrainingConfig training;
  EvaluationConfig evaluation;
  std::vector<ModelRow> rows;  ///< `models`, resolved; from the [model.*] tables.

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("out", self.out, "Directory of the run: all artifacts and results.");
    field(
        "tables",
        self.tables,
        "Where ingest/ and dataset/ stand, seen from `out`, when several runs share them: \"..\".");
    field("data",
          self.data,
          "Stands for {data} in the paths and queries of [ingest], [features] and [documents].");
    field("seeds",
          self.seeds,
          "One split and one training per seed; several give deviations and tests.",
          Range{0, 9e18});
    field("models",
          self.models,
          "Rows of the result table, in order: models, or names of [model.<name>] tables.");
    field("jobs", self.jobs, "Models trained at the same time; 0 = one per core.", Range{0, 1024});
    field("ingest", self.ingest, "Files to tables.");
    field("dataset", self.dataset, "Roles of users.");
    field("features", self.features, "Vectors of items and users.");
    field("documents", self.documents, "Reviews as models that read them get them.");
    field("backbone", self.backbone, "Factor models that the baselines share.");
    field("training", self.training, "How models are trained.");
    field("evaluation", self.evaluation, "Metrics.");
  }
};

/// Reads a recipe and puts `assignments` ("training.select=last") on top.
/// @throws Error  kUsage with file and line (or the assignment); kIo.
[[nodiscard]] Recipe load_recipe(const std::filesystem::path& file,
                                 const std::vector<std::string>& assignments);

/// The same from an already parsed table.
[[nodiscard]] Recipe make_recipe(TomlTable table);

/// The recipe as it would run, with the settings of its models: valid TOML that gives the same
/// recipe when it is read again.
[[nodiscard]] std::string to_text(const Recipe& recipe, bool help);

/// Where the recipe's run stands.
[[nodiscard]] RunLayout layout_of(const Recipe& recipe);

/// The recipe with {data} filled in wherever it stands in [ingest], [features] and [documents].
/// @throws Error  kUsage when {data} is used and `data` is not set.
[[nodiscard]] Recipe resolved(Recipe recipe);

}  // namespace crossfade

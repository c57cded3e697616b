// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/results.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crossfade/core/artifact.h"
#include "crossfade/evaluation/table.h"
#include "crossfade/pipeline/layout.h"
#include "crossfade/pipeline/run.h"

namespace crossfade {

namespace {

// The least MAE over epochs when an epoch was chosen on the test users, as in the public code that
// this setting is there to reproduce; a closed form has no epoch to choose.
std::optional<double> oracle_mae(const Manifest& manifest) {
  std::optional<double> least;
  if (manifest.details.value("select", "") == "test-oracle") {
    for (const Json& phase : manifest.details["phases"]) {
      if (phase.contains("least_mae") && phase["least_mae"].is_number()) {
        least = phase["least_mae"].get<double>();
      }
    }
  }
  return least;
}

}  // namespace

Summary evaluate_run(const Recipe& recipe, Role role) {
  const RunLayout layout = layout_of(recipe);
  EvaluationConfig config = recipe.evaluation;
  if (std::ranges::find(recipe.models, config.compare_with) == recipe.models.end()) {
    config.compare_with.clear();  // The default, in a run without that row; see make_recipe.
  }
  const char* part = role == Role::kTest ? "test" : "val";
  std::vector<SeedResult> results;
  for (const ModelRow& row : recipe.rows) {
    for (const std::int64_t seed : recipe.seeds) {
      const Manifest manifest = manifest_of_model(recipe.out, row.name, seed);
      const std::optional<double> oracle = oracle_mae(manifest);
      std::vector<GroupMetrics> groups =
          evaluate_groups(load_predictions(layout.model(row.name, seed) / part), config);
      require(config.rows == "all" || groups.front().metrics.rows > 0,
              ErrorKind::kData,
              "{}: evaluation.rows = \"{}\" leaves no {} rating with seed {}; set it to all, or "
              "{} dataset.beta",
              recipe.out,
              config.rows,
              role == Role::kTest ? "test" : "validation",
              seed,
              config.rows == "unseen-items" ? "raise" : "lower");
      if (oracle && role == Role::kTest && judges_as_training(config)) {
        groups.front().metrics.mae = *oracle;
      }
      results.push_back({.model = row.name,
                         .seed = static_cast<std::uint64_t>(seed),
                         .test_oracle = oracle.has_value(),
                         .groups = std::move(groups)});
    }
  }
  return summarize(results, role, config);
}

void write_results(const Recipe& recipe, const Summary& summary) {
  const auto directory = RunLayout{recipe.out}.results();
  make_directories(directory);
  write_file(directory / "table.txt", to_text(summary));
  write_file(directory / "table.md", to_markdown(summary));
  write_file(directory / "results.jsonl", to_json_lines(summary));
}

}  // namespace crossfade

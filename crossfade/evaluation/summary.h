// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crossfade/evaluation/config.h"
#include "crossfade/evaluation/groups.h"
#include "crossfade/evaluation/statistics.h"

namespace crossfade {

/// One model, trained and judged with one seed.
struct SeedResult {
  std::string model;
  std::uint64_t seed = 0;
  bool test_oracle = false;          ///< Its epoch was chosen on the very users it is judged on.
  std::vector<GroupMetrics> groups;  ///< Of evaluate_groups.
};

/// A model against the one it is compared with, over the seeds that both have.
struct Comparison {
  double percent = 0;             ///< Mean over seeds of 100 (model - other) / other.
  std::optional<double> p_value;  ///< Of the paired t-test; nothing with one seed.
};

/// One metric over the seeds.
struct MetricSummary {
  Estimate value;
  std::optional<Comparison> comparison;  ///< Nothing for the compared model itself.
};

/// The least and the most over the seeds.
struct CountRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// One group of rows over the seeds in which it has rows.
struct GroupSummary {
  std::string name;
  MetricSummary mae;
  MetricSummary rmse;
  MetricSummary ndcg;
  double ndcg_random = 0;  ///< Mean over seeds.
  CountRange rows;
  CountRange users;
};

/// One model over its seeds.
struct ModelSummary {
  std::string model;
  bool test_oracle = false;
  std::vector<std::uint64_t> seeds;
  std::vector<GroupSummary> groups;
};

/// What a results table shows.
struct Summary {
  Role role = Role::kTest;  ///< Whose ratings were predicted.
  EvaluationConfig config;
  std::vector<ModelSummary> models;  ///< In the order in which the results name them first.
};

/// Puts the seeds of each model together.
/// @throws Error  kData when a model has a seed twice.
[[nodiscard]] Summary summarize(const std::vector<SeedResult>& results,
                                Role role,
                                const EvaluationConfig& config);

}  // namespace crossfade

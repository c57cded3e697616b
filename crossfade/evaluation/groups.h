// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crossfade/evaluation/metrics.h"

namespace crossfade {

/// The metrics of a part of the rows.
struct GroupMetrics {
  std::string name;
  MetricSet metrics;
};

/// The name of the group that holds all rows that count.
inline constexpr const char* kAllRows = "all";

/// The rows that count for `config.rows`, with the predictions of `config.unseen_items`.
[[nodiscard]] Predictions judged_rows(const Predictions& predictions,
                                      const EvaluationConfig& config);

/// Judges the judged_rows: all of them ("all", always the first group), those of "seen items" and
/// of "unseen items" (unless only one of the two counts), and those of users by activity:
/// "source < 10", "source 10-19", "source >= 20" for the edges {10, 20}; without edges the
/// quartiles of the users, from "least active" to "most active" (users with equally many source
/// ratings stay together). A group without rows has NaN as its metrics.
/// @throws Error  as evaluate.
[[nodiscard]] std::vector<GroupMetrics> evaluate_groups(const Predictions& predictions,
                                                        const EvaluationConfig& config);

}  // namespace crossfade

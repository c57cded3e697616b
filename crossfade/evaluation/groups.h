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

/// The name of the group that holds all rows.
inline constexpr const char* kAllRows = "all";

/// Judges all rows ("all", always the first group), the rows of "seen items" and of "unseen
/// items", and the rows of users by activity: "source < 10", "source 10-19", "source >= 20" for
/// the edges {10, 20}; without edges the quartiles of the users, from "least active" to "most
/// active" (users with equally many source ratings stay together). Every group but the first
/// may have no rows: then its metrics are NaN.
/// @throws Error  as evaluate.
[[nodiscard]] std::vector<GroupMetrics> evaluate_groups(const Predictions& predictions,
                                                        const EvaluationConfig& config);

}  // namespace crossfade

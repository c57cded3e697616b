// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossfade/evaluation/config.h"
#include "crossfade/evaluation/predictions.h"

namespace crossfade {

/// How good the predictions of a set of rows are.
struct MetricSet {
  double mae = 0;          ///< Mean of |r - prediction|.
  double rmse = 0;         ///< Root of the mean of (r - prediction)^2.
  double ndcg = 0;         ///< Mean over users of Ranking::score; NaN when no user has a score.
  double ndcg_random = 0;  ///< What random orders of the same items are expected to get.
  std::int64_t rows = 0;
  std::int64_t users = 0;
};

/// Judges all rows: MAE and RMSE over the rows (or per user first, see errors_over), NDCG per
/// user over the user's own rows. Clipping concerns MAE and RMSE only: it would make ties. All
/// four values are NaN when there are no rows.
/// @throws Error  kNumeric when a prediction is not finite; kUsage when a setting is wrong.
[[nodiscard]] MetricSet evaluate(const Predictions& predictions, const EvaluationConfig& config);

}  // namespace crossfade

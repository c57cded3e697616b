// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "crossfade/evaluation/ranking.h"

namespace crossfade {
namespace {

// Sums of one user or of all rows.
struct ErrorSums {
  double absolute = 0;
  double squared = 0;
  std::int64_t count = 0;

  void add(double error) {
    absolute += std::abs(error);
    squared += error * error;
    ++count;
  }

  [[nodiscard]] double mae() const { return absolute / static_cast<double>(count); }

  [[nodiscard]] double rmse() const { return std::sqrt(squared / static_cast<double>(count)); }
};

class Accumulator {
 public:
  explicit Accumulator(const EvaluationConfig& config) : config_(config), ranking_(config) {}

  void add_user(std::span<const float> ratings, std::span<const float> predictions) {
    ErrorSums user;
    for (std::size_t row = 0; row < ratings.size(); ++row) {
      const float prediction =
          config_.clip ? std::clamp(predictions[row], 1.0F, 5.0F) : predictions[row];
      const double error = static_cast<double>(prediction) - static_cast<double>(ratings[row]);
      user.add(error);
      all_.add(error);
    }
    sum_of_mae_ += user.mae();
    sum_of_rmse_ += user.rmse();
    ++users_;
    if (const std::optional<RankingScore> score = ranking_.score(ratings, predictions)) {
      sum_of_ndcg_ += score->ndcg;
      sum_of_random_ += score->random;
      ++ranked_users_;
    }
  }

  [[nodiscard]] MetricSet result() const {
    const bool by_user = config_.errors_over == "users";
    const auto users = static_cast<double>(users_);
    const auto ranked = static_cast<double>(ranked_users_);
    return {.mae = by_user ? sum_of_mae_ / users : all_.mae(),
            .rmse = by_user ? sum_of_rmse_ / users : all_.rmse(),
            .ndcg = sum_of_ndcg_ / ranked,
            .ndcg_random = sum_of_random_ / ranked,
            .rows = all_.count,
            .users = users_};
  }

 private:
  const EvaluationConfig& config_;
  Ranking ranking_;
  ErrorSums all_;
  double sum_of_mae_ = 0;
  double sum_of_rmse_ = 0;
  double sum_of_ndcg_ = 0;
  double sum_of_random_ = 0;
  std::int64_t users_ = 0;
  std::int64_t ranked_users_ = 0;
};

}  // namespace

MetricSet evaluate(const Predictions& predictions, const EvaluationConfig& config) {
  check_finite(predictions);
  Accumulator sums(config);
  const std::span<const float> ratings(predictions.ratings);
  const std::span<const float> predicted(predictions.predictions);
  for (std::size_t first = 0; first < predictions.rows();) {
    std::size_t last = first + 1;
    while (last < predictions.rows() && predictions.users[last] == predictions.users[first]) {
      ++last;
    }
    sums.add_user(ratings.subspan(first, last - first), predicted.subspan(first, last - first));
    first = last;
  }
  return sums.result();
}

}  // namespace crossfade

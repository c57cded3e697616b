// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/ranking.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

// The gain called `name`; empty when there is none.
std::function<double(double)> find_gain(std::string_view name) {
  constexpr std::string_view kBinary = "binary:";
  if (name == "exponential") {
    return [](double rating) { return std::exp2(rating) - 1; };
  }
  if (name == "linear") {
    return [](double rating) { return rating; };
  }
  double threshold = 0;
  const std::string_view digits = name.substr(std::min(name.size(), kBinary.size()));
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), threshold);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  if (!name.starts_with(kBinary) || !whole || !(threshold > 1 && threshold <= 5)) {
    return {};
  }
  return [threshold](double rating) { return rating >= threshold ? 1.0 : 0.0; };
}

}  // namespace

void check_setting(std::string_view name, const std::string& value, GainName) {
  require(find_gain(value) != nullptr,
          ErrorKind::kUsage,
          "{} = \"{}\" is not one of: exponential, linear, binary:T with T above 1 and up to 5",
          name,
          value);
}

Ranking::Ranking(const EvaluationConfig& config)
    : gain_(find_gain(config.ndcg_gain)),
      k_(static_cast<std::size_t>(config.ndcg_k)),
      average_ties_(config.ndcg_ties == "average"),
      discount_sums_{0} {
  check_settings(config);
}

std::optional<RankingScore> Ranking::score(std::span<const float> ratings,
                                           std::span<const float> predictions) {
  const std::size_t depth = std::min(k_, ratings.size());
  while (discounts_.size() < depth) {
    discounts_.push_back(1 / std::log2(static_cast<double>(discounts_.size()) + 2));
    discount_sums_.push_back(discount_sums_.back() + discounts_.back());
  }
  gains_.resize(ratings.size());
  std::ranges::transform(ratings, gains_.begin(), gain_);
  const double ideal = ideal_dcg(depth);
  if (ideal <= 0) {
    return std::nullopt;
  }
  const double mean_gain =
      std::reduce(sorted_gains_.begin(), sorted_gains_.end()) / static_cast<double>(gains_.size());
  return RankingScore{.ndcg = dcg(predictions, depth) / ideal,
                      .random = mean_gain * discount_sums_[depth] / ideal};
}

double Ranking::ideal_dcg(std::size_t depth) {
  sorted_gains_ = gains_;
  std::ranges::sort(sorted_gains_, std::greater());
  return std::inner_product(discounts_.begin(),
                            discounts_.begin() + static_cast<std::ptrdiff_t>(depth),
                            sorted_gains_.begin(),
                            0.0);
}

double Ranking::dcg(std::span<const float> predictions, std::size_t depth) {
  order_.resize(predictions.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::stable_sort(order_, std::greater(), [&](std::size_t i) { return predictions[i]; });
  double sum = 0;
  for (std::size_t first = 0; first < depth;) {
    std::size_t last = first + 1;
    double gain = gains_[order_[first]];
    while (average_ties_ && last < order_.size() &&
           predictions[order_[last]] == predictions[order_[first]]) {
      gain += gains_[order_[last++]];
    }
    const double discount = discount_sums_[std::min(last, depth)] - discount_sums_[first];
    sum += gain / static_cast<double>(last - first) * discount;
    first = last;
  }
  return sum;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade {

/// A setting that names the gain of a rating in NDCG; see EvaluationConfig::ndcg_gain.
struct GainName {};

/// Throws kUsage, naming the setting and its value, when there is no gain called `value`.
void check_setting(std::string_view name, const std::string& value, GainName);

/// How predictions are judged: the [evaluation] table of a recipe.
struct EvaluationConfig {
  std::string rows = "all";
  std::string unseen_items = "paper";
  std::int64_t ndcg_k = 20;
  std::string ndcg_gain = "exponential";
  std::string ndcg_ties = "average";
  std::string errors_over = "ratings";
  bool clip = false;
  std::vector<std::int64_t> activity_edges = {};
  std::string compare_with = "bias-transfer";
  double confidence = 0.95;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("rows",
          self.rows,
          "Which ratings count: all, or those of items with (seen-items) or without (unseen-items: "
          "dual cold start) a training rating.",
          OneOf{{"all", "seen-items", "unseen-items"}});
    field("unseen_items",
          self.unseen_items,
          "How a model scores items that it has nothing trained for: paper = by the vector they "
          "were drawn with, as published; sane = as the average rated item.",
          OneOf{{"paper", "sane"}});
    field("ndcg_k", self.ndcg_k, "Ranks that NDCG looks at.", Range{1, 1e6});
    field("ndcg_gain",
          self.ndcg_gain,
          "Gain of a rating r in NDCG: exponential (2^r - 1), linear (r), or binary:T (1 where "
          "r >= T).",
          GainName{});
    field("ndcg_ties",
          self.ndcg_ties,
          "Items with equal predictions: average (each gets the mean gain) or item (lower row of "
          "the item table first).",
          OneOf{{"average", "item"}});
    field("errors_over",
          self.errors_over,
          "What MAE and RMSE average over: all ratings, or users (per user first).",
          OneOf{{"ratings", "users"}});
    field("clip", self.clip, "Clip predictions to [1, 5] before MAE and RMSE.");
    field("activity_edges",
          self.activity_edges,
          "Users are grouped by their number of source ratings at these ascending edges; none = "
          "at the quartiles.",
          Range{1, 1e9},
          Ascending{});
    field("compare_with",
          self.compare_with,
          "The model that the others are compared with, seed by seed; \"\" = none.");
    field("confidence", self.confidence, "Level of the confidence intervals.", Range{0.5, 0.9999});
  }
};

/// Whether the errors are those that training watches on held-out users: of every rating, as
/// predicted.
[[nodiscard]] inline bool judges_as_training(const EvaluationConfig& config) {
  return config.rows == "all" && config.unseen_items == "paper" && !config.clip &&
         config.errors_over == "ratings";
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/groups.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace crossfade {
namespace {

Predictions select(const Predictions& from, const std::function<bool(std::size_t)>& keep) {
  Predictions out;
  out.role = from.role;
  for (std::size_t row = 0; row < from.rows(); ++row) {
    if (keep(row)) {
      out.users.push_back(from.users[row]);
      out.items.push_back(from.items[row]);
      out.ratings.push_back(from.ratings[row]);
      out.predictions.push_back(from.predictions[row]);
      out.fallbacks.push_back(from.fallbacks[row]);
      out.unseen_items.push_back(from.unseen_items[row]);
      out.activity.push_back(from.activity[row]);
    }
  }
  return out;
}

// Bucket b holds the users with edges[b - 1] <= activity < edges[b].
struct Buckets {
  std::vector<std::int64_t> edges;
  std::vector<std::string> names;

  [[nodiscard]] std::size_t of(std::int64_t activity) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(edges, activity) - edges.begin());
  }
};

Buckets quartiles(const Predictions& predictions) {
  std::vector<std::int64_t> users;
  for (std::size_t row = 0; row < predictions.rows(); ++row) {
    if (row == 0 || predictions.users[row] != predictions.users[row - 1]) {
      users.push_back(predictions.activity[row]);
    }
  }
  std::ranges::sort(users);
  Buckets buckets{.edges = {},
                  .names = {"least active", "2nd quarter", "3rd quarter", "most active"}};
  for (std::size_t quarter = 1; quarter < 4; ++quarter) {
    buckets.edges.push_back(users.empty() ? 0 : users[(quarter * users.size() - 1) / 4] + 1);
  }
  return buckets;
}

Buckets buckets_at(const std::vector<std::int64_t>& edges) {
  Buckets buckets{.edges = edges, .names = {fmt::format("source < {}", edges.front())}};
  for (std::size_t edge = 1; edge < edges.size(); ++edge) {
    buckets.names.push_back(fmt::format("source {}-{}", edges[edge - 1], edges[edge] - 1));
  }
  buckets.names.push_back(fmt::format("source >= {}", edges.back()));
  return buckets;
}

}  // namespace

Predictions judged_rows(const Predictions& predictions, const EvaluationConfig& config) {
  Predictions rows = select(predictions, [&](std::size_t row) {
    return config.rows == "all" ||
           (predictions.unseen_items[row] != 0) == (config.rows == "unseen-items");
  });
  if (config.unseen_items == "sane") {
    rows.predictions = rows.fallbacks;
  }
  return rows;
}

std::vector<GroupMetrics> evaluate_groups(const Predictions& all, const EvaluationConfig& config) {
  const Predictions predictions = judged_rows(all, config);
  std::vector<GroupMetrics> groups = {{kAllRows, evaluate(predictions, config)}};
  const auto add = [&](const std::string& name, const std::function<bool(std::size_t)>& keep) {
    groups.push_back({name, evaluate(select(predictions, keep), config)});
  };
  if (config.rows == "all") {
    add("seen items", [&](std::size_t row) { return predictions.unseen_items[row] == 0; });
    add("unseen items", [&](std::size_t row) { return predictions.unseen_items[row] != 0; });
  }
  const Buckets buckets =
      config.activity_edges.empty() ? quartiles(predictions) : buckets_at(config.activity_edges);
  for (std::size_t bucket = 0; bucket < buckets.names.size(); ++bucket) {
    add(buckets.names[bucket],
        [&](std::size_t row) { return buckets.of(predictions.activity[row]) == bucket; });
  }
  return groups;
}

}  // namespace crossfade

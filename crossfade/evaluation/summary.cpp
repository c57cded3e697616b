// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/summary.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

using Results = std::vector<const SeedResult*>;
using Metric = double MetricSet::*;

Results results_of(const std::vector<SeedResult>& all, const std::string& model) {
  Results out;
  for (const SeedResult& result : all) {
    if (result.model != model) {
      continue;
    }
    const bool twice = std::ranges::any_of(
        out, [&](const SeedResult* other) { return other->seed == result.seed; });
    require(!twice, ErrorKind::kData, "results: {} has seed {} twice", model, result.seed);
    out.push_back(&result);
  }
  return out;
}

const MetricSet* find_group(const SeedResult& result, const std::string& group) {
  const auto found = std::ranges::find(result.groups, group, &GroupMetrics::name);
  const bool has_rows = found != result.groups.end() && found->metrics.rows > 0;
  return has_rows ? &found->metrics : nullptr;
}

std::optional<Comparison> compare(const Results& results,
                                  const Results& others,
                                  const std::string& group,
                                  Metric metric) {
  std::vector<double> ours;
  std::vector<double> theirs;
  double percent = 0;
  for (const SeedResult* result : results) {
    const auto other = std::ranges::find(others, result->seed, &SeedResult::seed);
    const MetricSet* mine = find_group(*result, group);
    const MetricSet* match = other == others.end() ? nullptr : find_group(**other, group);
    if (mine == nullptr || match == nullptr || !std::isfinite(mine->*metric - match->*metric)) {
      continue;
    }
    ours.push_back(mine->*metric);
    theirs.push_back(match->*metric);
    percent += 100 * (mine->*metric - match->*metric) / match->*metric;
  }
  if (ours.empty()) {
    return std::nullopt;
  }
  return Comparison{.percent = percent / static_cast<double>(ours.size()),
                    .p_value = paired_t_test(ours, theirs)};
}

std::vector<double> finite_values(const Results& results, const std::string& group, Metric metric) {
  std::vector<double> values;
  for (const SeedResult* result : results) {
    const MetricSet* metrics = find_group(*result, group);
    if (metrics != nullptr && std::isfinite(metrics->*metric)) {
      values.push_back(metrics->*metric);
    }
  }
  return values;
}

void extend(CountRange& range, std::int64_t count) {
  range.least = range.most == 0 ? count : std::min(range.least, count);
  range.most = std::max(range.most, count);
}

GroupSummary summarize_group(const Results& results,
                             const Results& others,
                             const std::string& group,
                             double confidence) {
  const auto summarize_metric = [&](Metric metric) {
    return MetricSummary{
        .value = estimate(finite_values(results, group, metric), confidence),
        .comparison = results == others ? std::nullopt : compare(results, others, group, metric)};
  };
  GroupSummary out{.name = group,
                   .mae = summarize_metric(&MetricSet::mae),
                   .rmse = summarize_metric(&MetricSet::rmse),
                   .ndcg = summarize_metric(&MetricSet::ndcg),
                   .ndcg_random = summarize_metric(&MetricSet::ndcg_random).value.mean,
                   .rows = {},
                   .users = {}};
  for (const SeedResult* result : results) {
    if (const MetricSet* metrics = find_group(*result, group)) {
      extend(out.rows, metrics->rows);
      extend(out.users, metrics->users);
    }
  }
  return out;
}

}  // namespace

Summary summarize(const std::vector<SeedResult>& results,
                  Role role,
                  const EvaluationConfig& config) {
  Summary summary{.role = role, .config = config, .models = {}};
  const Results others = results_of(results, config.compare_with);
  for (const SeedResult& first : results) {
    if (std::ranges::find(summary.models, first.model, &ModelSummary::model) !=
        summary.models.end()) {
      continue;
    }
    const Results own = results_of(results, first.model);
    ModelSummary model{.model = first.model, .test_oracle = false, .seeds = {}, .groups = {}};
    for (const SeedResult* result : own) {
      model.seeds.push_back(result->seed);
      model.test_oracle = model.test_oracle || result->test_oracle;
    }
    for (const GroupMetrics& group : first.groups) {
      model.groups.push_back(summarize_group(own, others, group.name, config.confidence));
    }
    summary.models.push_back(std::move(model));
  }
  return summary;
}

}  // namespace crossfade

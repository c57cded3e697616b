// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include "crossfade/core/error.h"
#include "crossfade/core/json.h"
#include "crossfade/evaluation/grid.h"

namespace crossfade {
namespace {

constexpr std::string_view kNothing = "-";

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string(kNothing);
}

std::string with_sd(const Estimate& value) {
  const std::string sd = value.sd ? number(*value.sd) : std::string(kNothing);
  return value.n == 0 ? std::string(kNothing) : fmt::format("{:.4f} ± {:>6}", value.mean, sd);
}

std::string difference(const std::optional<Comparison>& comparison) {
  return comparison ? fmt::format("{:+.2f} %", comparison->percent) : std::string(kNothing);
}

std::string p_value(const std::optional<Comparison>& comparison) {
  if (!comparison || !comparison->p_value) {
    return std::string(kNothing);
  }
  return *comparison->p_value < 0.0001 ? "<0.0001" : number(*comparison->p_value);
}

std::string thousands(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string range(CountRange counts) {
  return counts.least == counts.most
             ? thousands(counts.least)
             : fmt::format("{} to {}", thousands(counts.least), thousands(counts.most));
}

std::string label(const ModelSummary& model) {
  return model.test_oracle ? model.model + " *" : model.model;
}

bool has_model(const Summary& summary, const std::string& name) {
  return std::ranges::find(summary.models, name, &ModelSummary::model) != summary.models.end();
}

Grid main_grid(const Summary& summary) {
  const std::string& other = summary.config.compare_with;
  const bool compared = has_model(summary, other);
  Grid grid{.header = {"model", "MAE", "RMSE", fmt::format("NDCG@{}", summary.config.ndcg_k)},
            .rows = {}};
  if (compared) {
    grid.header.insert(grid.header.end(), {"RMSE vs " + other, "p"});
  }
  grid.header.emplace_back("seeds");
  for (const ModelSummary& model : summary.models) {
    const GroupSummary& all = model.groups.front();
    std::vector<std::string> row = {
        label(model), with_sd(all.mae.value), with_sd(all.rmse.value), with_sd(all.ndcg.value)};
    if (compared) {
      row.insert(row.end(), {difference(all.rmse.comparison), p_value(all.rmse.comparison)});
    }
    row.push_back(std::to_string(model.seeds.size()));
    grid.rows.push_back(std::move(row));
  }
  std::vector<std::string> random(grid.header.size());
  random[0] = "random order";
  random[3] = fmt::format("{:<15}", number(summary.models.front().groups.front().ndcg_random));
  grid.rows.push_back(std::move(random));
  return grid;
}

// The groups that have rows in the first model, but for that of all rows.
Grid group_grid(const Summary& summary) {
  Grid grid{.header = {"RMSE of"}, .rows = {}};
  std::vector<std::string> counts = {"ratings"};
  std::vector<std::size_t> columns;
  const std::vector<GroupSummary>& groups = summary.models.front().groups;
  for (std::size_t group = 1; group < groups.size(); ++group) {
    if (groups[group].rows.most > 0) {
      columns.push_back(group);
      grid.header.push_back(groups[group].name);
      counts.push_back(thousands((groups[group].rows.least + groups[group].rows.most) / 2));
    }
  }
  for (const ModelSummary& model : summary.models) {
    std::vector<std::string> row = {label(model)};
    for (const std::size_t group : columns) {
      row.push_back(number(model.groups[group].rmse.value.mean));
    }
    grid.rows.push_back(std::move(row));
  }
  grid.rows.push_back(std::move(counts));
  return grid;
}

std::vector<std::string> notes(const Summary& summary) {
  std::vector<std::string> lines = {counts_note(summary) +
                                    " Mean ± standard deviation over seeds."};
  std::ranges::copy(row_notes(summary.config), std::back_inserter(lines));
  const std::string& other = summary.config.compare_with;
  if (has_model(summary, other)) {
    lines.push_back(fmt::format("p: paired t-test against {} over the same seeds.", other));
  } else if (!other.empty()) {
    lines.push_back(fmt::format("{} is not among the models: no comparison.", other));
  }
  if (std::ranges::any_of(summary.models, &ModelSummary::test_oracle)) {
    lines.push_back(oracle_note(summary.config));
  }
  return lines;
}

Json to_json(const MetricSummary& metric) {
  const Estimate& value = metric.value;
  Json json = {{"mean", value.mean}, {"n", value.n}};
  if (value.sd) {
    json["sd"] = *value.sd;
    json["interval"] = {value.mean - *value.margin, value.mean + *value.margin};
  }
  if (metric.comparison) {
    json["percent"] = metric.comparison->percent;
    json["p"] = metric.comparison->p_value ? Json(*metric.comparison->p_value) : Json();
  }
  return json;
}

Json to_json(const GroupSummary& group) {
  return {{"rows", {group.rows.least, group.rows.most}},
          {"users", {group.users.least, group.users.most}},
          {"mae", to_json(group.mae)},
          {"rmse", to_json(group.rmse)},
          {"ndcg", to_json(group.ndcg)},
          {"ndcg_random", group.ndcg_random}};
}

}  // namespace

std::string oracle_note(const EvaluationConfig& config) {
  return fmt::format(
      "* Epoch chosen on the test users (select = test-oracle){}: only to compare with published "
      "tables.",
      judges_as_training(config) ? ", MAE and RMSE each at its own" : "");
}

std::string counts_note(const Summary& summary) {
  const GroupSummary& all = summary.models.front().groups.front();
  return fmt::format("Each seed: {} ratings of {} {} users.",
                     range(all.rows),
                     range(all.users),
                     summary.role == Role::kTest ? "cold-start test" : "pseudo-cold validation");
}

std::vector<std::string> row_notes(const EvaluationConfig& config) {
  std::vector<std::string> lines;
  if (config.rows != "all") {
    lines.push_back(fmt::format("rows = {}: only ratings of items that {} training user rated.",
                                config.rows,
                                config.rows == "unseen-items" ? "no" : "some"));
  }
  if (config.unseen_items == "sane") {
    lines.emplace_back(
        "unseen_items = sane: an item that a model has nothing trained for is scored as the "
        "average "
        "item.");
  }
  return lines;
}

std::string to_text(const Summary& summary) {
  if (summary.models.empty()) {
    return {};
  }
  std::string text = grid_to_text(main_grid(summary)) + "\n" + grid_to_text(group_grid(summary));
  for (const std::string& note : notes(summary)) {
    text += "\n" + note;
  }
  return text + "\n";
}

std::string to_markdown(const Summary& summary) {
  if (summary.models.empty()) {
    return {};
  }
  std::string text =
      grid_to_markdown(main_grid(summary)) + "\n" + grid_to_markdown(group_grid(summary)) + "\n";
  for (const std::string& note : notes(summary)) {
    text += (note.starts_with('*') ? "\\" : "") + note + "  \n";
  }
  return text;
}

std::string to_json_lines(const Summary& summary) {
  std::string lines;
  for (const ModelSummary& model : summary.models) {
    Json json = {{"model", model.model},
                 {"role", summary.role == Role::kTest ? "test" : "validation"},
                 {"test_oracle", model.test_oracle},
                 {"seeds", model.seeds},
                 {"rows", summary.config.rows},
                 {"unseen_items", summary.config.unseen_items},
                 {"ndcg_k", summary.config.ndcg_k},
                 {"confidence", summary.config.confidence},
                 {"compare_with", summary.config.compare_with}};
    for (const GroupSummary& group : model.groups) {
      json["groups"][group.name] = to_json(group);
    }
    lines += json.dump() + "\n";
  }
  return lines;
}

}  // namespace crossfade

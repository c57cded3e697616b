// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/study_table.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <sstream>

#include "crossfade/core/error.h"
#include "crossfade/core/json.h"
#include "crossfade/evaluation/grid.h"
#include "crossfade/evaluation/table.h"

namespace crossfade {
namespace {

constexpr double kSignificant = 0.05;

// The cells of one task.
using Task = std::span<const CellSummary>;

std::vector<Task> tasks_of(const std::vector<CellSummary>& cells) {
  std::vector<Task> tasks;
  for (std::size_t first = 0; first < cells.size();) {
    std::size_t last = first + 1;
    while (last < cells.size() && cells[last].task == cells[first].task) {
      ++last;
    }
    tasks.push_back(std::span(cells).subspan(first, last - first));
    first = last;
  }
  return tasks;
}

std::string value(const Estimate& estimate) {
  return estimate.n == 0 ? "-" : fmt::format("{:.4f}", estimate.mean);
}

std::string difference(const std::optional<Comparison>& comparison) {
  if (!comparison) {
    return "-";
  }
  const bool significant = comparison->p_value && *comparison->p_value < kSignificant;
  return fmt::format("{:+.2f} %{}", comparison->percent, significant ? "*" : " ");
}

Grid grid_of(Task task) {
  Grid grid{.header = {"model"}, .rows = {}};
  const auto add_columns = [&](const std::string& metric) {
    for (const CellSummary& cell : task) {
      grid.header.push_back(cell.point.empty() ? metric : metric + ", " + cell.point);
    }
  };
  const Summary& first = task.front().summary;
  add_columns("RMSE");
  if (!first.config.compare_with.empty()) {
    add_columns("vs " + first.config.compare_with);
  }
  add_columns("MAE");
  for (std::size_t model = 0; model < first.models.size(); ++model) {
    const std::string& name = first.models[model].model;
    std::vector<std::string> row = {first.models[model].test_oracle ? name + " (oracle)" : name};
    const auto add = [&](const auto& text_of) {
      for (const CellSummary& cell : task) {
        row.push_back(text_of(cell.summary.models[model].groups.front()));
      }
    };
    add([](const GroupSummary& all) { return value(all.rmse.value); });
    if (!first.config.compare_with.empty()) {
      add([](const GroupSummary& all) { return difference(all.rmse.comparison); });
    }
    add([](const GroupSummary& all) { return value(all.mae.value); });
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string note(const std::vector<CellSummary>& cells) {
  const Summary& first = cells.front().summary;
  std::string text = fmt::format("Means over {} seeds.", first.models.front().seeds.size());
  if (!first.config.compare_with.empty()) {
    text += fmt::format(" vs {}: difference of RMSE; * p < {} by the paired t-test.",
                        first.config.compare_with,
                        kSignificant);
  }
  return text;
}

template <typename Print>
std::string print(const std::vector<CellSummary>& cells,
                  const std::string& heading,
                  const Print& print_grid) {
  std::string text;
  for (const Task task : tasks_of(cells)) {
    text += fmt::format("{}{}\n\n{}\n", heading, task.front().task, print_grid(grid_of(task)));
  }
  return text.empty() ? text : text + note(cells) + "\n";
}

}  // namespace

std::string to_text(const std::vector<CellSummary>& cells) {
  return print(cells, "", grid_to_text);
}

std::string to_markdown(const std::vector<CellSummary>& cells) {
  return print(cells, "### ", grid_to_markdown);
}

std::string to_json_lines(const std::vector<CellSummary>& cells) {
  std::string lines;
  for (const CellSummary& cell : cells) {
    std::istringstream models(to_json_lines(cell.summary));
    for (std::string line; std::getline(models, line);) {
      Json json = Json::parse(line);
      json["task"] = cell.task;
      json["point"] = cell.point;
      lines += json.dump() + "\n";
    }
  }
  return lines;
}

}  // namespace crossfade

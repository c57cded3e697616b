// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/study_table.h"

#include <algorithm>
#include <iterator>
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
  return fmt::format("{:+.2f} %{}", comparison->percent, significant ? "°" : " ");
}

std::string label(const ModelSummary& model) {
  return model.test_oracle ? model.model + " *" : model.model;
}

// A row per model. `columns` gives the headers of a cell, `values` what stands below them.
template <typename Columns, typename Values>
Grid grid_of(Task task, const Columns& columns, const Values& values) {
  Grid grid{.header = {"model"}, .rows = {}};
  for (const CellSummary& cell : task) {
    std::ranges::copy(columns(cell), std::back_inserter(grid.header));
  }
  for (std::size_t model = 0; model < task.front().summary.models.size(); ++model) {
    grid.rows.push_back({label(task.front().summary.models[model])});
    for (const CellSummary& cell : task) {
      const GroupSummary& all = cell.summary.models[model].groups.front();
      std::ranges::copy(values(cell, all), std::back_inserter(grid.rows.back()));
    }
  }
  return grid;
}

using Texts = std::vector<std::string>;

std::string header(const std::string& metric, const CellSummary& cell) {
  return cell.point.empty() ? metric : metric + ", " + cell.point;
}

Grid rmse_grid(Task task) {
  const auto compared = [](const CellSummary& cell) {
    return !cell.summary.config.compare_with.empty();
  };
  return grid_of(
      task,
      [&](const CellSummary& cell) {
        return compared(cell) ? Texts{header("RMSE", cell), "diff."} : Texts{header("RMSE", cell)};
      },
      [&](const CellSummary& cell, const GroupSummary& all) {
        const std::string rmse = value(all.rmse.value);
        return compared(cell) ? Texts{rmse, difference(all.rmse.comparison)} : Texts{rmse};
      });
}

Grid mae_grid(Task task) {
  return grid_of(
      task,
      [](const CellSummary& cell) { return Texts{header("MAE", cell)}; },
      [](const CellSummary&, const GroupSummary& all) { return Texts{value(all.mae.value)}; });
}

// Which rows count at the points of a task; how many, when not all do and it is one number.
Texts row_lines(Task task) {
  Texts lines;
  const auto add = [&lines](const std::string& line) {
    if (std::ranges::find(lines, line) == lines.end()) {
      lines.push_back(line);
    }
  };
  for (const CellSummary& cell : task) {
    add(counts_note(cell.summary));
  }
  if (lines.size() > 1 || task.front().summary.config.rows == "all") {
    lines.clear();
  }
  for (const CellSummary& cell : task) {
    std::ranges::for_each(row_notes(cell.summary.config), add);
  }
  return lines;
}

// What the numbers of a task mean.
std::string note(Task task) {
  const Summary& first = task.front().summary;
  const std::size_t seeds = first.models.front().seeds.size();
  const std::string& other = first.config.compare_with;
  std::string text = seeds == 1 ? "One seed." : fmt::format("Means over {} seeds.", seeds);
  if (!other.empty()) {
    text += fmt::format(" diff.: RMSE against {}", other);
    text += seeds == 1 ? "." : fmt::format("; ° p < {} by the paired t-test.", kSignificant);
  }
  for (const std::string& line : row_lines(task)) {
    text += "\n" + line;
  }
  if (std::ranges::any_of(first.models, &ModelSummary::test_oracle)) {
    text += fmt::format("\n{}", oracle_note(first.config));
  }
  return text;
}

template <typename Print>
std::string print(const std::vector<CellSummary>& cells,
                  const std::string& heading,
                  const Print& print_grid) {
  std::string text;
  for (const Task task : tasks_of(cells)) {
    text += fmt::format("{}{}{}\n\n{}\n{}\n{}\n",
                        text.empty() ? "" : "\n",
                        heading,
                        task.front().task,
                        print_grid(rmse_grid(task)),
                        print_grid(mae_grid(task)),
                        note(task));
  }
  return text;
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

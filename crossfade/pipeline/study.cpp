// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/study.h"

#include <algorithm>
#include <set>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

// A setting and its value at one point, as "dataset.beta=0.2".
using Point = std::vector<std::string>;

template <typename T>
T value_of(const TomlEntry& entry, std::string_view wanted) {
  const auto* value = std::get_if<T>(&entry.value);
  require(
      value != nullptr, ErrorKind::kUsage, "{}: {} must be {}", entry.where, entry.name, wanted);
  return *value;
}

std::vector<std::string> texts_of(const TomlEntry& entry) {
  std::vector<std::string> texts;
  const auto add = [&](const auto& values) {
    for (const auto& value : values) {
      texts.push_back(fmt::format("{}", value));
    }
  };
  if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&entry.value)) {
    add(*whole);
  } else if (const auto* real = std::get_if<std::vector<double>>(&entry.value)) {
    add(*real);
  } else {
    add(value_of<std::vector<std::string>>(
        entry, "a list of numbers or texts, such as vary.\"dataset.beta\" = [0.2, 0.5]"));
  }
  require(!texts.empty(), ErrorKind::kUsage, "{}: {} is empty", entry.where, entry.name);
  return texts;
}

// Every combination of the varied settings, the last one varying fastest.
std::vector<Point> points_of(const std::optional<TomlEntry>& vary) {
  std::vector<Point> points{{}};
  const TomlTable table = vary ? value_of<TomlTable>(*vary, "a table") : TomlTable{};
  for (const TomlEntry& setting : table.entries) {
    std::vector<Point> longer;
    for (const Point& point : points) {
      for (const std::string& value : texts_of(setting)) {
        longer.push_back(point);
        longer.back().push_back(fmt::format("{}={}", setting.name, value));
      }
    }
    points = std::move(longer);
  }
  return points;
}

// "beta 0.2, seeds 5": what distinguishes the point, for people.
std::string name_of(const Point& point) {
  std::string name;
  for (const std::string& assignment : point) {
    const std::size_t equals = assignment.find('=');
    const std::size_t dot = assignment.rfind('.', equals);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    name += fmt::format("{}{} {}",
                        name.empty() ? "" : ", ",
                        assignment.substr(begin, equals - begin),
                        assignment.substr(equals + 1));
  }
  return name;
}

// "beta-0.2-seeds-5"; nothing for the point at which nothing varies.
std::string directory_name(const std::string& point) {
  std::string name;
  for (const char c : point) {
    if (c == ' ' || c == '/') {
      name += '-';
    } else if (c != ',') {
      name += c;
    }
  }
  return name;
}

// The part of a point that its run depends on.
Point trained_part(Point point) {
  std::erase_if(
      point, [](const std::string& assignment) { return assignment.starts_with("evaluation."); });
  return point;
}

void require_distinct_names(const std::vector<Point>& points, const fs::path& file) {
  std::set<std::string> names;
  for (const Point& point : points) {
    const std::string name = directory_name(name_of(point));
    require(names.insert(name).second,
            ErrorKind::kUsage,
            "{}: two points of vary have the name {}; name every value once",
            file.string(),
            name);
  }
}

// Whether points differ in what is ingested, so that they cannot share the task's tables.
bool changes_tables(const Point& point) {
  return std::ranges::any_of(point, [](const std::string& assignment) {
    return assignment.starts_with("ingest.") || assignment.starts_with("data=");
  });
}

StudyCell make_cell(const fs::path& task_file,
                    const Point& point,
                    const TomlTable& over,
                    const fs::path& out) {
  StudyCell cell{.task = task_file.stem().string(), .point = name_of(point), .recipe = {}};
  TomlTable table = read_toml(task_file);
  merge(table, over);
  for (const std::string& assignment : point) {
    merge(table, parse_assignment(assignment, "vary"));
  }
  cell.recipe = make_recipe(std::move(table));
  const std::string run = directory_name(name_of(trained_part(point)));
  cell.recipe.out = (out / cell.task).string() + (run.empty() ? "" : "/" + run);
  cell.recipe.tables = run.empty() || changes_tables(point) ? "" : "..";
  return cell;
}

}  // namespace

std::optional<Study> load_study(const fs::path& file, const std::vector<std::string>& assignments) {
  TomlTable table = read_toml(file);
  const std::optional<TomlEntry> tasks = table.take("tasks");
  if (!tasks) {
    return std::nullopt;
  }
  for (const std::string& assignment : assignments) {
    merge(table, parse_assignment(assignment));
  }
  const std::vector<Point> points = points_of(table.take("vary"));
  require_distinct_names(points, file);
  const std::optional<TomlEntry> out = table.take("out");
  Study study{.out = out ? value_of<std::string>(*out, "a text") : "runs/study", .cells = {}};
  std::set<std::string> names;
  std::set<std::string> runs;
  for (const std::string& task : value_of<std::vector<std::string>>(*tasks, "a list of recipes")) {
    const fs::path task_file = file.parent_path() / task;
    require(names.insert(task_file.stem().string()).second,
            ErrorKind::kUsage,
            "{}: two tasks are called {}; their runs need directories of their own",
            tasks->where,
            task_file.stem().string());
    for (const Point& point : points) {
      study.cells.push_back(make_cell(task_file, point, table, study.out));
      StudyCell& cell = study.cells.back();
      cell.judged_only = !runs.insert(cell.recipe.out).second;
    }
  }
  require(!study.cells.empty(),
          ErrorKind::kUsage,
          "{}: tasks is empty; name at least one",
          tasks->where);
  return study;
}

void write_study(const Study& study, const std::vector<CellSummary>& cells) {
  const fs::path directory = study.out / "results";
  make_directories(directory);
  write_file(directory / "table.txt", to_text(cells));
  write_file(directory / "table.md", to_markdown(cells));
  write_file(directory / "results.jsonl", to_json_lines(cells));
}

}  // namespace crossfade

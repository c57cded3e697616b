// SPDX-License-Identifier: Apache-2.0
#include "crossfade/pipeline/recipe.h"

#include <algorithm>
#include <set>
#include <utility>

namespace crossfade {
namespace {

const TomlTable& as_table(const TomlEntry& entry) {
  const auto* table = std::get_if<TomlTable>(&entry.value);
  require(table != nullptr, ErrorKind::kUsage, "{}: {} must be a table", entry.where, entry.name);
  return *table;
}

ModelRow make_row(const std::string& name, const TomlTable& model_tables) {
  ModelRow row{.name = name, .entry = nullptr, .settings = {}};
  std::string base = name;
  if (const TomlEntry* entry = model_tables.find(name)) {
    row.settings = as_table(*entry);
    if (const std::optional<TomlEntry> named = row.settings.take("base")) {
      const auto* text = std::get_if<std::string>(&named->value);
      require(text != nullptr, ErrorKind::kUsage, "{}: base has the wrong type", named->where);
      base = *text;
    }
  }
  row.entry = &find_model(base);
  static_cast<void>(row.settings_text(false));  // Checks every name and range.
  return row;
}

void check_model_tables(const TomlTable& model_tables, const Recipe& recipe) {
  for (const TomlEntry& entry : model_tables.entries) {
    const bool used = std::ranges::find(recipe.models, entry.name) != recipe.models.end();
    if (!used) {
      static_cast<void>(make_row(entry.name, model_tables));
    }
  }
}

template <typename T>
void require_distinct(const std::vector<T>& values, std::string_view name) {
  require(!values.empty(), ErrorKind::kUsage, "{} is empty; name at least one", name);
  std::set<T> seen;
  for (const T& value : values) {
    require(seen.insert(value).second, ErrorKind::kUsage, "{} names {} twice", name, value);
  }
}

// What no single setting can know: found before the first stage runs, not after the last.
void check_relations(const Recipe& recipe) {
  const std::string& compared = recipe.evaluation.compare_with;
  require(compared.empty() || compared == EvaluationConfig{}.compare_with ||
              std::ranges::find(recipe.models, compared) != recipe.models.end(),
          ErrorKind::kUsage,
          "evaluation.compare_with = \"{}\" is not among the models of the run: {}",
          compared,
          fmt::join(recipe.models, ", "));
  require(recipe.training.select != "val" || recipe.dataset.validation > 0.0,
          ErrorKind::kUsage,
          "training.select = \"val\" needs validation users; raise dataset.validation (now {}) or "
          "select \"last\"",
          recipe.dataset.validation);
}

template <SettingsStruct Config>
void fill_in(Config& config, const std::string& data) {
  Config::visit(config, [&](std::string_view, auto& value, std::string_view, auto...) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (SettingsStruct<Value>) {
      fill_in(value, data);
    } else if constexpr (std::is_same_v<Value, std::string>) {
      constexpr std::string_view kName = "{data}";
      for (std::size_t at = value.find(kName); at != std::string::npos;
           at = value.find(kName, at + data.size())) {
        require(!data.empty(),
                ErrorKind::kUsage,
                "\"{}\" needs the data folder; pass --set data=DIR",
                value);
        value.replace(at, kName.size(), data);
      }
    }
  });
}

}  // namespace

std::string ModelRow::settings_text(bool help) const {
  return entry->settings(settings, fmt::format("model.{}", toml_key(name)), help);
}

Recipe make_recipe(TomlTable table) {
  if (const TomlEntry* tasks = table.find("tasks")) {
    fail(ErrorKind::kUsage,
         "{}: tasks makes this a study of several recipes; only `crossfade run` takes one",
         tasks->where);
  }
  Recipe recipe;
  const std::optional<TomlEntry> models = table.take("model");
  apply_toml(recipe, table);
  require_distinct(recipe.models, "models");
  require_distinct(recipe.seeds, "seeds");
  const TomlTable model_tables = models ? as_table(*models) : TomlTable{};
  for (const std::string& name : recipe.models) {
    recipe.rows.push_back(make_row(name, model_tables));
  }
  check_model_tables(model_tables, recipe);
  check_relations(recipe);
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  TomlTable table = read_toml(file);
  for (const std::string& assignment : assignments) {
    merge(table, parse_assignment(assignment));
  }
  return make_recipe(std::move(table));
}

std::string to_text(const Recipe& recipe, bool help) {
  std::string text = to_toml(recipe, "", help);
  for (const ModelRow& row : recipe.rows) {
    const std::string settings = row.settings_text(help);
    const bool renamed = row.name != row.entry->name;
    if (!renamed) {
      text += settings;
      continue;
    }
    const std::string header = fmt::format("\n[model.{}]\n", toml_key(row.name));
    text += header + fmt::format("base = {}\n", toml_quote(row.entry->name));
    text += settings.substr(std::min(header.size(), settings.size()));
  }
  return text;
}

RunLayout layout_of(const Recipe& recipe) {
  const std::filesystem::path out = recipe.out;
  return {.out = out,
          .tables = recipe.tables.empty() ? out : (out / recipe.tables).lexically_normal()};
}

Recipe resolved(Recipe recipe) {
  fill_in(recipe.ingest, recipe.data);
  fill_in(recipe.features, recipe.data);
  fill_in(recipe.documents, recipe.data);
  return recipe;
}

}  // namespace crossfade

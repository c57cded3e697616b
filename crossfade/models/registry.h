// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "crossfade/core/toml.h"
#include "crossfade/models/model.h"

namespace crossfade {

/// One row of the model table.
struct ModelEntry {
  std::string name;           ///< What a recipe's `models` list calls it.
  std::string title;          ///< One line for people.
  std::string citation = {};  ///< Authors, title, venue, year; "" for reference rows.

  bool uses_features = false;                   ///< Whether it reads TrainingData::features.
  bool uses_documents = false;                  ///< Whether it reads TrainingData::documents.
  BackboneKind backbone = BackboneKind::kNone;  ///< What TrainingData::backbone must be.

  /// Whether nothing is learned about target items that nobody rated in training: they keep the
  /// parameters they began with, and their scores are noise or far off the scale. Not so where such
  /// an item gets a mean or is known by its content.
  bool untrained_items = false;

  /// The model's settings after `table`, as TOML below the table `prefix`; with or without help.
  /// @throws Error  kUsage for an unknown setting or a value out of range.
  std::function<std::string(const TomlTable& table, const std::string& prefix, bool help)>
      settings = {};

  /// Makes the untrained model. `data` must outlive it.
  /// @throws Error  kUsage for settings, kData when the data lacks what the model needs.
  std::function<std::unique_ptr<Model>(
      const TrainingData& data, const TomlTable& settings, const ModelContext& context)>
      make = {};
};

/// Every model, in the order of model_list.def.
[[nodiscard]] std::span<const ModelEntry> all_models();

/// The entry called `name`.
/// @throws Error kUsage, listing the known names, when there is none.
[[nodiscard]] const ModelEntry& find_model(std::string_view name);

/// Fills an entry for a model whose settings are the struct `Settings`, starting from `defaults`.
/// `make(data, settings, context)` returns the model.
template <SettingsStruct Settings, typename Make>
[[nodiscard]] ModelEntry make_entry(ModelEntry names, Settings defaults, Make make) {
  const auto read = [defaults](const TomlTable& table) {
    Settings settings = defaults;
    apply_toml(settings, table);
    return settings;
  };
  names.settings = [read](const TomlTable& table, const std::string& prefix, bool help) {
    return to_toml(read(table), prefix, help);
  };
  names.make = [read, make](const TrainingData& data,
                            const TomlTable& table,
                            const ModelContext& context) -> std::unique_ptr<Model> {
    return make(data, read(table), context);
  };
  return names;
}

/// The same for a class that is constructed from (data, settings, context).
template <typename M, SettingsStruct Settings>
[[nodiscard]] ModelEntry model_entry(ModelEntry names, Settings defaults) {
  return make_entry(
      std::move(names),
      std::move(defaults),
      [](const TrainingData& data, const Settings& settings, const ModelContext& context) {
        return std::make_unique<M>(data, settings, context);
      });
}

}  // namespace crossfade

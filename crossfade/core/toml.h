// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "crossfade/core/settings.h"

namespace crossfade {

struct TomlEntry;

/// One TOML table: names in file order.
struct TomlTable {
  std::vector<TomlEntry> entries;
  std::string where;  ///< "recipe.toml:3", or "--set a.b=1".

  [[nodiscard]] const TomlEntry* find(std::string_view name) const;
  [[nodiscard]] TomlEntry* find(std::string_view name);

  /// Takes the entry called `name` out of the table, if it is there.
  std::optional<TomlEntry> take(std::string_view name);
};

/// A TOML value as settings use it. An empty array is a vector of strings.
using TomlValue = std::variant<bool,
                               std::int64_t,
                               double,
                               std::string,
                               std::vector<std::int64_t>,
                               std::vector<double>,
                               std::vector<std::string>,
                               TomlTable>;

/// A name, its value, and where both stand.
struct TomlEntry {
  std::string name;
  TomlValue value;
  std::string where;
};

/// Parses a TOML file. Arrays must be of one type; dates are not used by any setting.
/// @throws Error  kIo when it cannot be read, kUsage with file and line when it is no TOML.
[[nodiscard]] TomlTable read_toml(const std::filesystem::path& file);

/// Parses TOML text; `source` names it in errors.
[[nodiscard]] TomlTable parse_toml(std::string_view text, const std::string& source);

/// Parses "a.b=value". A value that is no TOML is taken as a string, so quotes are optional. Errors
/// show the assignment behind `origin`.
[[nodiscard]] TomlTable parse_assignment(std::string_view assignment,
                                         std::string_view origin = "--set");

/// Puts the entries of `over` on top of `base`, table by table.
void merge(TomlTable& base, const TomlTable& over);

/// `text` as a quoted TOML string.
[[nodiscard]] std::string toml_quote(std::string_view text);

/// `name` as a key: as it is where TOML allows that, otherwise in quotes.
[[nodiscard]] std::string toml_key(std::string_view name);

/// One value as TOML: `3`, `0.5`, `"text"`, `[1, 2]`.
template <typename T>
[[nodiscard]] std::string toml_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, double>) {
    std::string text = fmt::format("{}", value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return fmt::format("{}", value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return toml_quote(value);
  } else {
    std::string text = "[";
    for (const auto& element : value) {
      text += text.size() > 1 ? ", " : "";
      text += toml_text(element);
    }
    return text + "]";
  }
}

/// `config` as TOML below the table `prefix` ("" = top level): plain settings first, then one
/// table per nested struct. With `help`, each setting's help text stands above it.
template <SettingsStruct Config>
[[nodiscard]] std::string to_toml(const Config& config,
                                  const std::string& prefix = "",
                                  bool help = true) {
  std::string plain;
  std::string tables;
  Config::visit(
      config, [&](std::string_view name, const auto& value, std::string_view text, auto...) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (SettingsStruct<Value>) {
          tables += to_toml(
              value, prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name), help);
        } else {
          plain += help ? fmt::format("# {}\n", text) : "";
          plain += fmt::format("{} = {}\n", name, toml_text(value));
        }
      });
  const std::string header = prefix.empty() ? "" : fmt::format("\n[{}]\n", prefix);
  return header + plain + tables;
}

namespace detail {

template <typename T>
void assign(T& setting, const TomlEntry& entry) {
  if (const T* exact = std::get_if<T>(&entry.value)) {
    setting = *exact;
    return;
  }
  if constexpr (std::is_same_v<T, double>) {
    if (const auto* whole = std::get_if<std::int64_t>(&entry.value)) {
      setting = static_cast<double>(*whole);
      return;
    }
  }
  if constexpr (std::is_same_v<T, std::vector<double>>) {
    if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&entry.value)) {
      setting.assign(whole->begin(), whole->end());
      return;
    }
  }
  if constexpr (!std::is_same_v<T, std::string>) {
    const auto* list = std::get_if<std::vector<std::string>>(&entry.value);
    if constexpr (requires { setting.clear(); }) {
      if (list != nullptr && list->empty()) {
        setting.clear();
        return;
      }
    }
  }
  fail(ErrorKind::kUsage, "{}: {} has the wrong type", entry.where, entry.name);
}

}  // namespace detail

/// Sets the settings of `config` that `table` names; the others keep their values.
/// @throws Error  kUsage, with file and line, for an unknown name, a wrong type or a value out
///                of range.
template <SettingsStruct Config>
void apply_toml(Config& config, const TomlTable& table) {
  std::vector<std::string_view> known;
  Config::visit(
      config, [&](std::string_view name, auto& value, std::string_view, auto... constraint) {
        known.push_back(name);
        const TomlEntry* entry = table.find(name);
        if (entry == nullptr) {
          return;
        }
        using Value = std::decay_t<decltype(value)>;
        if constexpr (SettingsStruct<Value>) {
          const auto* nested = std::get_if<TomlTable>(&entry->value);
          require(
              nested != nullptr, ErrorKind::kUsage, "{}: {} must be a table", entry->where, name);
          apply_toml(value, *nested);
        } else {
          detail::assign(value, *entry);
          try {
            (check_setting(name, value, constraint), ...);
          } catch (const Error& error) {
            throw error.within(entry->where);
          }
        }
      });
  for (const TomlEntry& entry : table.entries) {
    require(std::ranges::find(known, entry.name) != known.end(),
            ErrorKind::kUsage,
            "{}: {} is not a setting of this table; `crossfade config` prints them all",
            entry.where,
            entry.name);
  }
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "crossfade/core/error.h"

namespace crossfade {

/// The closed interval a numeric setting must lie in.
struct Range {
  double low;
  double high;
};

/// The words a string setting may hold.
struct OneOf {
  std::initializer_list<std::string_view> words;
};

/// A list setting whose elements must grow from one to the next.
struct Ascending {};

/// Receives the members of a settings struct one by one; stands in for the real visitors when
/// the compiler is asked whether a struct declares its settings.
struct AnyField {
  template <typename... Args>
  void operator()(std::string_view, Args&&...) const {}
};

/// A struct that declares its settings once, with a static
///
///     visit(self, field):  field("name", self.member, "What it is.", Range{low, high});
///
/// where any number of constraints may follow the help: Range, OneOf, Ascending, or a type with a
/// check_setting of its own. Members are bool, std::int64_t, double, std::string, vectors of the
/// last three, or structs that declare settings themselves.
template <typename T>
concept SettingsStruct = requires(T& settings, AnyField field) {
  T::visit(settings, field);
};

/// Throws kUsage, naming the setting, its value and its range, when `value` lies outside.
template <typename T>
requires std::is_arithmetic_v<T>

void check_setting(std::string_view name, T value, Range range) {
  const auto number = static_cast<double>(value);
  require(number >= range.low && number <= range.high,
          ErrorKind::kUsage,
          "{} = {} is outside [{}, {}]",
          name,
          value,
          range.low,
          range.high);
}

/// Throws kUsage, naming the setting, its value and the words it may hold.
inline void check_setting(std::string_view name, const std::string& value, OneOf allowed) {
  if (std::ranges::find(allowed.words, std::string_view(value)) == allowed.words.end()) {
    fail(ErrorKind::kUsage,
         "{} = \"{}\" is not one of: {}",
         name,
         value,
         fmt::join(allowed.words, ", "));
  }
}

/// Checks every element of a list setting.
template <typename T, typename Constraint>
void check_setting(std::string_view name, const std::vector<T>& values, Constraint constraint) {
  for (const T& value : values) {
    check_setting(name, value, constraint);
  }
}

/// Throws kUsage, naming the list, when an element is not above the one before it.
template <typename T>
void check_setting(std::string_view name, const std::vector<T>& values, Ascending) {
  require(std::ranges::adjacent_find(values, std::ranges::greater_equal()) == values.end(),
          ErrorKind::kUsage,
          "{} = [{}] does not ascend",
          name,
          fmt::join(values, ", "));
}

/// Checks every setting of `config`, nested ones included, against its declaration.
/// @throws Error  kUsage.
template <SettingsStruct Config>
void check_settings(const Config& config) {
  Config::visit(config,
                [](std::string_view name, const auto& value, std::string_view, auto... constraint) {
                  using Value = std::decay_t<decltype(value)>;
                  if constexpr (SettingsStruct<Value>) {
                    check_settings(value);
                  } else {
                    (check_setting(name, value, constraint), ...);
                  }
                });
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
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
/// where the last argument (a Range or a OneOf) is optional. Members are bool, std::int64_t,
/// double, std::string, vectors of the last three, or structs that declare settings themselves.
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

/// Checks every setting of `config`, nested ones included, against its declaration.
/// @throws Error  kUsage.
template <SettingsStruct Config>
void check_settings(const Config& config) {
  Config::visit(config,
                [](std::string_view name, const auto& value, std::string_view, auto... constraint) {
                  using Value = std::decay_t<decltype(value)>;
                  if constexpr (SettingsStruct<Value>) {
                    check_settings(value);
                  } else if constexpr (sizeof...(constraint) == 1) {
                    check_setting(name, value, constraint...);
                  }
                });
}

}  // namespace crossfade

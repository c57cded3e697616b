// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "crossfade/dataset/ids.h"

namespace crossfade {

inline constexpr std::array kDomains{Domain::kSource, Domain::kTarget};

/// "source" or "target": the domain's folder in an ingest artifact.
[[nodiscard]] constexpr std::string_view name_of(Domain domain) noexcept {
  return domain == Domain::kSource ? "source" : "target";
}

[[nodiscard]] constexpr Domain other(Domain domain) noexcept {
  return domain == Domain::kSource ? Domain::kTarget : Domain::kSource;
}

/// One value for each domain.
template <typename T>
struct PerDomain {
  T source;
  T target;

  [[nodiscard]] T& operator[](Domain domain) noexcept {
    return domain == Domain::kSource ? source : target;
  }

  [[nodiscard]] const T& operator[](Domain domain) const noexcept {
    return domain == Domain::kSource ? source : target;
  }
};

}  // namespace crossfade

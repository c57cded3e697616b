// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace crossfade {

/// Whether a matrix describes items or users.
enum class Entity : std::uint8_t { kItem, kUser };

/// "items" or "users".
[[nodiscard]] constexpr std::string_view plural(Entity entity) noexcept {
  return entity == Entity::kItem ? "items" : "users";
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace crossfade {

/// Row of a user in every per-user table of one dataset; shared by both domains.
enum class UserId : std::int32_t {};

/// Row of an item in the per-item tables of its own domain.
enum class ItemId : std::int32_t {};

/// The two sides of a transfer: the source (auxiliary) shop, where a cold user is known, and the
/// target shop, where the user is not.
enum class Domain : std::uint8_t { kSource, kTarget };

[[nodiscard]] constexpr std::size_t index(UserId user) noexcept {
  return static_cast<std::size_t>(user);
}

[[nodiscard]] constexpr std::size_t index(ItemId item) noexcept {
  return static_cast<std::size_t>(item);
}

}  // namespace crossfade

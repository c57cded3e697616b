// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crossfade {

/// An address that can be asked for.
struct Address {
  std::string text;  ///< With everything percent-encoded that may not stand in a request.
  std::string host;  ///< In lower case, with its port if one is named: what is asked gently.
};

/// Reads an http or https address as people and files write it: spaces around it are dropped,
/// spaces and bytes outside ASCII in path and query are encoded, a fragment is dropped. Nothing
/// when it is no such address.
[[nodiscard]] std::optional<Address> read_address(std::string_view text);

/// Whether an IPv4 address, first byte first, is reachable from everywhere: not loopback, private,
/// link-local, shared, reserved, documentation, multicast or broadcast.
[[nodiscard]] bool is_public(const std::array<std::uint8_t, 4>& ip);

/// The same for IPv6. An address that stands for an IPv4 address (mapped, compatible, NAT64, 6to4)
/// is as public as that one.
[[nodiscard]] bool is_public(const std::array<std::uint8_t, 16>& ip);

}  // namespace crossfade

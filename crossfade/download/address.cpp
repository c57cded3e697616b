// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/address.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace crossfade {
namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? ""
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kForbidden = "\"<>\\^`{|}";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F || kForbidden.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

/// The first `bits` of an IPv4 address.
struct Block {
  std::uint32_t start;
  unsigned bits;
};

// The registry of special-purpose addresses (RFC 6890), and multicast.
constexpr std::array kSpecial{Block{0x00000000, 8},
                              Block{0x0A000000, 8},
                              Block{0x64400000, 10},
                              Block{0x7F000000, 8},
                              Block{0xA9FE0000, 16},
                              Block{0xAC100000, 12},
                              Block{0xC0000000, 24},
                              Block{0xC0000200, 24},
                              Block{0xC0586300, 24},
                              Block{0xC0A80000, 16},
                              Block{0xC6120000, 15},
                              Block{0xC6336400, 24},
                              Block{0xCB007100, 24},
                              Block{0xE0000000, 4},
                              Block{0xF0000000, 4}};

using Ip6 = std::array<std::uint8_t, 16>;

bool starts_with(const Ip6& ip, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), ip.begin());
}

bool is_public_from(const Ip6& ip, std::size_t at) {
  return is_public(std::array<std::uint8_t, 4>{ip[at], ip[at + 1], ip[at + 2], ip[at + 3]});
}

}  // namespace

std::optional<Address> read_address(std::string_view text) {
  text = trimmed(text);
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") {
    return std::nullopt;
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t host_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, host_end);
  const std::size_t at = authority.rfind('@');
  const std::string host =
      lower(at == std::string_view::npos ? authority : authority.substr(at + 1));
  if (host.empty() || host.front() == ':' || authority.find_first_of(kBlank) != authority.npos ||
      authority.find_first_of("\"<>\\^`{|}") != authority.npos) {
    return std::nullopt;
  }
  return Address{
      .text = fmt::format("{}://{}{}", scheme, authority, encoded(rest.substr(host_end))),
      .host = host};
}

bool is_public(const std::array<std::uint8_t, 4>& ip) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : ip) {
    value = (value << 8U) | byte;
  }
  return std::ranges::none_of(
      kSpecial, [&](Block block) { return ((value ^ block.start) >> (32U - block.bits)) == 0; });
}

bool is_public(const Ip6& ip) {
  const bool zeros_to_80 = std::all_of(ip.begin(), ip.begin() + 10, [](auto b) { return b == 0; });
  const bool mapped = zeros_to_80 && ip[10] == 0xFF && ip[11] == 0xFF;
  const bool compatible = zeros_to_80 && ip[10] == 0 && ip[11] == 0;
  const bool nat64 = starts_with(ip, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
  if (mapped || compatible || nat64) {
    return is_public_from(ip, 12);
  }
  if (starts_with(ip, {0x20, 0x02})) {
    return is_public_from(ip, 2);
  }
  // Global unicast is 2000::/3; of it, 2001:0::/23 serves protocols and 2001:db8::/32 examples.
  const bool global = (ip[0] & 0xE0U) == 0x20;
  const bool protocols = starts_with(ip, {0x20, 0x01}) && (ip[2] & 0xFEU) == 0;
  const bool examples = starts_with(ip, {0x20, 0x01, 0x0D, 0xB8});
  return global && !protocols && !examples;
}

}  // namespace crossfade

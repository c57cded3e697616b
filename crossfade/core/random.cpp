// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/random.h"

#include <cmath>
#include <numbers>

namespace crossfade {
namespace {

// The SplitMix64 finaliser (Steele, Lea and Flood, OOPSLA 2014).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15U;

// FNV-1a: stable across platforms, unlike std::hash.
std::uint64_t hash(std::string_view text) noexcept {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : text) {
    value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return value;
}

}  // namespace

Rng Rng::fork(std::string_view name, std::uint64_t index) const noexcept {
  const std::uint64_t family = mix(mix(origin_ + kGamma) ^ hash(name));
  return Rng(mix(family + (index + 1) * kGamma));
}

std::uint64_t Rng::operator()() noexcept {
  state_ += kGamma;
  return mix(state_);
}

std::uint64_t Rng::below(std::uint64_t bound) noexcept {
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t bits = (*this)();
    if (bits >= threshold) {
      return bits % bound;
    }
  }
}

double Rng::uniform() noexcept {
  return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double Rng::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace crossfade

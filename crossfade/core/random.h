// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace crossfade {

/// A stream of random bits that depends on a seed and a path of names, and on nothing else.
///
/// Every consumer forks its own stream, so adding a draw in one stage never moves the numbers
/// another stage sees. There is no global generator. The numbers are the same on every
/// platform, which the standard distributions do not promise.
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit Rng(std::uint64_t seed) noexcept : origin_(seed), state_(seed) {}

  /// The child stream called `name`, number `index` (an epoch, a worker, a user).
  /// Independent of how many values were drawn from this stream.
  [[nodiscard]] Rng fork(std::string_view name, std::uint64_t index = 0) const noexcept;

  /// The next 64 bits.
  std::uint64_t operator()() noexcept;

  /// An integer in [0, bound), without modulo bias. `bound` must be positive.
  std::uint64_t below(std::uint64_t bound) noexcept;

  /// A double in [0, 1) with 53 random bits.
  double uniform() noexcept;

  /// A standard normal draw (Box and Muller 1958; one value per two uniforms, so that the number
  /// of draws a caller consumes does not depend on what was drawn before).
  double normal() noexcept;

  static constexpr result_type min() noexcept { return 0; }

  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

 private:
  std::uint64_t origin_;
  std::uint64_t state_;
};

/// Puts `values` into a random order (Fisher and Yates). The same on every platform, which
/// std::shuffle does not promise.
template <typename T>
void shuffle(std::span<T> values, Rng& rng) {
  for (std::size_t left = values.size(); left > 1; --left) {
    std::swap(values[left - 1], values[static_cast<std::size_t>(rng.below(left))]);
  }
}

}  // namespace crossfade

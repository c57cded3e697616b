// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace crossfade {

/// A position of a document that holds no word: its vector is zero.
inline constexpr std::int32_t kNoWord = -1;

/// Documents laid end to end, none padded: document d has the positions [offsets[d],
/// offsets[d + 1]). A view: it owns nothing.
struct WordRun {
  std::span<const std::int64_t> offsets;  ///< documents + 1 positions.
  std::span<const std::int32_t> words;    ///< By position: a row of a table, or kNoWord.

  [[nodiscard]] std::size_t documents() const noexcept { return offsets.size() - 1; }
};

}  // namespace crossfade

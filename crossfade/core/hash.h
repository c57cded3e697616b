// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace crossfade {

/// A running 128-bit content hash (XXH3). It names artifacts; it is no defence against forgery.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  /// Adds bytes as they are.
  void bytes(const void* data, std::size_t size);

  /// Adds a text and its length, so that ("ab", "c") and ("a", "bc") differ.
  void text(std::string_view value);

  /// 32 hexadecimal digits of what was added so far.
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The hash of one text.
[[nodiscard]] std::string hash_text(std::string_view text);

/// The hash of a file's content.
/// @throws Error  kIo when it cannot be read.
[[nodiscard]] std::string hash_file(const std::filesystem::path& file);

}  // namespace crossfade

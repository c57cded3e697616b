// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

/// Cuts a UTF-8 text of any language into words: runs of letters, digits and their combining
/// marks, compatibility-decomposed and case-folded (Unicode), so that "STRASSE" and "straße", or
/// composed and decomposed accents, are equal. In scripts written without spaces (Chinese,
/// Japanese kana, Thai, Lao, Khmer, Burmese) every character is a word. Bytes that are no UTF-8
/// separate words. Of a word longer than kMaxWordBytes the beginning counts.
class Tokenizer {
 public:
  static constexpr std::size_t kMaxWordBytes = 128;

  /// `text` must outlive the tokenizer.
  explicit Tokenizer(std::string_view text) noexcept : text_(text) {}

  /// Moves to the next word; false after the last.
  bool next();

  /// The current word; valid until the next call of next().
  [[nodiscard]] std::string_view word() const noexcept { return word_; }

 private:
  bool take_ascii(unsigned char byte);
  bool take_character();

  std::string_view text_;
  std::size_t position_ = 0;
  std::string word_;
};

}  // namespace crossfade

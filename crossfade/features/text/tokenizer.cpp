// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <span>

#include <utf8proc.h>

namespace crossfade {
namespace {

constexpr std::array<char, 128> kAsciiFold = [] {
  std::array<char, 128> fold{};
  for (std::size_t c = 0; c < fold.size(); ++c) {
    const char letter = static_cast<char>(c);
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) {
      fold[c] = letter;
    } else if (letter >= 'A' && letter <= 'Z') {
      fold[c] = static_cast<char>(letter - 'A' + 'a');
    }
  }
  return fold;
}();

struct CodeRange {
  utf8proc_int32_t first;
  utf8proc_int32_t last;
};

// Thai and Lao, Burmese, Khmer, kana, ideographs (the supplementary planes 2 and 3 hold no
// other letters).
constexpr std::array<CodeRange, 9> kUnspaced{{{0x0E00, 0x0EFF},
                                              {0x1000, 0x109F},
                                              {0x1780, 0x17FF},
                                              {0x3040, 0x30FF},
                                              {0x31F0, 0x31FF},
                                              {0x3400, 0x9FFF},
                                              {0xF900, 0xFAFF},
                                              {0xFF66, 0xFF9F},
                                              {0x20000, 0x3FFFD}}};

bool is_unspaced(utf8proc_int32_t code) {
  return std::ranges::any_of(
      kUnspaced, [code](CodeRange range) { return code >= range.first && code <= range.last; });
}

enum class Kind { kSeparator, kMark, kWord };

Kind kind_of(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
      return Kind::kWord;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      return Kind::kMark;
    default:
      return Kind::kSeparator;
  }
}

void append_folded(utf8proc_int32_t code, std::string& word) {
  std::array<utf8proc_int32_t, 32> folded{};
  int boundary = 0;
  const auto flags = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      code, folded.data(), static_cast<utf8proc_ssize_t>(folded.size()), flags, &boundary);
  const auto kept = static_cast<std::size_t>(
      std::clamp<utf8proc_ssize_t>(count, 0, static_cast<utf8proc_ssize_t>(folded.size())));
  for (const utf8proc_int32_t part : std::span(folded).first(kept)) {
    if (kind_of(part) == Kind::kSeparator || word.size() + 4 > Tokenizer::kMaxWordBytes) {
      continue;
    }
    std::array<utf8proc_uint8_t, 4> bytes{};
    const utf8proc_ssize_t size = utf8proc_encode_char(part, bytes.data());
    word.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
  }
}

}  // namespace

bool Tokenizer::next() {
  word_.clear();
  bool more = true;
  while (more && position_ < text_.size()) {
    const auto byte = static_cast<unsigned char>(text_[position_]);
    more = byte < 0x80 ? take_ascii(byte) : take_character();
  }
  return !word_.empty();
}

// Both take one character and say whether the word may go on.
bool Tokenizer::take_ascii(unsigned char byte) {
  ++position_;
  const char folded = kAsciiFold[byte];
  if (folded == 0) {
    return word_.empty();
  }
  if (word_.size() < kMaxWordBytes) {
    word_ += folded;
  }
  return true;
}

bool Tokenizer::take_character() {
  utf8proc_int32_t code = -1;
  const utf8proc_ssize_t size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data()) + position_,
                       static_cast<utf8proc_ssize_t>(text_.size() - position_),
                       &code);
  const bool valid = size > 0 && code >= 0;
  const Kind kind = valid ? kind_of(code) : Kind::kSeparator;
  const auto bytes = valid ? static_cast<std::size_t>(size) : 1;
  if (kind == Kind::kSeparator || (kind == Kind::kMark && word_.empty())) {
    position_ += bytes;
    return word_.empty();
  }
  if (kind == Kind::kWord && is_unspaced(code)) {
    if (!word_.empty()) {
      return false;
    }
    position_ += bytes;
    append_folded(code, word_);
    return word_.empty();
  }
  position_ += bytes;
  append_folded(code, word_);
  return true;
}

}  // namespace crossfade

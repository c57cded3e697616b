// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/clean_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace crossfade {
namespace {

// HTML's names of U+00A1 to U+00FF, in order.
constexpr std::array<std::string_view, 95> kLatinNames = {
    "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",
    "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",
    "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",
    "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",
    "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute",
    "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",
    "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave",
    "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",    "ntilde",
    "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave", "uacute",
    "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 16> kOtherNames = {
    {{"amp", '&'},
     {"lt", '<'},
     {"gt", '>'},
     {"quot", '"'},
     {"apos", '\''},
     {"nbsp", ' '},
     {"ndash", 0x2013},
     {"mdash", 0x2014},
     {"lsquo", 0x2018},
     {"rsquo", 0x2019},
     {"ldquo", 0x201C},
     {"rdquo", 0x201D},
     {"bull", 0x2022},
     {"hellip", 0x2026},
     {"euro", 0x20AC},
     {"trade", 0x2122}}};

void append_utf8(std::uint32_t code, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_character(std::uint32_t code) {
  return code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

std::optional<std::uint32_t> parse_code(std::string_view digits, int base) {
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && is_character(code) ? std::optional(code) : std::nullopt;
}

// The character that the entity `name` (without & and ;) stands for.
std::optional<std::uint32_t> entity(std::string_view name) {
  if (name.starts_with("#x") || name.starts_with("#X")) {
    return parse_code(name.substr(2), 16);
  }
  if (name.starts_with('#')) {
    return parse_code(name.substr(1), 10);
  }
  const auto* other =
      std::ranges::find(kOtherNames, name, &decltype(kOtherNames)::value_type::first);
  if (other != kOtherNames.end()) {
    return other->second;
  }
  const auto* latin = std::ranges::find(kLatinNames, name);
  if (latin != kLatinNames.end()) {
    return 0xA1 + static_cast<std::uint32_t>(latin - kLatinNames.begin());
  }
  return std::nullopt;
}

std::string unescape(std::string_view text) {
  constexpr std::size_t kLongestEntity = 10;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t length = text.substr(i + 1, kLongestEntity).find(';');
      const auto code =
          length == std::string_view::npos ? std::nullopt : entity(text.substr(i + 1, length));
      if (code) {
        append_utf8(*code, out);
        i += length + 1;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

bool begins_tag(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!';
}

std::string strip_tags(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' && i + 1 < text.size() && begins_tag(text[i + 1])) {
      const std::size_t close = text.find_first_of("<>", i + 1);
      if (close != std::string_view::npos && text[close] == '>') {
        out += ' ';
        i = close;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
}

void squeeze(std::string_view text, std::string& out) {
  bool pending = false;
  const std::size_t start = out.size();
  for (const char c : text) {
    if (is_blank(c)) {
      pending = true;
      continue;
    }
    if (pending && out.size() > start) {
      out += ' ';
    }
    pending = false;
    out += c;
  }
}

}  // namespace

bool is_clean_text(std::string_view text) {
  if (text.empty() || is_blank(text.front()) || is_blank(text.back())) {
    return text.empty();
  }
  const auto flag = [](bool condition) { return static_cast<std::uint8_t>(condition); };
  std::uint8_t found = 0;
  // No branch in the loop: the compiler makes it compare 16 bytes at once.
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    const auto next = static_cast<std::uint8_t>(text[i + 1]);
    found = static_cast<std::uint8_t>(found | flag(c < ' ') | flag(c == 0x7F) | flag(c == '&') |
                                      flag(c == '<') | (flag(c == ' ') & flag(next == ' ')));
  }
  return found == 0;
}

bool has_words(std::string_view clean, std::int64_t count) {
  std::int64_t words = clean.empty() ? 0 : 1;
  for (std::size_t space = clean.find(' '); words < count && space != std::string_view::npos;
       space = clean.find(' ', space + 1)) {
    ++words;
  }
  return words >= count;
}

void clean_text(std::string_view text, std::string& out) {
  if (is_clean_text(text)) {
    out += text;
    return;
  }
  std::string unescaped;
  std::string stripped;
  if (text.find('&') != std::string_view::npos) {
    unescaped = unescape(text);
    text = unescaped;
  }
  if (text.find('<') != std::string_view::npos) {
    stripped = strip_tags(text);
    text = stripped;
  }
  squeeze(text, out);
}

}  // namespace crossfade

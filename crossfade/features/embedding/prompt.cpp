// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/prompt.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

struct Placeholder {
  std::string_view name;
  std::string_view PromptValues::*value;
};

constexpr std::array kPlaceholders{
    Placeholder{"title", &PromptValues::title},
    Placeholder{"description", &PromptValues::description},
    Placeholder{"categories", &PromptValues::categories},
    Placeholder{"reviews", &PromptValues::reviews},
    Placeholder{"image", &PromptValues::image},
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// The name in braces that `text` begins with, or "".
std::string_view placeholder_at(std::string_view text) {
  if (text.empty() || text.front() != '{') {
    return {};
  }
  std::size_t end = 1;
  while (end < text.size() && (std::islower(static_cast<unsigned char>(text[end])) != 0)) {
    ++end;
  }
  return end > 1 && end < text.size() && text[end] == '}' ? text.substr(1, end - 1)
                                                          : std::string_view();
}

}  // namespace

Prompt::Prompt(std::string_view setting,
               std::string_view text,
               std::vector<std::string_view> allowed)
    : setting_(setting), allowed_(std::move(allowed)) {
  std::vector<Line> lines;
  for (const std::string_view line : lines_of(text)) {
    lines.push_back(parse(line));
  }
  const auto asks = [](const Line& line) {
    return std::ranges::any_of(line, [](const Piece& piece) { return piece.value != nullptr; });
  };
  const auto first = std::ranges::find_if(lines, asks);
  require(first != lines.end(),
          ErrorKind::kUsage,
          "{} has no placeholder, so all texts would be the same; put in one of {{{}}}",
          setting_,
          fmt::join(allowed_, "}, {"));
  const auto last = std::find_if(lines.rbegin(), lines.rend(), asks).base();
  const auto literal = [](const Line& line) { return line.empty() ? "" : line.front().literal; };
  for (auto line = lines.begin(); line != first; ++line) {
    prefix_ += literal(*line) + "\n";
  }
  lines_.assign(first, last);
  for (auto line = last; line != lines.end(); ++line) {
    suffix_ += "\n";
    suffix_ += literal(*line);
  }
}

Prompt::Line Prompt::parse(std::string_view line) {
  Line pieces;
  std::string literal;
  for (std::size_t at = 0; at < line.size();) {
    const std::string_view name = placeholder_at(line.substr(at));
    if (name.empty()) {
      literal += line[at++];
      continue;
    }
    require(std::ranges::find(allowed_, name) != allowed_.end(),
            ErrorKind::kUsage,
            "{}: {{{}}} is not a placeholder here; there are {{{}}}",
            setting_,
            name,
            fmt::join(allowed_, "}, {"));
    images_ += name == "image" ? 1 : 0;
    require(images_ <= 1, ErrorKind::kUsage, "{}: {{image}} may stand once only", setting_);
    if (!literal.empty()) {
      pieces.push_back({.literal = std::exchange(literal, {}), .value = nullptr});
    }
    const auto* found = std::ranges::find(kPlaceholders, name, &Placeholder::name);
    pieces.push_back({.literal = {}, .value = found->value});
    at += name.size() + 2;
  }
  if (!literal.empty()) {
    pieces.push_back({.literal = literal, .value = nullptr});
  }
  return pieces;
}

EmbeddingText Prompt::fill(const PromptValues& values) const {
  EmbeddingText out;
  std::string* text = &out.before;
  bool begun = false;
  bool anything_known = false;
  for (const Line& line : lines_) {
    const bool asks =
        std::ranges::any_of(line, [](const Piece& piece) { return piece.value != nullptr; });
    const bool known = std::ranges::any_of(line, [&](const Piece& piece) {
      return piece.value != nullptr && !(values.*piece.value).empty();
    });
    if (asks && !known) {
      continue;
    }
    anything_known = anything_known || known;
    *text += begun ? "\n" : "";
    begun = true;
    for (const Piece& piece : line) {
      if (piece.value == &PromptValues::image) {
        out.image = values.image;
        text = values.image.empty() ? text : &out.after;
      } else {
        *text += piece.value != nullptr ? values.*piece.value : std::string_view(piece.literal);
      }
    }
  }
  return anything_known ? out : EmbeddingText();
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crossfade/features/embedding/embedder.h"

namespace crossfade {

/// What the placeholders of a prompt stand for; "" = not known.
struct PromptValues {
  std::string_view title;
  std::string_view description;
  std::string_view categories;
  std::string_view reviews;
  std::string_view image;  ///< A file.
};

/// A prompt with the placeholders {title}, {description}, {categories}, {reviews} and {image}.
/// Its lines before the first one with a placeholder are the prefix, those after the last one the
/// suffix; the two are the same for all texts. Other braces stand for themselves.
class Prompt {
 public:
  /// @throws Error  kUsage, naming `setting`, when `text` has none of the placeholders `allowed`,
  ///                another one, or {image} twice.
  Prompt(std::string_view setting, std::string_view text, std::vector<std::string_view> allowed);

  [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }
  [[nodiscard]] const std::string& suffix() const noexcept { return suffix_; }

  /// Whether {image} stands in it.
  [[nodiscard]] bool has_image() const noexcept { return images_ > 0; }

  /// The lines between. A line is left out when nothing it asks for is known; without any, the
  /// result is empty.
  [[nodiscard]] EmbeddingText fill(const PromptValues& values) const;

 private:
  // Literal text, or the value of one placeholder.
  struct Piece {
    std::string literal;
    std::string_view PromptValues::*value = nullptr;
  };
  using Line = std::vector<Piece>;

  Line parse(std::string_view line);

  std::string setting_;
  std::vector<std::string_view> allowed_;
  std::string prefix_;
  std::vector<Line> lines_;
  std::string suffix_;
  int images_ = 0;
};

}  // namespace crossfade

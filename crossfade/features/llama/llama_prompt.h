// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <llama.h>

#include "crossfade/features/llama/llama_options.h"

namespace crossfade {

using LlamaTokens = std::vector<llama_token>;

/// A part of what a model reads: tokens, or vectors that take their place.
struct LlamaSegment {
  std::size_t rows = 0;
  LlamaTokens tokens;          ///< [rows], or empty.
  std::vector<float> vectors;  ///< [rows, width of the model's input], or empty.

  [[nodiscard]] bool is_image() const { return tokens.empty(); }
};

/// Appends `tokens` to the last segment, or as a new one.
void append_tokens(std::vector<LlamaSegment>& segments, const LlamaTokens& tokens);

/// The tokens of all segments, those of images included.
[[nodiscard]] std::size_t count_rows(const std::vector<LlamaSegment>& segments);

/// What stands around every text, and how a text is made to fit.
class LlamaPrompt {
 public:
  LlamaPrompt(const llama_model* model, const LlamaOptions& options);

  /// The tokens of `text` by itself; control tokens in it are plain text.
  [[nodiscard]] LlamaTokens tokenize(const std::string& text) const;

  [[nodiscard]] const LlamaTokens& prefix() const { return prefix_; }
  [[nodiscard]] const LlamaTokens& suffix() const { return suffix_; }

  /// Tokens that a text and its image may take.
  [[nodiscard]] std::size_t room() const { return max_tokens_ - prefix_.size() - suffix_.size(); }

  /// What comes after the prefix: `before`, `image` of at most room(), `after`, suffix. Texts that
  /// are too long lose their end, `after` first; that is counted.
  [[nodiscard]] std::vector<LlamaSegment> arrange(LlamaTokens before,
                                                  std::vector<LlamaSegment> image,
                                                  LlamaTokens after,
                                                  LlamaCounts& counts) const;

 private:
  const llama_vocab* vocabulary_;
  std::size_t max_tokens_;
  LlamaTokens prefix_;
  LlamaTokens suffix_;
};

}  // namespace crossfade

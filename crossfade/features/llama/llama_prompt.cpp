// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_prompt.h"

#include <algorithm>
#include <iterator>

#include "crossfade/core/error.h"

namespace crossfade {

void append_tokens(std::vector<LlamaSegment>& segments, const LlamaTokens& tokens) {
  if (tokens.empty()) {
    return;
  }
  if (segments.empty() || segments.back().is_image()) {
    segments.emplace_back();
  }
  LlamaSegment& last = segments.back();
  last.tokens.insert(last.tokens.end(), tokens.begin(), tokens.end());
  last.rows = last.tokens.size();
}

std::size_t count_rows(const std::vector<LlamaSegment>& segments) {
  std::size_t rows = 0;
  for (const LlamaSegment& segment : segments) {
    rows += segment.rows;
  }
  return rows;
}

LlamaPrompt::LlamaPrompt(const llama_model* model, const LlamaOptions& options)
    : vocabulary_(llama_model_get_vocab(model)), max_tokens_(options.max_tokens) {
  if (llama_vocab_get_add_bos(vocabulary_)) {
    prefix_.push_back(llama_vocab_bos(vocabulary_));
  }
  const LlamaTokens prefix = tokenize(options.prefix);
  prefix_.insert(prefix_.end(), prefix.begin(), prefix.end());
  suffix_ = tokenize(options.suffix);
  if (llama_vocab_get_add_sep(vocabulary_)) {
    suffix_.push_back(llama_vocab_sep(vocabulary_));
  } else if (llama_vocab_get_add_eos(vocabulary_)) {
    suffix_.push_back(llama_vocab_eos(vocabulary_));
  }
  const std::size_t prompt = prefix_.size() + suffix_.size();
  require(prompt < max_tokens_,
          ErrorKind::kUsage,
          "{}: the prompt takes {} tokens and leaves no room for a text; max_tokens = {}",
          options.model.string(),
          prompt,
          max_tokens_);
}

LlamaTokens LlamaPrompt::tokenize(const std::string& text) const {
  LlamaTokens tokens(text.size() + 2);
  const auto tokenize_into = [&] {
    return llama_tokenize(vocabulary_,
                          text.data(),
                          static_cast<std::int32_t>(text.size()),
                          tokens.data(),
                          static_cast<std::int32_t>(tokens.size()),
                          false,
                          false);
  };
  std::int32_t count = tokenize_into();
  if (count < 0) {
    tokens.resize(static_cast<std::size_t>(-count));
    count = tokenize_into();
  }
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
}

std::vector<LlamaSegment> LlamaPrompt::arrange(LlamaTokens before,
                                               std::vector<LlamaSegment> image,
                                               LlamaTokens after,
                                               LlamaCounts& counts) const {
  const std::size_t text = before.size() + after.size();
  const std::size_t text_room = room() - count_rows(image);
  counts.texts += 1;
  if (text > text_room) {
    counts.texts_cut += 1;
    counts.tokens_cut += static_cast<std::int64_t>(text - text_room);
    before.resize(std::min(before.size(), text_room));
    after.resize(std::min(after.size(), text_room - before.size()));
  }
  std::vector<LlamaSegment> segments;
  append_tokens(segments, before);
  for (LlamaSegment& part : image) {
    if (part.is_image()) {
      segments.push_back(std::move(part));
    } else {
      append_tokens(segments, part.tokens);
    }
  }
  append_tokens(segments, after);
  append_tokens(segments, suffix_);
  return segments;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/llama/llama_encoder.h"

#include "crossfade/features/llama/llama_engine.h"

namespace crossfade {

LlamaEncoder::LlamaEncoder(LlamaOptions options)
    : engine_(std::make_unique<LlamaEngine>(std::move(options), false)) {}

LlamaEncoder::~LlamaEncoder() = default;

std::size_t LlamaEncoder::width() const noexcept {
  return engine_->width();
}

const LlamaCounts& LlamaEncoder::counts() const noexcept {
  return engine_->counts();
}

std::vector<std::int32_t> LlamaEncoder::tokenize(const std::string& text) const {
  return engine_->prompt().tokenize(text);
}

std::vector<std::optional<std::string>> LlamaEncoder::encode(std::span<const std::string> texts,
                                                             std::span<float> out) {
  std::vector<std::optional<std::string>> problems(texts.size());
  std::size_t next = 0;
  const auto next_job = [&]() -> std::optional<LlamaJob> {
    if (next == texts.size()) {
      return std::nullopt;
    }
    const std::size_t text = next++;
    LlamaTokens tokens = engine_->prompt().tokenize(texts[text]);
    return LlamaJob{
        .text = text,
        .segments = engine_->prompt().arrange(std::move(tokens), {}, {}, engine_->counts())};
  };
  engine_->run(next_job, out, problems);
  return problems;
}

}  // namespace crossfade

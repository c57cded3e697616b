// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/embedding/llama_embedder.h"

#include <utility>

#include "crossfade/features/embedding/entity_texts.h"
#include "crossfade/features/llama/llama_encoder.h"
#include "crossfade/features/llama/llama_vision_encoder.h"

namespace crossfade {
namespace {

Pooling pooling_of(const std::string& name) {
  if (name == "mean") {
    return Pooling::kMean;
  }
  return name == "last_token" ? Pooling::kLastToken : Pooling::kFirstLastAvg;
}

LlamaOptions options_of(const EmbeddingConfig& config,
                        const LanguageModelConfig& model,
                        const Prompt& prompt) {
  return {.model = model.model,
          .pooling = pooling_of(model.pooling),
          .prefix = prompt.prefix(),
          .suffix = prompt.suffix(),
          .max_tokens = static_cast<std::size_t>(model.max_tokens),
          .batch_tokens = static_cast<std::size_t>(config.batch_tokens),
          .exact = config.exact,
          .threads = static_cast<int>(config.threads),
          .gpu_layers = static_cast<int>(config.gpu_layers)};
}

EmbedderCounts to_counts(const LlamaCounts& counts) {
  return {.texts = counts.texts,
          .tokens = counts.tokens,
          .tokens_cut = counts.tokens_cut,
          .texts_cut = counts.texts_cut,
          .images = counts.images};
}

class LlamaTextEmbedder : public Embedder {
 public:
  explicit LlamaTextEmbedder(LlamaOptions options) : encoder_(std::move(options)) {}

  [[nodiscard]] std::size_t width() const override { return encoder_.width(); }
  [[nodiscard]] EmbedderCounts counts() const override { return to_counts(encoder_.counts()); }

  std::vector<std::optional<std::string>> encode(std::span<const EmbeddingText> texts,
                                                 std::span<float> out) override {
    std::vector<std::string> joined;
    for (const EmbeddingText& text : texts) {
      joined.push_back(text.before + text.after);
    }
    return encoder_.encode(joined, out);
  }

 private:
  LlamaEncoder encoder_;
};

class LlamaImageEmbedder : public Embedder {
 public:
  LlamaImageEmbedder(LlamaOptions options, const VisionOptions& vision)
      : encoder_(std::move(options), vision) {}

  [[nodiscard]] std::size_t width() const override { return encoder_.width(); }
  [[nodiscard]] EmbedderCounts counts() const override { return to_counts(encoder_.counts()); }

  std::vector<std::optional<std::string>> encode(std::span<const EmbeddingText> texts,
                                                 std::span<float> out) override {
    std::vector<ImageText> converted;
    for (const EmbeddingText& text : texts) {
      converted.push_back({.before = text.before, .image = text.image, .after = text.after});
    }
    return encoder_.encode(converted, out);
  }

 private:
  LlamaVisionEncoder encoder_;
};

}  // namespace

std::unique_ptr<Embedder> make_llama_embedder(const FeaturesConfig& config, Entity entity) {
  const EmbeddingConfig& llm = config.llm;
  if (entity == Entity::kUser) {
    return std::make_unique<LlamaTextEmbedder>(options_of(llm, llm.users, make_prompt(llm.users)));
  }
  LlamaOptions options = options_of(llm, llm.items, make_prompt(llm.items));
  if (llm.items.vision.empty()) {
    return std::make_unique<LlamaTextEmbedder>(std::move(options));
  }
  const VisionOptions vision{.projector = llm.items.vision,
                             .max_image_side = static_cast<int>(llm.items.max_image_side)};
  return std::make_unique<LlamaImageEmbedder>(std::move(options), vision);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossfade/core/settings.h"

namespace crossfade {

/// A language model and how it is asked: what [features.llm.items] and [features.llm.users] have
/// in common.
struct LanguageModelConfig {
  std::string model;
  std::string prompt;
  std::string pooling = "first_last_avg";
  std::int64_t max_tokens = 512;
  std::int64_t dimension = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("model",
          self.model,
          "Language model, a GGUF file; `crossfade model inspect FILE` tells what it is good for.");
    field("prompt",
          self.prompt,
          "What the model reads. Lines whose {placeholders} are all unknown are left out; lines "
          "before the first placeholder are evaluated once.");
    field("pooling",
          self.pooling,
          "How the states of the tokens become one vector: first_last_avg (mean of the first and "
          "the last layer, over tokens), mean (last layer, over tokens), last_token.",
          OneOf{{"first_last_avg", "mean", "last_token"}});
    field("max_tokens",
          self.max_tokens,
          "Tokens read at most, prompt included; what is too long loses its end.",
          Range{8, 1'000'000});
    field("dimension",
          self.dimension,
          "Principal components kept of each vector; 0 = the vector as it is.",
          Range{0, 4096});
  }
};

/// How items become vectors: the [features.llm.items] table. METHODS 11.2 gives the prompt.
struct ItemEmbeddingConfig : LanguageModelConfig {
  ItemEmbeddingConfig() {
    prompt =
        "{image}\nTitle: {title}\nCategories: {categories}\nDescription: {description}\n"
        "Summarise the key features of this product using the image and the text.";
    max_tokens = 1536;  // an image can take a thousand
  }

  std::string vision;
  std::int64_t max_image_side = 1344;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    LanguageModelConfig::visit(self, field);
    field("vision",
          self.vision,
          "The model's vision part (mmproj), a GGUF file; \"\" = {image} is never known.");
    field("max_image_side",
          self.max_image_side,
          "Larger images are shrunk to this many pixels; fewer pixels are fewer tokens.",
          Range{16, 16384});
  }
};

/// How users become vectors: the [features.llm.users] table.
struct UserEmbeddingConfig : LanguageModelConfig {
  UserEmbeddingConfig() {
    prompt =
        "Below are product reviews written by one customer. Summarise the customer's "
        "preferences.\n{reviews}";
    max_tokens = 2048;
  }

  std::int64_t max_reviews = 50;
  bool ratings = false;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    LanguageModelConfig::visit(self, field);
    field("max_reviews",
          self.max_reviews,
          "Reviews that {reviews} stands for, at most: the newest, newest first.",
          Range{1, 100'000});
    field("ratings", self.ratings, "Put each review's rating before its text: [4] ...");
  }
};

/// Vectors from language models through llama.cpp: the [features.llm] table.
struct EmbeddingConfig {
  ItemEmbeddingConfig items;
  UserEmbeddingConfig users;
  std::int64_t batch_tokens = 512;
  std::int64_t part_texts = 64;
  bool exact = false;
  std::int64_t threads = 0;
  std::int64_t gpu_layers = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("items", self.items, "Items by what the shop says of them.");
    field("users", self.users, "Users by their reviews in one shop.");
    field("batch_tokens",
          self.batch_tokens,
          "Tokens evaluated together, of one text or of several. A model that looks both ways "
          "(bert) needs a text in one piece: max_tokens at most.",
          Range{2, 65'536});
    field("part_texts",
          self.part_texts,
          "Items or users per part file. A killed job loses at most the part it was at.",
          Range{1, 1'000'000});
    field("exact", self.exact, "Attention in float32 instead of float16: slower.");
    field("threads", self.threads, "Threads of llama.cpp; 0 = one per core.", Range{0, 1024});
    field("gpu_layers",
          self.gpu_layers,
          "Layers on the graphics card; -1 = all. Needs a build with CROSSFADE_CUDA=ON.",
          Range{-1, 10'000});
  }
};

}  // namespace crossfade

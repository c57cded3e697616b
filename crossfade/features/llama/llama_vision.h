// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <mtmd.h>

#include "crossfade/features/llama/llama_options.h"
#include "crossfade/features/llama/llama_prompt.h"

namespace crossfade {

/// The vision part of a language model: makes of an image file what the language model reads.
class LlamaVision {
 public:
  /// @throws Error  as LlamaVisionEncoder does.
  LlamaVision(const llama_model* model, const LlamaOptions& options, const VisionOptions& vision);

  /// The segments of an image, with the marks that the model wants around it and its slices; or
  /// why it cannot be used, among others that it takes more than `room` tokens. Of a large image
  /// this is most of the work. One thread at a time, but not the one that evaluates the language
  /// model.
  [[nodiscard]] std::variant<std::vector<LlamaSegment>, std::string> read(
      const std::filesystem::path& file, std::size_t room);

 private:
  struct Free {
    void operator()(mtmd_context* context) const noexcept { mtmd_free(context); }
    void operator()(mtmd_bitmap* bitmap) const noexcept { mtmd_bitmap_free(bitmap); }
    void operator()(mtmd_input_chunks* chunks) const noexcept { mtmd_input_chunks_free(chunks); }
  };
  using Chunks = std::unique_ptr<mtmd_input_chunks, Free>;

  void load(const llama_model* model);
  void check_kind() const;
  void check_marks() const;
  [[nodiscard]] Chunks split(int width, int height, const unsigned char* pixels) const;
  [[nodiscard]] std::variant<LlamaSegment, std::string> encode(const mtmd_input_chunk* chunk);

  LlamaOptions options_;
  VisionOptions vision_;
  std::size_t vector_width_;
  std::unique_ptr<mtmd_context, Free> context_;
};

}  // namespace crossfade

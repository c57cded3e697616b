// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossfade/features/llama/llama_options.h"

namespace crossfade {

class LlamaEngine;
class LlamaVision;

/// One text with an image in it.
struct ImageText {
  std::string before;           ///< Text before the image.
  std::filesystem::path image;  ///< A JPEG, PNG, WebP or BMP file. "" = no image.
  std::string after;            ///< Text after it; joined to `before` where there is no image.
};

/// Vectors of texts with images, from a language model and its vision part. Tested with MiniCPM-V
/// 2.5; models that look both ways within an image, or give its parts positions in rows and
/// columns, are refused. Otherwise as LlamaEncoder: prompt, pooling, batches over many texts, and
/// what a vector depends on. Images are decoded and encoded while the language model evaluates the
/// texts before them.
class LlamaVisionEncoder {
 public:
  /// Loads both files and evaluates the prefix.
  /// @throws Error  as LlamaEncoder does, of either file; kData when the two do not fit together,
  ///                kUsage when the second is no vision part, or one of a kind that is refused.
  LlamaVisionEncoder(LlamaOptions options, const VisionOptions& vision);
  ~LlamaVisionEncoder();
  LlamaVisionEncoder(const LlamaVisionEncoder&) = delete;
  LlamaVisionEncoder& operator=(const LlamaVisionEncoder&) = delete;

  /// Elements of a vector.
  [[nodiscard]] std::size_t width() const noexcept;

  [[nodiscard]] const LlamaCounts& counts() const noexcept;

  /// Writes the vectors of `texts` to `out` [texts, width()], row by row. Returns for each text
  /// nothing, or why its image cannot be used ("is cut off", "takes 864 tokens, max_tokens = 512
  /// leaves room for 500"): its vector is then that of the text without an image. A text whose
  /// vector is not finite has a row of zeros, and that as its problem.
  /// @throws Error  kInternal when llama.cpp fails.
  std::vector<std::optional<std::string>> encode(std::span<const ImageText> texts,
                                                 std::span<float> out);

 private:
  std::unique_ptr<LlamaEngine> engine_;
  std::unique_ptr<LlamaVision> vision_;
};

}  // namespace crossfade

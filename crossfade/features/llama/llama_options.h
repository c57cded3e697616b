// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace crossfade {

/// How the states of a text's tokens become one vector. The tokens are those of the prompt, of the
/// text and of its image, with the marks that the model puts around them.
enum class Pooling : std::uint8_t {
  kFirstLastAvg,  ///< Mean over tokens of (first layer's output + final normalised state) / 2.
  kMean,          ///< Mean over tokens of the final normalised state.
  kLastToken,     ///< Final normalised state of the last token.
};

/// How texts are encoded by a language model.
struct LlamaOptions {
  std::filesystem::path model;  ///< A GGUF file.
  Pooling pooling = Pooling::kFirstLastAvg;
  std::string prefix;              ///< Part of the prompt before the text; evaluated once.
  std::string suffix;              ///< Part of the prompt after the text.
  std::size_t max_tokens = 512;    ///< Of prompt, text and image; the end of the text is cut.
  std::size_t batch_tokens = 512;  ///< Evaluated together, from several texts.
  bool exact = false;              ///< Attention in float32, not float16: slower, more memory.
  int threads = 0;                 ///< 0 = one per core.
  int gpu_layers = 0;              ///< Layers on the graphics card; -1 = all.
};

/// How a language model sees images.
struct VisionOptions {
  std::filesystem::path projector;  ///< A GGUF file: the vision part of the model.
  int max_image_side = 1344;        ///< Pixels; larger images are shrunk first. At most 16384.
};

/// What an encoder has done so far.
struct LlamaCounts {
  std::int64_t texts = 0;
  std::int64_t tokens = 0;        ///< Evaluated; the prefix counts once.
  std::int64_t tokens_cut = 0;    ///< Left out because texts were too long.
  std::int64_t texts_cut = 0;     ///< Texts that were too long.
  std::int64_t images = 0;        ///< That became part of a vector.
  std::int64_t image_tokens = 0;  ///< Of those, with the marks around them.
  std::int64_t batches = 0;
};

}  // namespace crossfade

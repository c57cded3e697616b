// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace crossfade {

/// How the states of a text's tokens become one vector. The tokens are those of the prompt and of
/// the text, with the marks that the model puts around them.
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
  std::size_t max_tokens = 512;    ///< Of prompt and text together; the end of the text is cut.
  std::size_t batch_tokens = 512;  ///< Evaluated together, from several texts.
  bool exact = false;              ///< Attention in float32, not float16: slower, more memory.
  int threads = 0;                 ///< 0 = one per core.
  int gpu_layers = 0;              ///< Layers on the graphics card; -1 = all.
};

/// What an encoder has done so far.
struct LlamaCounts {
  std::int64_t texts = 0;
  std::int64_t tokens = 0;      ///< Evaluated; the prefix counts once.
  std::int64_t tokens_cut = 0;  ///< Left out because texts were too long.
  std::int64_t texts_cut = 0;   ///< Texts that were too long.
  std::int64_t batches = 0;
};

/// Vectors of texts from any text model that llama.cpp runs. A text's vector depends on the other
/// texts of a call only through rounding: 1e-7 of its length with `exact` and float weights, some
/// 1e-4 without, more with quantised weights. One thread at a time; of no use after an error.
class LlamaEncoder {
 public:
  /// Loads the model and evaluates the prefix.
  /// @throws Error  kIo when the file cannot be read, kData when it is no model that llama.cpp
  ///                runs, kUsage for options that this model does not allow.
  explicit LlamaEncoder(LlamaOptions options);
  ~LlamaEncoder();
  LlamaEncoder(const LlamaEncoder&) = delete;
  LlamaEncoder& operator=(const LlamaEncoder&) = delete;

  /// Elements of a vector.
  [[nodiscard]] std::size_t width() const noexcept;

  [[nodiscard]] const LlamaCounts& counts() const noexcept;

  /// The tokens of `text` by itself, as the model sees them; control tokens in it are plain text.
  [[nodiscard]] std::vector<std::int32_t> tokenize(const std::string& text) const;

  /// Writes the vectors of `texts` to `out` [texts, width()], row by row.
  /// @throws Error  kNumeric when a vector is not finite, kInternal when llama.cpp fails.
  void encode(std::span<const std::string> texts, std::span<float> out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crossfade

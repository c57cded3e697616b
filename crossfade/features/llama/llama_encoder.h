// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossfade/features/llama/llama_options.h"

namespace crossfade {

class LlamaEngine;

/// Vectors of texts from any text model that llama.cpp runs. A text's vector depends on the other
/// texts of a call only through rounding: 1e-7 of its length with `exact` and float weights, some
/// 1e-4 without, more with quantised weights. One thread at a time; of no use after an error.
class LlamaEncoder {
 public:
  /// Loads the model and evaluates the prefix.
  /// @throws Error  kIo when the file cannot be read, kData when it is no model that llama.cpp
  ///                runs, kUsage for options that this model does not allow, kNumeric when what
  ///                it makes of the prefix is not finite.
  explicit LlamaEncoder(LlamaOptions options);
  ~LlamaEncoder();
  LlamaEncoder(const LlamaEncoder&) = delete;
  LlamaEncoder& operator=(const LlamaEncoder&) = delete;

  /// Elements of a vector.
  [[nodiscard]] std::size_t width() const noexcept;

  [[nodiscard]] const LlamaCounts& counts() const noexcept;

  /// The tokens of `text` by itself, as the model sees them; control tokens in it are plain text.
  [[nodiscard]] std::vector<std::int32_t> tokenize(const std::string& text) const;

  /// Writes the vectors of `texts` to `out` [texts, width()], row by row. Returns for each text
  /// nothing, or why it has no vector ("its vector is not finite"); then its row is zero.
  /// @throws Error  kInternal when llama.cpp fails.
  std::vector<std::optional<std::string>> encode(std::span<const std::string> texts,
                                                 std::span<float> out);

 private:
  std::unique_ptr<LlamaEngine> engine_;
};

}  // namespace crossfade

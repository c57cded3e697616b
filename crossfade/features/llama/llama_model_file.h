// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace crossfade {

/// What a GGUF file says about itself. Numbers that it does not give are 0, texts empty.
struct LlamaModelFile {
  std::string architecture;  ///< "llama", "bert"; "clip" for the vision part of another model.
  std::string name;
  std::int64_t width = 0;    ///< Elements of a token's state.
  std::int64_t layers = 0;   ///< Of the language model, or of the vision part.
  std::int64_t context = 0;  ///< Tokens it is made for.
  std::string tokenizer;     ///< "gpt2 (llama-bpe)".
  std::int64_t vocabulary = 0;
  std::string projector;       ///< Of a vision part: "resampler" is that of MiniCPM-V.
  std::int64_t projected = 0;  ///< Elements of the vectors a "resampler" makes of an image.
  bool looks_both_ways = false;
  std::int64_t tensors = 0;
  std::int64_t bytes = 0;  ///< Of the tensors.
  std::string type;        ///< That most of those bytes have: "f16", "q4_K".
};

/// Reads the head of a GGUF file; no weights.
/// @throws Error  kIo when the file cannot be read, kData when it is no GGUF file.
[[nodiscard]] LlamaModelFile read_llama_model_file(const std::filesystem::path& file);

/// What it can be used for here, in one sentence.
[[nodiscard]] std::string describe_use(const LlamaModelFile& file);

}  // namespace crossfade

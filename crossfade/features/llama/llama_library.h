// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

struct llama_model;

namespace crossfade {

/// Frees a model of llama.cpp.
struct FreeLlamaModel {
  void operator()(llama_model* model) const noexcept;
};

using LlamaModelPtr = std::unique_ptr<llama_model, FreeLlamaModel>;

/// Makes llama.cpp silent and loads its code for this machine's processor and graphics cards, once
/// per process.
void start_llama();

/// What llama.cpp first complained about on this thread, in one line; forgets it. May be empty.
[[nodiscard]] std::string take_llama_complaint();

/// Loads a GGUF file.
/// @throws Error  kIo when it cannot be read, kData when llama.cpp refuses it.
[[nodiscard]] LlamaModelPtr load_llama_model(const std::filesystem::path& file, int gpu_layers);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "crossfade/features/config.h"
#include "crossfade/features/embedding/embedder.h"
#include "crossfade/features/entity.h"

namespace crossfade {

/// Loads the models that config.llm names for `entity` into llama.cpp.
/// @throws Error  kIo, kData, kUsage as LlamaEncoder; kUsage in a build without llama.cpp.
[[nodiscard]] std::unique_ptr<Embedder> make_llama_embedder(const FeaturesConfig& config,
                                                            Entity entity);

}  // namespace crossfade

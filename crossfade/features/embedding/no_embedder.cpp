// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/error.h"
#include "crossfade/features/embedding/llama_embedder.h"

namespace crossfade {

std::unique_ptr<Embedder> make_llama_embedder(const FeaturesConfig&, Entity) {
  fail(ErrorKind::kUsage,
       "the encoder llm needs llama.cpp, and this crossfade was built without it; configure with "
       "-DCROSSFADE_WITH_LLAMA=ON, or name other encoders in [features]");
}

}  // namespace crossfade

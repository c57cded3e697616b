// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "crossfade/features/block.h"
#include "crossfade/features/embedding/plan.h"
#include "crossfade/features/entity.h"

namespace crossfade {

/// Items or users by the merged embeddings of `jobs`, reduced to config.llm.*.dimension principal
/// components if that is not 0. Of users, only those with training ratings in a domain have a row
/// there: the vectors of others may have been made of held-out reviews.
/// @throws Error  kIo, kData.
[[nodiscard]] FeatureBlock encode_with_llm(const Workspace& workspace,
                                           Entity entity,
                                           std::span<const EmbeddingJob> jobs);

}  // namespace crossfade

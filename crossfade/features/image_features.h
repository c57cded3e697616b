// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/features/block.h"

namespace crossfade {

/// Items by their images: descriptions, standardised, reduced to their principal components.
/// Fitted on items with training ratings and an image. `descriptors` is the directory of
/// ensure_image_descriptors.
[[nodiscard]] FeatureBlock encode_item_images(const Workspace& workspace,
                                              const std::filesystem::path& descriptors);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/image_features.h"

#include "crossfade/features/image_table.h"
#include "crossfade/features/reduction/reduction.h"

namespace crossfade {

FeatureBlock encode_item_images(const Workspace& workspace,
                                const std::filesystem::path& descriptors) {
  const PerDomain<RawFeatures> raw{.source = open_image_descriptors(descriptors, Domain::kSource),
                                   .target = open_image_descriptors(descriptors, Domain::kTarget)};
  const PerDomain<TrainingRows>& training = workspace.training;
  return {.name = "image",
          .raw = reduce(raw,
                        static_cast<std::size_t>(workspace.config.image.dimension),
                        {&training.source.items, &training.target.items},
                        "image",
                        workspace)};
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "crossfade/features/block.h"

namespace crossfade {

/// The `dimension` leading principal components of the standardised columns of `raw`, fitted on
/// the rows that are present and in the training masks, config.svd.rows of them at most. `name`
/// tells random numbers, files and remarks apart. Exact; takes width^2 doubles of memory.
[[nodiscard]] PerDomain<RawFeatures> reduce(const PerDomain<RawFeatures>& raw,
                                            std::size_t dimension,
                                            const PerDomain<const RowMask*>& training,
                                            const std::string& name,
                                            const Workspace& workspace);

}  // namespace crossfade

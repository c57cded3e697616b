// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/features/block.h"

namespace crossfade {

/// Items by title, description and categories. Fitted on items with training ratings.
[[nodiscard]] FeatureBlock encode_item_texts(const Workspace& workspace);

/// Users by the mean of their reviews in that domain. Only users with training ratings there have
/// a row, and only their reviews are read.
[[nodiscard]] FeatureBlock encode_user_reviews(const Workspace& workspace);

}  // namespace crossfade

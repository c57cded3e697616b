// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/dataset/ratings.h"
#include "crossfade/evaluation/predictions.h"
#include "crossfade/models/model.h"

namespace crossfade {

/// Sets the fallbacks of the rows whose item is unseen: the user's vector times the mean vector of
/// the items that have a rating in `target`, the training ratings, each counted once. `factors`
/// are those of the model that made the predictions.
void fall_back(Predictions& rows, const Factors& factors, const RatingsView& target);

}  // namespace crossfade

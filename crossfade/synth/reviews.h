// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossfade/synth/sample.h"
#include "crossfade/synth/synth.h"
#include "crossfade/synth/world.h"

namespace crossfade {

/// The reviews one item got.
struct ItemTally {
  std::int64_t count = 0;
  std::int64_t stars = 0;  ///< The sum of their ratings.
};

/// Writes `<shop>_reviews.jsonl`, user by user, and counts its lines in `summary`.
///
/// A user writes min_reviews + round((reviews_per_user - min_reviews) exp(n - 1/2)) reviews, at
/// most a quarter of the catalogue, about items drawn without repetition with probability
/// proportional to about rank^-popularity. Text: 12 to 60 words; fillers, topics of the item,
/// topics of the user's taste and words of sentiment that follow the rating.
/// @return One tally per item; repeated reviews do not count.
/// @throws Error  kIo.
std::vector<ItemTally> write_reviews(const Sample& sample, Shop shop, ShopSummary& summary);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "crossfade/synth/reviews.h"
#include "crossfade/synth/sample.h"
#include "crossfade/synth/synth.h"
#include "crossfade/synth/world.h"

namespace crossfade {

/// Writes `<shop>_items.jsonl` and the items' pictures into images/, which must exist, and counts
/// them in `summary`. Titles, features and descriptions (20 to 60 words) mix fillers with words of
/// the item's topics; the category is its strongest topic that texts tell of.
/// @param tallies  One per item: what average_rating and rating_number state.
/// @throws Error  kIo.
void write_items(const Sample& sample,
                 Shop shop,
                 std::span<const ItemTally> tallies,
                 ShopSummary& summary);

}  // namespace crossfade

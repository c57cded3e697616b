// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/synth/sample.h"
#include "crossfade/synth/synth.h"

namespace crossfade {

/// Writes what was planted into truth/, which must exist (k = tastes; formulas in world.h):
///
///     truth.json                          settings, counts, topic words, the files below
///     users.txt                           one user_id a line; overlap, auxiliary, side users
///     user_taste_source.npy  _target.npy  float32 [users, k], rows as in users.txt
///     user_bias.npy                       float32 [users, 2]: source, target
///     items_source.txt  _target.txt       one parent_asin a line, the most popular first
///     item_taste_source.npy  _target.npy  float32 [items, k], rows as in items_<shop>.txt
///     item_bias_source.npy  _target.npy   float32 [items, 1]
///     rotation.npy                        float32 [k, k]: R
///
/// truth.json is written last.
/// @throws Error  kIo.
void write_truth(const Sample& sample, const SynthSummary& summary);

}  // namespace crossfade

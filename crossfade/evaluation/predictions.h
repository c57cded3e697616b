// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "crossfade/dataset/ids.h"
#include "crossfade/dataset/ratings.h"
#include "crossfade/dataset/split.h"

namespace crossfade {

/// What one model predicted for the held-out ratings of one split. All columns have one element
/// per row; the rows of a user stand together, users and then items ascending.
struct Predictions {
  Role role = Role::kTest;  ///< Whose ratings: kTest or kValidation.
  std::vector<UserId> users;
  std::vector<ItemId> items;
  std::vector<float> ratings;              ///< Stars, 1 to 5: the truth.
  std::vector<float> predictions;          ///< On the same scale, not clipped.
  std::vector<float> fallbacks;            ///< The same, but where the model has nothing trained
                                           ///< for the item: what it says of the average one.
  std::vector<std::uint8_t> unseen_items;  ///< 1 where the item has no training rating.
  std::vector<std::int32_t> activity;      ///< How many source ratings the row's user has.

  [[nodiscard]] std::size_t rows() const noexcept { return users.size(); }
};

/// Puts `predictions`, one per row of `held_out`, beside the truth. `source` gives the activity.
/// Nothing falls back: fallbacks are the predictions.
[[nodiscard]] Predictions make_predictions(Role role,
                                           HeldOut held_out,
                                           std::vector<float> predictions,
                                           const RatingsView& source);

/// Throws kNumeric, naming the row, when a prediction is not finite.
void check_finite(const Predictions& predictions);

/// Writes the columns as .npy files into `directory`.
/// @throws Error  kIo.
void save_predictions(const Predictions& predictions, const std::filesystem::path& directory);

/// Reads what save_predictions wrote.
/// @throws Error  kIo; kData when the columns do not fit together, or when an earlier version wrote
///                them, without fallbacks.
[[nodiscard]] Predictions load_predictions(const std::filesystem::path& directory);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crossfade/dataset/split.h"

namespace crossfade {

/// What to recommend from a finished run.
struct RecommendRequest {
  std::filesystem::path run;  ///< The run's `out` directory.
  std::string user;           ///< External id.
  std::size_t top = 20;
  std::string model;           ///< Row of the run; "" = "music" if it has one, else its last row.
  std::int64_t seed = -1;      ///< Of the run; -1 = its first.
  bool keep_held_out = false;  ///< Also recommend items that the user rated in the target but that
                               ///< this split holds out of training.
};

/// One item with its title.
struct NamedItem {
  std::string id;
  std::string title;  ///< "" when the data has none.
  float rating = 0.0F;
};

/// A list for one user, and what is known of the user.
struct Recommendations {
  std::string user;
  std::string model;
  std::int64_t seed = 0;
  Role role = Role::kTest;
  std::vector<NamedItem> items;         ///< Best first, with predicted ratings.
  std::vector<NamedItem> source_likes;  ///< The user's best rated source items, at most five.
  std::int64_t source_ratings = 0;
  std::int64_t left_out = 0;  ///< Target items of the user that were left out.
};

/// The best target items for a user of a run, without those the user already has in the target.
/// @throws Error  kUsage for an unknown user, model or seed, and for a model without factor
///                tables; kIo when the directory holds no finished run.
[[nodiscard]] Recommendations recommend(const RecommendRequest& request);

}  // namespace crossfade

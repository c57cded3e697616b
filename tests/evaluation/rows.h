// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossfade/evaluation/predictions.h"

namespace crossfade::testing {

struct PredictedRow {
  int user;
  int item;
  float rating;
  float prediction;
  bool unseen = false;
  int activity = 1;
};

inline Predictions predictions_of(const std::vector<PredictedRow>& rows) {
  Predictions out;
  for (const PredictedRow& row : rows) {
    out.users.push_back(UserId{row.user});
    out.items.push_back(ItemId{row.item});
    out.ratings.push_back(row.rating);
    out.predictions.push_back(row.prediction);
    out.fallbacks.push_back(row.prediction);
    out.unseen_items.push_back(row.unseen ? 1 : 0);
    out.activity.push_back(row.activity);
  }
  return out;
}

}  // namespace crossfade::testing

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/closed_form.h"

#include <utility>

#include "crossfade/models/score.h"

namespace crossfade {

ClosedFormModel::ClosedFormModel(const TrainingData& data, std::size_t dimension, Fit fit)
    : fit_(std::move(fit)) {
  const auto d = static_cast<std::int64_t>(dimension);
  const auto table = [&](const char* name, std::size_t rows) {
    return module_.register_buffer(name, torch::zeros({static_cast<std::int64_t>(rows), d}));
  };
  users_ = table("users", data.n_users());
  items_ = table("items", data.n_target_items);
}

std::vector<Phase> ClosedFormModel::phases() {
  return {{.name = "fit", .begin = [this] {
             const Factors factors = fit_();
             copy_into(users_, factors.users);
             copy_into(items_, factors.items);
           }}};
}

void ClosedFormModel::score(std::span<const UserId> users,
                            std::span<const ItemId> items,
                            std::span<float> out) {
  score_by_factors(users_, items_, users, items, out);
}

std::optional<Factors> ClosedFormModel::factors() {
  return Factors{.dimension = static_cast<std::size_t>(users_.size(1)),
                 .users = to_vector(users_),
                 .items = to_vector(items_)};
}

float mean_rating(const RatingsView& ratings) {
  constexpr float kMiddleOfTheScale = 3.0F;
  if (ratings.rows() == 0) {
    return kMiddleOfTheScale;
  }
  double sum = 0.0;
  for (const float rating : ratings.ratings) {
    sum += rating;
  }
  return static_cast<float>(sum / static_cast<double>(ratings.rows()));
}

Factors additive_factors(double offset, std::span<const float> user, std::span<const float> item) {
  Factors factors{.dimension = 2, .users = {}, .items = {}};
  for (const float bias : user) {
    factors.users.insert(factors.users.end(), {static_cast<float>(offset) + bias, 1.0F});
  }
  for (const float bias : item) {
    factors.items.insert(factors.items.end(), {1.0F, bias});
  }
  return factors;
}

}  // namespace crossfade

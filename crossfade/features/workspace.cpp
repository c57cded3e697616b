// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/workspace.h"

namespace crossfade {

PerDomain<TrainingRows> find_training_rows(const Dataset& dataset, const Split& split) {
  PerDomain<TrainingRows> out;
  for (const Domain domain : kDomains) {
    const Ratings ratings = training_ratings(dataset, split, domain);
    TrainingRows& rows = out[domain];
    rows.users.resize(dataset.users());
    rows.items.resize(dataset.items(domain));
    rows.ratings = static_cast<std::int64_t>(ratings.items.size());
    for (std::size_t user = 0; user < dataset.users(); ++user) {
      rows.users[user] = ratings.offsets[user + 1] > ratings.offsets[user] ? 1 : 0;
    }
    for (const ItemId item : ratings.items) {
      rows.items[index(item)] = 1;
    }
  }
  return out;
}

NpyType element_type(const FeaturesConfig& config) {
  return config.dtype == "float16" ? NpyType::kFloat16 : NpyType::kFloat32;
}

}  // namespace crossfade

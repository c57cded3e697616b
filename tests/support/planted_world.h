// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "crossfade/core/npy.h"
#include "crossfade/core/random.h"
#include "crossfade/dataset/split.h"
#include "crossfade/features/features.h"

#include "tests/core/temp_directory.h"
#include "tests/support/documents.h"

namespace crossfade::testing {

/// A world of one taste: users and items of both domains are of two kinds by parity, and a rating
/// is 3 + 1.5 when the kinds agree, 3 - 1.5 otherwise, give or take a little. Items' features
/// tell their kind, and so do reviews.
class PlantedWorld {
 public:
  static constexpr std::size_t kUsers = 160;
  static constexpr std::size_t kItems = 30;
  static constexpr std::size_t kFirstTest = 130;  ///< Users from here on are cold.

  PlantedWorld() {
    for (std::size_t u = 0; u < kUsers; ++u) {
      roles.push_back(u < 60 ? Role::kSide : u < kFirstTest ? Role::kOverlap : Role::kTest);
      const bool cold = roles.back() == Role::kTest;
      add_user(source, u, roles.back() == Role::kSide);
      add_user(target, u, cold);
    }
    write_features("source_items.npy");
    write_features("target_items.npy");
  }

  /// The target's ratings when users have other roles: those who are held out have none.
  [[nodiscard]] Ratings target_of(const std::vector<Role>& other_roles) const {
    Ratings out;
    const RatingsView all = target.view();
    for (std::size_t u = 0; u < kUsers; ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      if (other_roles[u] == Role::kSide || other_roles[u] == Role::kOverlap) {
        std::ranges::copy(all.items_of(user), std::back_inserter(out.items));
        std::ranges::copy(all.ratings_of(user), std::back_inserter(out.ratings));
      }
      out.offsets.push_back(static_cast<std::int64_t>(out.items.size()));
    }
    return out;
  }

  /// Features as the features stage leaves them.
  [[nodiscard]] FeatureSet features() const {
    return {FeatureMatrix(NpyFile(directory_ / "source_items.npy")),
            FeatureMatrix(NpyFile(directory_ / "target_items.npy")),
            {},
            {}};
  }

  /// What is written in a review: a word of the user's kind, one of the item's, how it was liked,
  /// and something that means nothing.
  [[nodiscard]] static TestDocuments::Words review(Domain, UserId user, ItemId item) {
    const bool liked = kind(index(user)) * kind(index(item)) > 0.0F;
    return {index(user) % 2 == 0 ? "warm" : "cold",
            index(item) % 2 == 0 ? "sweet" : "sour",
            liked ? "good" : "bad",
            "filler" + std::to_string((7 * index(user) + 3 * index(item)) % 20)};
  }

  Ratings source;
  Ratings target;
  std::vector<Role> roles;

 private:
  static float kind(std::size_t number) { return number % 2 == 0 ? 1.0F : -1.0F; }

  void add_user(Ratings& ratings, std::size_t user, bool empty) {
    for (std::size_t item = 0; item < kItems && !empty; ++item) {
      if (rng_.uniform() < 0.5) {
        const float noise = 0.2F * static_cast<float>(rng_.normal());
        ratings.items.push_back(ItemId{static_cast<std::int32_t>(item)});
        ratings.ratings.push_back(3.0F + 1.5F * kind(user) * kind(item) + noise);
      }
    }
    ratings.offsets.push_back(static_cast<std::int64_t>(ratings.items.size()));
  }

  void write_features(const std::string& name) {
    NpyWriter writer(directory_ / name, NpyType::kFloat32, 2);
    for (std::size_t item = 0; item < kItems; ++item) {
      const std::vector<float> row{kind(item), static_cast<float>(rng_.normal())};
      writer.append(std::span<const float>(row));
    }
    writer.finish();
  }

  TempDirectory directory_;
  Rng rng_{1};
};

}  // namespace crossfade::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossfade/core/settings.h"
#include "crossfade/features/embedding/config.h"
#include "crossfade/features/text/config.h"

namespace crossfade {

/// How descriptions of images become numbers: the [features.image] table.
struct ImageConfig {
  std::int64_t dimension = 32;
  std::string downloads;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("dimension", self.dimension, "Features per image.", Range{1, 256});
    field(
        "downloads",
        self.downloads,
        "Folder of `crossfade download images`: its files stand for images that are addresses, or "
        "missing; \"\" = none.");
  }
};

/// How wide vectors are reduced to a few features: the [features.svd] table.
struct SvdConfig {
  std::int64_t rows = 50'000;
  std::int64_t iterations = 3;
  std::int64_t oversampling = 10;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("rows",
          self.rows,
          "Training texts or images the vocabulary and the reduction are fitted on, at most; "
          "bounds memory.",
          Range{2, 10'000'000});
    field("iterations",
          self.iterations,
          "Power iterations of the randomised range finder.",
          Range{0, 100});
    field("oversampling",
          self.oversampling,
          "Random directions beyond the features asked for.",
          Range{0, 1000});
  }
};

/// Where features made elsewhere lie: the [features.precomputed] table. A matrix is a .npy file
/// with an ids file beside it, or a Parquet file with a column `id`.
struct PrecomputedConfig {
  std::string source_items;
  std::string source_item_ids;
  std::string target_items;
  std::string target_item_ids;
  std::string source_users;
  std::string source_user_ids;
  std::string target_users;
  std::string target_user_ids;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("source_items", self.source_items, "Matrix of source items, .npy or .parquet.");
    field("source_item_ids", self.source_item_ids, "Their ids, .npy or one per line.");
    field("target_items", self.target_items, "Matrix of target items.");
    field("target_item_ids", self.target_item_ids, "Their ids.");
    field("source_users", self.source_users, "Matrix of users as the source shop knows them.");
    field("source_user_ids", self.source_user_ids, "Their ids.");
    field("target_users", self.target_users, "Matrix of users as the target shop knows them.");
    field("target_user_ids", self.target_user_ids, "Their ids.");
  }
};

/// What items and users are described by: the [features] table of a recipe.
struct FeaturesConfig {
  std::vector<std::string> items{"builtin"};
  std::vector<std::string> users{"reviews", "profile"};
  std::string dtype = "float32";
  double profile_damping = 5.0;
  TextConfig text;
  ImageConfig image;
  SvdConfig svd;
  EmbeddingConfig llm;
  PrecomputedConfig precomputed;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field(
        "items",
        self.items,
        "Item encoders: text, image, llm (language models), precomputed; builtin = text and image.",
        OneOf{{"builtin", "text", "image", "llm", "precomputed"}});
    field("users",
          self.users,
          "User encoders: reviews (their texts), profile (rating deviations times item "
          "features), llm (a language model reads their texts), precomputed.",
          OneOf{{"reviews", "profile", "llm", "precomputed"}});
    field("dtype",
          self.dtype,
          "Element type on disk: float32, or float16 for half the space.",
          OneOf{{"float32", "float16"}});
    field("profile_damping",
          self.profile_damping,
          "Ratings of no deviation added to each profile; shrinks thin histories.",
          Range{0.0, 1e6});
    field("text", self.text, "How texts become numbers.");
    field("image", self.image, "How images become numbers.");
    field("svd", self.svd, "How wide vectors are reduced.");
    field("llm", self.llm, "Vectors from language models.");
    field("precomputed", self.precomputed, "Features made elsewhere.");
  }
};

}  // namespace crossfade

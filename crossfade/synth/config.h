// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "crossfade/core/settings.h"

namespace crossfade {

/// How often the flaws of real shop data occur: the [blemishes] table. All are shares of the
/// reviews or items named in the help text.
struct BlemishConfig {
  double duplicate_reviews = 0.01;
  double short_reviews = 0.02;
  double html = 0.02;
  double odd_fields = 0.02;
  double missing_description = 0.02;
  double missing_image = 0.02;
  double missing_metadata = 0.01;
  double malformed_lines = 0.0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    constexpr Range kShare{0.0, 1.0};
    field("duplicate_reviews",
          self.duplicate_reviews,
          "Reviews posted again some days later.",
          kShare);
    field("short_reviews", self.short_reviews, "Reviews of fewer than 10 words.", kShare);
    field("html", self.html, "Reviews and descriptions with HTML tags or entities.", kShare);
    field("odd_fields",
          self.odd_fields,
          "Reviews without a title; items whose fields are null or of another type.",
          kShare);
    field("missing_description",
          self.missing_description,
          "Items with an empty description.",
          kShare);
    field("missing_image", self.missing_image, "Items without an image.", kShare);
    field("missing_metadata", self.missing_metadata, "Items without a line of their own.", kShare);
    field("malformed_lines",
          self.malformed_lines,
          "Reviews followed by a line that breaks off.",
          kShare);
  }
};

/// The planted world of `crossfade synth`. crossfade/synth/world.h states the formulas.
struct SynthConfig {
  std::int64_t users = 2000;
  std::int64_t seed = 7;
  double overlap_fraction = 0.4;
  double side_fraction = 0.3;
  std::int64_t source_items = 0;
  std::int64_t target_items = 0;
  std::int64_t reviews_per_user = 40;
  std::int64_t min_reviews = 24;
  double popularity = 0.6;

  std::int64_t tastes = 6;
  std::int64_t clusters = 8;
  double spread = 0.6;
  std::string map = "rotate";
  double map_noise = 0.3;

  double mean_rating = 3.7;
  double taste_strength = 0.8;
  double user_bias = 0.4;
  double bias_transfer = 0.7;
  double item_bias = 0.3;
  double noise = 0.5;

  double text_signal = 0.8;
  double shared_words = 0.5;
  double image_signal = 0.9;
  double image_only = 0.34;
  std::int64_t image_size = 64;
  BlemishConfig blemishes;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    visit_sizes(self, field);
    visit_ratings(self, field);
    visit_content(self, field);
    field("blemishes", self.blemishes, "Flaws of real data.");
  }

 private:
  template <typename Self, typename Visitor>
  static void visit_sizes(Self& self, Visitor& field) {
    constexpr Range kShare{0.0, 1.0};
    constexpr Range kItems{0.0, 1e7};
    field("users", self.users, "Users of both shops together.", Range{10.0, 1e9});
    field("seed", self.seed, "Every draw depends on it.", Range{0.0, 1e18});
    field("overlap_fraction", self.overlap_fraction, "Users who buy in both shops.", kShare);
    field("side_fraction", self.side_fraction, "Users who buy in the target only.", kShare);
    field("source_items",
          self.source_items,
          "0 = as many as users, within 160 and a million.",
          kItems);
    field("target_items",
          self.target_items,
          "0 = as many as users, within 160 and a million.",
          kItems);
    field("reviews_per_user",
          self.reviews_per_user,
          "Mean number of reviews of a user in a shop; the numbers have a heavy tail.",
          Range{1.0, 1e5});
    field("min_reviews", self.min_reviews, "Every user's least number.", Range{1.0, 1e5});
    field("popularity",
          self.popularity,
          "Zipf exponent of item popularity; 0 = all items alike.",
          Range{0.0, 2.0});
  }

  template <typename Self, typename Visitor>
  static void visit_ratings(Self& self, Visitor& field) {
    constexpr Range kShare{0.0, 1.0};
    constexpr Range kDeviation{0.0, 3.0};
    field("tastes", self.tastes, "Dimensions of taste.", Range{2.0, 12.0});
    field("clusters", self.clusters, "Centres around which tastes lie.", Range{1.0, 1000.0});
    field("spread",
          self.spread,
          "Distance from the centre: 0 = users of a cluster are alike, 1 = no clusters.",
          kShare);
    field("map",
          self.map,
          "How the target taste follows from the source taste.",
          OneOf{{"identity", "rotate", "fold"}});
    field("map_noise", self.map_noise, "Part of the target taste that does not follow.", kShare);
    field("mean_rating", self.mean_rating, "Before rounding to 1..5.", Range{1.0, 5.0});
    field("taste_strength",
          self.taste_strength,
          "Standard deviation of a rating owed to taste.",
          kDeviation);
    field("user_bias", self.user_bias, "Standard deviation of user biases.", kDeviation);
    field("bias_transfer",
          self.bias_transfer,
          "Correlation of a user's biases in the two shops.",
          Range{-1.0, 1.0});
    field("item_bias", self.item_bias, "Standard deviation of item biases.", kDeviation);
    field("noise", self.noise, "Standard deviation of what nothing explains.", kDeviation);
  }

  template <typename Self, typename Visitor>
  static void visit_content(Self& self, Visitor& field) {
    constexpr Range kShare{0.0, 1.0};
    field("text_signal",
          self.text_signal,
          "Topic words that tell about the item or the user; the others are random.",
          kShare);
    field("shared_words", self.shared_words, "Topic words both shops use.", kShare);
    field("image_signal",
          self.image_signal,
          "Correlation of an image's looks with the item's taste dimensions.",
          kShare);
    field("image_only",
          self.image_only,
          "Taste dimensions that item texts do not show and images do.",
          Range{0.0, 0.5});
    field("image_size", self.image_size, "Pixels per side.", Range{8.0, 1024.0});
  }
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/synth/world.h"

namespace crossfade {

/// Each taste dimension j has two topics, one for either sign: topic 2j is what a positive
/// latent speaks of, topic 2j + 1 a negative one.
///
/// A TopicMix draws topics for one item or one user: with probability `signal` dimension j with
/// probability proportional to latent_j^2, by the latent's sign; otherwise any topic.
class TopicMix {
 public:
  TopicMix(std::span<const float> latents, double signal);

  [[nodiscard]] std::size_t draw(Rng& rng) const;

  /// The topic of the dimension with the largest weight.
  [[nodiscard]] std::size_t strongest() const noexcept { return strongest_; }

 private:
  std::size_t tastes_;
  double signal_;
  std::size_t strongest_ = 0;
  std::array<double, kMaxTastes> cumulative_{};
  std::array<std::size_t, kMaxTastes> topic_{};
};

/// The words of the planted world. Topic words are made up, different for every topic and
/// pronounceable; a `shared_words` part of a topic's words serves both shops.
class Language {
 public:
  explicit Language(const World& world);

  /// A word of `topic` as `shop` uses it; the first words of the list are the most common.
  [[nodiscard]] std::string_view topic_word(Shop shop, std::size_t topic, Rng& rng) const;

  /// All words of `topic` in `shop`.
  [[nodiscard]] std::span<const std::string> topic_words(Shop shop, std::size_t topic) const {
    return topics_[shop][topic];
  }

 private:
  PerShop<std::vector<std::vector<std::string>>> topics_;
};

/// A word that tells nothing: "the", "with", "again".
[[nodiscard]] std::string_view filler_word(Rng& rng);

/// A word of praise or complaint: praise with probability (rating - 1) / 4.
[[nodiscard]] std::string_view sentiment_word(int rating, Rng& rng);

/// A piece of HTML as it is found in reviews: a line break, an entity.
[[nodiscard]] std::string_view html_piece(Rng& rng);

/// Appends `word` with its first letter in upper case.
void append_capitalised(std::string& text, std::string_view word);

}  // namespace crossfade

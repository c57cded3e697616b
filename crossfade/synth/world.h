// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/core/random.h"
#include "crossfade/synth/config.h"

namespace crossfade {

enum class Shop : std::size_t { kSource, kTarget };

inline constexpr std::array kShops = {Shop::kSource, Shop::kTarget};

/// "source" or "target".
[[nodiscard]] constexpr std::string_view shop_name(Shop shop) {
  return shop == Shop::kSource ? "source" : "target";
}

/// One T for each shop.
template <typename T>
struct PerShop {
  T source{};
  T target{};

  [[nodiscard]] T& operator[](Shop shop) { return shop == Shop::kSource ? source : target; }

  [[nodiscard]] const T& operator[](Shop shop) const {
    return shop == Shop::kSource ? source : target;
  }
};

inline constexpr std::size_t kMaxTastes = 12;

/// The first `tastes` elements count, the rest are 0.
using Taste = std::array<float, kMaxTastes>;

/// What is planted in a user. Users without reviews in a shop have a taste there all the same.
struct Shopper {
  PerShop<Taste> taste;
  PerShop<float> bias;
};

/// What is planted in the items of a shop, the most popular first.
struct Catalogue {
  std::size_t tastes = 0;
  std::vector<float> latents;  ///< size() x tastes
  std::vector<float> biases;

  [[nodiscard]] std::size_t size() const noexcept { return biases.size(); }

  [[nodiscard]] std::span<const float> item(std::size_t index) const {
    return {latents.data() + index * tastes, tastes};
  }
};

/// The planted world: everything that a rating depends on. With k = tastes, n standard normal
/// and independent wherever it stands:
///
///     centres    m_c = n                                                     c = 1..clusters
///     source     s_u = sqrt(1 - spread^2) m_c(u) + spread n                  c(u) uniform
///     target     t_u = sqrt(1 - map_noise^2) f(s_u) + map_noise n
///     f          identity: s;   rotate: R s, R a random rotation (or reflection);
///                fold: R s, every second component x of which becomes
///                (|x| - sqrt(2/pi)) / sqrt(1 - 2/pi)
///     biases     b_u = user_bias n in the source; in the target
///                bias_transfer b_u + sqrt(1 - bias_transfer^2) user_bias n
///     items      v_i = n,   b_i = item_bias n
///     score      mean_rating + b_u + b_i + taste_strength taste.v_i / sqrt(k)
///     rating     score + noise n, rounded and clipped to 1..5
///
/// So every component of a taste has mean 0 and variance 1, whatever the settings (with fold and
/// few clusters: about).
///
/// Item texts tell of the first text_tastes() dimensions, images of the last image_tastes(), and
/// reviews of the item's as its text does and of all dimensions of the user's taste in that shop.
class World {
 public:
  /// `config` must have passed check_settings.
  explicit World(const SynthConfig& config);

  [[nodiscard]] const SynthConfig& config() const noexcept { return config_; }

  [[nodiscard]] const Rng& rng() const noexcept { return rng_; }

  [[nodiscard]] std::size_t tastes() const noexcept { return tastes_; }

  [[nodiscard]] std::size_t text_tastes() const noexcept;

  [[nodiscard]] std::size_t image_tastes() const noexcept { return (tastes_ + 1) / 2; }

  [[nodiscard]] const Catalogue& items(Shop shop) const { return catalogues_[shop]; }

  /// R of the formulas, k x k; the identity when map = "identity".
  [[nodiscard]] std::span<const float> rotation() const noexcept { return rotation_; }

  /// Users are numbered: first the overlap, then those of the source only, then the side users.
  [[nodiscard]] std::size_t users() const noexcept { return users_; }

  [[nodiscard]] std::size_t overlap_users() const noexcept { return overlap_; }

  [[nodiscard]] std::size_t side_users() const noexcept { return side_; }

  [[nodiscard]] std::size_t auxiliary_users() const noexcept { return users_ - overlap_ - side_; }

  /// Whether user `index` writes reviews in `shop`.
  [[nodiscard]] bool buys_in(Shop shop, std::size_t index) const noexcept;

  /// A function of the seed and the index: nothing is stored per user.
  [[nodiscard]] Shopper shopper(std::size_t index) const;

  /// The noiseless score of the formulas.
  [[nodiscard]] double score(const Shopper& shopper, Shop shop, std::size_t item) const;

  /// 1..5; consumes two draws of `rng`.
  [[nodiscard]] int draw_rating(double score, Rng& rng) const;

 private:
  [[nodiscard]] Taste source_taste(Rng& rng) const;
  [[nodiscard]] Taste target_taste(const Taste& source, Rng& rng) const;

  SynthConfig config_;
  Rng rng_;
  std::size_t tastes_;
  std::size_t users_;
  std::size_t overlap_;
  std::size_t side_;
  std::vector<Taste> centres_;
  std::vector<float> rotation_;
  PerShop<Catalogue> catalogues_;
};

/// How many items `shop` has: as set, or derived from the number of users.
[[nodiscard]] std::int64_t item_count(const SynthConfig& config, Shop shop);

/// A parent_asin ("B0" and eight characters), different for every item of both shops.
[[nodiscard]] std::string item_code(Shop shop, std::size_t index);

/// A user_id ("A" and eight characters).
[[nodiscard]] std::string user_code(std::size_t index);

}  // namespace crossfade

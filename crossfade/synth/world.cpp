// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/world.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace crossfade {
namespace {

float complement(double part) {
  return static_cast<float>(std::sqrt(std::max(0.0, 1.0 - part * part)));
}

Taste draw_taste(std::size_t tastes, Rng& rng) {
  Taste taste{};
  for (std::size_t j = 0; j < tastes; ++j) {
    taste[j] = static_cast<float>(rng.normal());
  }
  return taste;
}

Catalogue draw_catalogue(const SynthConfig& config, Shop shop, const Rng& rng) {
  const auto size = static_cast<std::size_t>(item_count(config, shop));
  Catalogue catalogue{
      .tastes = static_cast<std::size_t>(config.tastes), .latents = {}, .biases = {}};
  catalogue.latents.reserve(size * catalogue.tastes);
  catalogue.biases.reserve(size);
  Rng draws = rng.fork(shop_name(shop)).fork("catalogue");
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < catalogue.tastes; ++j) {
      catalogue.latents.push_back(static_cast<float>(draws.normal()));
    }
    catalogue.biases.push_back(static_cast<float>(config.item_bias * draws.normal()));
  }
  return catalogue;
}

std::vector<float> identity(std::size_t size) {
  std::vector<float> matrix(size * size);
  for (std::size_t j = 0; j < size; ++j) {
    matrix[j * size + j] = 1.0F;
  }
  return matrix;
}

// Gram and Schmidt on normal rows: uniform over the orthogonal matrices.
std::vector<float> random_rotation(std::size_t size, Rng rng) {
  std::vector<double> rows(size * size);
  for (std::size_t row = 0; row < size; ++row) {
    double* current = &rows[row * size];
    std::generate_n(current, size, [&] { return rng.normal(); });
    for (std::size_t earlier = 0; earlier < row; ++earlier) {
      const double* other = &rows[earlier * size];
      double overlap = 0.0;
      for (std::size_t j = 0; j < size; ++j) {
        overlap += current[j] * other[j];
      }
      for (std::size_t j = 0; j < size; ++j) {
        current[j] -= overlap * other[j];
      }
    }
    double square = 0.0;
    for (std::size_t j = 0; j < size; ++j) {
      square += current[j] * current[j];
    }
    const double norm = std::sqrt(square);
    std::for_each_n(current, size, [norm](double& value) { value /= norm; });
  }
  return {rows.begin(), rows.end()};
}

float fold(float x) {
  const float mean = std::sqrt(2.0F / std::numbers::pi_v<float>);
  return (std::abs(x) - mean) / std::sqrt(1.0F - mean * mean);
}

std::size_t share_of(double share, std::int64_t whole) {
  return static_cast<std::size_t>(std::llround(share * static_cast<double>(whole)));
}

// Multiplication by a prime is a bijection modulo 36^8: codes look random and never collide.
std::string scrambled_code(std::string_view prefix, std::uint64_t number) {
  constexpr std::uint64_t kCodes = 2821109907456U;
  constexpr std::uint64_t kPrime = 1234567891U;
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::uint64_t rest = (number + 1) * kPrime % kCodes;
  std::string code(prefix.size() + 8, '0');
  std::ranges::copy(prefix, code.begin());
  for (std::size_t place = code.size(); place > prefix.size(); --place) {
    code[place - 1] = kDigits[rest % kDigits.size()];
    rest /= kDigits.size();
  }
  return code;
}

}  // namespace

World::World(const SynthConfig& config)
    : config_(config),
      rng_(static_cast<std::uint64_t>(config.seed)),
      tastes_(static_cast<std::size_t>(config.tastes)),
      users_(static_cast<std::size_t>(config.users)),
      overlap_(share_of(config.overlap_fraction, config.users)),
      side_(std::min(share_of(config.side_fraction, config.users), users_ - overlap_)),
      rotation_(config.map == "identity" ? identity(tastes_)
                                         : random_rotation(tastes_, rng_.fork("rotation"))) {
  Rng draws = rng_.fork("centres");
  for (std::int64_t c = 0; c < config.clusters; ++c) {
    centres_.push_back(draw_taste(tastes_, draws));
  }
  for (const Shop shop : kShops) {
    catalogues_[shop] = draw_catalogue(config, shop, rng_);
  }
}

std::size_t World::text_tastes() const noexcept {
  return tastes_ - share_of(config_.image_only, config_.tastes);
}

bool World::buys_in(Shop shop, std::size_t index) const noexcept {
  const bool is_side_user = index >= users_ - side_;
  return index < overlap_ || is_side_user == (shop == Shop::kTarget);
}

Taste World::source_taste(Rng& rng) const {
  const Taste& centre = centres_[rng.below(centres_.size())];
  const float to_centre = complement(config_.spread);
  Taste taste = draw_taste(tastes_, rng);
  for (std::size_t j = 0; j < tastes_; ++j) {
    taste[j] = to_centre * centre[j] + static_cast<float>(config_.spread) * taste[j];
  }
  return taste;
}

Taste World::target_taste(const Taste& source, Rng& rng) const {
  const float follows = complement(config_.map_noise);
  Taste taste = draw_taste(tastes_, rng);
  for (std::size_t j = 0; j < tastes_; ++j) {
    float mapped = 0.0F;
    for (std::size_t l = 0; l < tastes_; ++l) {
      mapped += rotation_[j * tastes_ + l] * source[l];
    }
    if (config_.map == "fold" && j % 2 == 1) {
      mapped = fold(mapped);
    }
    taste[j] = follows * mapped + static_cast<float>(config_.map_noise) * taste[j];
  }
  return taste;
}

Shopper World::shopper(std::size_t index) const {
  Rng draws = rng_.fork("user", index);
  Shopper shopper;
  shopper.taste.source = source_taste(draws);
  shopper.taste.target = target_taste(shopper.taste.source, draws);
  const double bias = config_.user_bias * draws.normal();
  const double own = config_.user_bias * draws.normal();
  shopper.bias.source = static_cast<float>(bias);
  shopper.bias.target =
      static_cast<float>(config_.bias_transfer * bias + complement(config_.bias_transfer) * own);
  return shopper;
}

double World::score(const Shopper& shopper, Shop shop, std::size_t item) const {
  const Catalogue& catalogue = catalogues_[shop];
  const std::span<const float> latents = catalogue.item(item);
  const Taste& taste = shopper.taste[shop];
  double product = 0.0;
  for (std::size_t j = 0; j < tastes_; ++j) {
    product += static_cast<double>(taste[j]) * static_cast<double>(latents[j]);
  }
  return config_.mean_rating + static_cast<double>(shopper.bias[shop]) +
         static_cast<double>(catalogue.biases[item]) +
         config_.taste_strength * product / std::sqrt(static_cast<double>(tastes_));
}

int World::draw_rating(double score, Rng& rng) const {
  const double noisy = score + config_.noise * rng.normal();
  return static_cast<int>(std::lround(std::clamp(noisy, 1.0, 5.0)));
}

std::int64_t item_count(const SynthConfig& config, Shop shop) {
  const std::int64_t set = shop == Shop::kSource ? config.source_items : config.target_items;
  const std::int64_t least = std::max<std::int64_t>(160, 4 * config.reviews_per_user);
  return set > 0 ? set : std::max(least, std::min<std::int64_t>(config.users, 1'000'000));
}

std::string item_code(Shop shop, std::size_t index) {
  return scrambled_code("B0", 2 * index + static_cast<std::size_t>(shop));
}

std::string user_code(std::size_t index) {
  return scrambled_code("A", index);
}

}  // namespace crossfade

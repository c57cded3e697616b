// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "crossfade/backbone/config.h"
#include "crossfade/core/artifact.h"
#include "crossfade/core/random.h"
#include "crossfade/dataset/ratings.h"
#include "crossfade/kernels/joint_factors.h"

namespace crossfade {

/// Which factor model a model stands on.
enum class BackboneKind : std::uint8_t {
  kNone,
  kPlain,   ///< BackboneConfig::plain, as published.
  kBiased,  ///< BackboneConfig::biased.
};

/// One domain factorised by itself: r_ui = offset_i + x_u . v_i. Plain: offset = 0. Biased:
/// x_u = [b_u, p_u], v_i = [1, q_i], offset_i = mu + b_i.
struct DomainFactors {
  std::size_t width = 0;
  std::vector<float> users;    ///< [n_users, width]
  std::vector<float> items;    ///< [n_items, width]
  std::vector<float> offsets;  ///< [n_items]
};

/// Both domains, each in a space of its own.
struct Backbone {
  DomainFactors source;
  DomainFactors target;
};

/// What a backbone is trained on: training ratings, by UserId.
struct BackboneRatings {
  RatingsView source;
  RatingsView target;
  std::size_t n_source_items = 0;
  std::size_t n_target_items = 0;
};

/// Trains a backbone; that of kNone is empty. Users and items without ratings keep a random vector
/// (plain) or have the zero vector (biased).
/// @throws Error  kNumeric when training diverges, naming kind, domain, epoch and step size.
[[nodiscard]] Backbone fit_backbone(BackboneKind kind,
                                    const BackboneConfig& config,
                                    const BackboneRatings& ratings,
                                    const Rng& rng);

/// The settings as the factorisation takes them.
[[nodiscard]] JointFactorOptions options_of(const BiasedBackboneConfig& config);

/// "plain", "biased" or "none": the name of its directory and of its table in [backbone].
[[nodiscard]] std::string_view name_of(BackboneKind kind);

/// Makes sure that `directory` holds the backbone: users.npy, items.npy and offsets.npy of each
/// domain. `inputs` are what the ratings come from (dataset, split); `seed` is the run's.
/// @throws Error  as fit_backbone; kIo.
ArtifactState ensure_backbone(BackboneKind kind,
                              const BackboneConfig& config,
                              const BackboneRatings& ratings,
                              std::int64_t seed,
                              std::vector<ArtifactInput> inputs,
                              const std::filesystem::path& directory);

/// Reads what ensure_backbone wrote.
/// @throws Error  kIo, kData.
[[nodiscard]] Backbone load_backbone(const std::filesystem::path& directory);

}  // namespace crossfade

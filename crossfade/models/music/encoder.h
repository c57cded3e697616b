// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "crossfade/models/model.h"
#include "crossfade/models/music/settings.h"

namespace crossfade {

/// What the diffusion of MuSiC works on. Ratings are explained as
///
///     r_ui = item_offset[i] + x0_u . items[i],
///
/// so that a generated user vector turns into ratings by one dot product. Training overlap users
/// may be described by vectors that were fitted without their own target ratings, as cold users
/// are: `fold_of_user` then names the fit, whose items are `fold_items[fold]`.
struct Encoding {
  torch::Tensor known;      ///< float [n_users, d]: from target ratings; zero where there are none.
  torch::Tensor x0;         ///< float [n_users, d]: what the diffusion learns to generate.
  torch::Tensor condition;  ///< float [n_users, w]; zero for users without source ratings.
  torch::Tensor prior;      ///< float [n_users, d]: a linear estimate of x0 from the condition.
  torch::Tensor direct;     ///< float [n_users, d]: the source vector, used as it is.
  torch::Tensor items;      ///< float [n_items, d]
  torch::Tensor item_offset;   ///< float [n_items]
  torch::Tensor fold_items;    ///< float [folds, n_items, d]
  torch::Tensor fold_offset;   ///< float [folds, n_items]
  torch::Tensor fold_of_user;  ///< int64 [n_users]; 0 where it does not matter.
};

/// Turns ratings and features into vectors: everything of MuSiC before the diffusion.
class MusicEncoder {
 public:
  virtual ~MusicEncoder() = default;

  [[nodiscard]] virtual std::int64_t width() const = 0;            ///< d
  [[nodiscard]] virtual std::int64_t condition_width() const = 0;  ///< w
  [[nodiscard]] virtual std::int64_t folds() const = 0;

  /// Training of the encoder (stage 0), in order.
  virtual std::vector<Phase> phases() = 0;

  /// The vectors, after the phases.
  virtual Encoding encode() = 0;

  /// Everything a checkpoint must hold beside the encoding.
  virtual std::shared_ptr<torch::nn::Module> module() = 0;

  /// Remarks on the fit: chosen ridges, errors.
  virtual std::vector<std::pair<std::string, double>> facts() { return {}; }
};

/// MuSiC's own encoder: reduction networks over features, shared by the domains (section 3.2).
/// @throws Error  kData when there are no features.
[[nodiscard]] std::unique_ptr<MusicEncoder> make_mlp_encoder(const TrainingData& data,
                                                             const MusicSettings& settings,
                                                             const ModelContext& context);

/// Joint factor vectors of both domains, informed by item features, with a linear map from the
/// source description of a user to the target vector as prior.
[[nodiscard]] std::unique_ptr<MusicEncoder> make_factor_encoder(const TrainingData& data,
                                                                const MusicSettings& settings,
                                                                const ModelContext& context);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crossfade/models/model.h"
#include "crossfade/models/music/denoiser.h"
#include "crossfade/models/music/diffusion.h"
#include "crossfade/models/music/encoder.h"
#include "crossfade/models/music/settings.h"

namespace crossfade {

/// MuSiC: vectors of users and items from ratings and features (the encoder), a diffusion over
/// target user vectors that is learned first from side users, then from training overlap users
/// given their source vectors, and a dot product as rating function.
///
/// A user with target training ratings is scored by the vector those ratings give; everyone
/// else by a generated one.
class MusicModel final : public Model {
 public:
  MusicModel(const TrainingData& data, const MusicSettings& settings, const ModelContext& context);

  std::vector<Phase> phases() override;
  void score(std::span<const UserId> users,
             std::span<const ItemId> items,
             std::span<float> out) override;
  std::optional<Factors> factors() override;

  torch::nn::Module& module() override { return *state_; }

  void set_validation(const HeldOut& rows) override { validation_ = &rows; }

  std::vector<std::pair<std::string, double>> facts() override;

 private:
  // Everything a checkpoint holds. Tables are buffers of fixed shape, filled by phase "vectors";
  // see Encoding for those of equal name.
  struct State : torch::nn::Module {
    torch::Tensor known, x0, condition, prior, direct, items, item_offset;
    torch::Tensor fold_items, fold_offset, fold_of_user;
    torch::Tensor x0_mean, x0_sd;                           // [d]: standardise x0 and prior
    torch::Tensor condition_mean, condition_sd;             // [w]
    torch::Tensor side_slope, side_intercept, side_spread;  // [d]: p(prior | x0), per component
    torch::Tensor blend;                                    // [1]: weight of the generated vector
    torch::Tensor blend_raw;                                // [1]: before shrinkage
    Denoiser denoiser{nullptr};
  };

  // Some users and their target ratings.
  struct RatedUsers {
    torch::Tensor users;  // int64 [b]
    torch::Tensor rows;   // int64 [n]: of rating_*
    torch::Tensor owner;  // int64 [n]: position in `users`
  };

  // What the denoiser is told about some users.
  struct Condition {
    torch::Tensor prior;  // [b, d], standardised; zeros without prior
    torch::Tensor c;      // [b, denoiser condition width]
    torch::Tensor mask;   // [b, 1]
  };

  void register_state();
  void collect_users();
  void collect_ratings();
  [[nodiscard]] Phase vectors_phase();
  [[nodiscard]] Phase side_phase();
  [[nodiscard]] Phase overlap_phase();
  [[nodiscard]] Phase blend_phase();
  void fill_vectors();
  void standardise();
  void fit_side_prior();

  [[nodiscard]] torch::Tensor normalise(const torch::Tensor& x) const;
  [[nodiscard]] torch::Tensor denormalise(const torch::Tensor& x) const;
  [[nodiscard]] Condition condition_of(const torch::Tensor& users) const;
  [[nodiscard]] Condition side_condition(const torch::Tensor& x0, at::Generator generator) const;
  [[nodiscard]] torch::Tensor predict(const torch::Tensor& x,
                                      const torch::Tensor& t,
                                      const Condition& condition,
                                      const Dropout& dropout);
  [[nodiscard]] torch::Tensor denoise(const torch::Tensor& x0,
                                      const Condition& condition,
                                      at::Generator generator,
                                      bool training);
  [[nodiscard]] torch::Tensor side_loss(const torch::Tensor& users,
                                        at::Generator generator,
                                        bool training);
  [[nodiscard]] double side_validation();
  [[nodiscard]] torch::Tensor overlap_loss(const Step& step);
  [[nodiscard]] RatedUsers rated_users(const torch::Tensor& rows) const;

  [[nodiscard]] torch::Tensor generate(std::span<const UserId> users);
  [[nodiscard]] torch::Tensor vectors(std::span<const UserId> users);
  void fit_blend();

  const TrainingData& data_;
  MusicSettings settings_;
  ModelContext context_;
  std::unique_ptr<MusicEncoder> encoder_;
  NoiseSchedule schedule_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  const HeldOut* validation_ = nullptr;
  torch::Tensor side_users_;      // int64: train stage 1
  torch::Tensor side_held_out_;   // int64: decide on the epoch of stage 1
  torch::Tensor overlap_users_;   // int64
  torch::Tensor rating_owner_;    // int64 [rows]: position in overlap_users_, ascending
  torch::Tensor rating_item_;     // int64 [rows]
  torch::Tensor rating_;          // float [rows]
  torch::Tensor rating_offsets_;  // int64 [overlap users + 1]
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crossfade/models/model.h"

namespace crossfade {

/// One rating of a training overlap user in the target: a row of "train_meta" in the published
/// code.
struct TransferRows {
  torch::Tensor users;    ///< int64 [rows], ascending.
  torch::Tensor items;    ///< int64 [rows], of the target.
  torch::Tensor ratings;  ///< float [rows]
};

/// The base of the models that carry users over on the vectors of a backbone: a user with target
/// training ratings has the backbone's own target vector, everybody else the transferred one,
///
///     r_ui = offset_i + x_u . v_i,    x_u = target vector, or transfer(source vector of u).
///
/// The backbone's tables stay as they are.
class TransferModel : public Model {
 public:
  /// @throws Error  kData when no training overlap user has a target rating.
  TransferModel(const TrainingData& data, const ModelContext& context);

  void score(std::span<const UserId> users,
             std::span<const ItemId> items,
             std::span<float> out) override;

  /// Users [x_u, 1], items [v_i, offset_i].
  std::optional<Factors> factors() override;

 protected:
  /// The transferred target vectors [b, width] of `users`, int64 [b] on the CPU, in evaluation
  /// mode. Row by row: a user's vector does not depend on who else is asked for.
  virtual torch::Tensor transfer(const torch::Tensor& users) = 0;

  /// The vectors [b, width] of `users` with target training ratings: the backbone's own, unless a
  /// model has others.
  virtual torch::Tensor known(const torch::Tensor& users);

  /// The vectors [n_target_items, width] of the target's items: the backbone's own, unless a model
  /// goes on training them.
  virtual torch::Tensor item_vectors() { return items_; }

  /// Length of the vectors.
  [[nodiscard]] std::int64_t width() const { return items_.size(1); }

  [[nodiscard]] const TrainingData& data() const noexcept { return data_; }

  [[nodiscard]] const ModelContext& context() const noexcept { return context_; }

  // The backbone's tables on the model's device: float [n, width], and offsets [n].
  [[nodiscard]] const torch::Tensor& source_users() const noexcept { return source_users_; }

  [[nodiscard]] const torch::Tensor& source_items() const noexcept { return source_items_; }

  [[nodiscard]] const torch::Tensor& target_users() const noexcept { return target_users_; }

  [[nodiscard]] const torch::Tensor& target_items() const noexcept { return items_; }

  [[nodiscard]] const torch::Tensor& target_offsets() const noexcept { return offsets_; }

  /// The training overlap users that have target ratings, int64, ascending.
  [[nodiscard]] const torch::Tensor& overlap_users() const noexcept { return overlap_users_; }

  /// Their target ratings.
  [[nodiscard]] const TransferRows& overlap_ratings() const noexcept { return overlap_ratings_; }

 private:
  void collect_overlap();
  [[nodiscard]] torch::Tensor user_vectors(const torch::Tensor& users);

  const TrainingData& data_;
  ModelContext context_;
  torch::Tensor source_users_;
  torch::Tensor source_items_;
  torch::Tensor target_users_;
  torch::Tensor items_;
  torch::Tensor offsets_;
  torch::Tensor is_known_;  // bool [n_users]: has target training ratings.
  torch::Tensor overlap_users_;
  TransferRows overlap_ratings_;
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossfade/models/model.h"

namespace crossfade {

/// A model that one closed-form computation turns into user and item vectors: the base of the
/// reference rows. Its only state is the two tables.
class ClosedFormModel : public Model {
 public:
  using Fit = std::function<Factors()>;

  /// `fit` runs once, as the single phase "fit".
  ClosedFormModel(const TrainingData& data, std::size_t dimension, Fit fit);

  std::vector<Phase> phases() override;
  void score(std::span<const UserId> users,
             std::span<const ItemId> items,
             std::span<float> out) override;
  std::optional<Factors> factors() override;

  torch::nn::Module& module() override { return module_; }

 private:
  Fit fit_;
  torch::nn::Module module_;
  torch::Tensor users_;  ///< float [n_users, dimension]
  torch::Tensor items_;  ///< float [n_target_items, dimension]
};

/// Settings of a model that has none.
struct NoSettings {
  template <typename Self, typename Visitor>
  static void visit(Self&, Visitor&&) {}
};

/// The mean of all ratings of a view; the middle of the scale when there is none.
[[nodiscard]] float mean_rating(const RatingsView& ratings);

/// Factors of r_ui = offset + user[u] + item[i]: the vectors are [offset + user, 1] and [1, item].
[[nodiscard]] Factors additive_factors(double offset,
                                       std::span<const float> user,
                                       std::span<const float> item);

}  // namespace crossfade

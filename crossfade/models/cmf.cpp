// SPDX-License-Identifier: Apache-2.0
//
// cmf, cmf+: one factorisation of both domains, whose users are shared, so that a cold user is
// scored by what the source ratings taught.
//
//   cmf    r_ui = u . v_i                          Adam on the rows of both domains together
//   cmf+   r_ui = mu_d + b_u + b_i + p_u . q_i     damped alternating least squares
//
// Singh and Gordon, "Relational Learning via Collective Matrix Factorization", KDD 2008; cmf as
// in the code of PTUPCDR and DiffCDR. docs/models/cmf.md.
#include <memory>

#include "crossfade/backbone/backbone.h"
#include "crossfade/kernels/adam_factors.h"
#include "crossfade/kernels/joint_factors.h"
#include "crossfade/models/closed_form.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr const char* kCitation =
    "Singh and Gordon, Relational Learning via Collective Matrix Factorization, KDD 2008";

// The plain factor model over both domains; its start and optimiser are those of the backbone.
struct CmfSettings : PlainBackboneConfig {
  double alpha = 0.5;
  std::int64_t patience = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    PlainBackboneConfig::visit(self, field);
    field("alpha",
          self.alpha,
          "Weight of the source's errors, 1 - alpha is the target's; 0.5 = all alike, as in the "
          "code.",
          Range{0.0, 1.0});
    field(
        "patience", self.patience, "Epochs without a better value; 0 = never stop.", Range{0, 1e4});
  }
};

class Cmf final : public Model {
 public:
  Cmf(const TrainingData& data, const CmfSettings& settings, const ModelContext& context)
      : settings_(settings), first_target_(static_cast<std::int64_t>(data.n_source_items)) {
    const auto weight = [&](double share) { return static_cast<float>(2.0 * share); };
    append_triples(ratings_, data.source, 0, weight(settings.alpha));
    append_triples(ratings_,
                   data.target,
                   static_cast<std::int32_t>(data.n_source_items),
                   weight(1.0 - settings.alpha));
    const FactorTables start = draw_factors(data.n_users(),
                                            data.n_source_items + data.n_target_items,
                                            static_cast<std::size_t>(settings.dimension),
                                            settings.init_std,
                                            context.rng.fork("cmf"));
    users_ = make_table("users", start.users);
    items_ = make_table("items", start.items);
    steps_ = module_.register_buffer("steps", torch::zeros({1}, torch::kInt64));
  }

  std::vector<Phase> phases() override {
    return {{.name = "factors",
             .rows = static_cast<std::int64_t>(ratings_.rows()),
             .parameters = {users_.values, items_.values},
             .schedule = {.epochs = settings_.epochs,
                          .batch_size = settings_.batch_size,
                          .learning_rate = settings_.learning_rate,
                          .patience = settings_.patience},
             .selection = Selection::kColdUsers,
             .epoch = [this](std::span<const std::int64_t> order) {
               return train_factor_epoch(users_.view(),
                                         items_.view(),
                                         ratings_,
                                         order,
                                         {.learning_rate = settings_.learning_rate,
                                          .weight_decay = settings_.weight_decay,
                                          .batch_size = settings_.batch_size,
                                          .lazy = settings_.lazy},
                                         *steps_.data_ptr<std::int64_t>());
             }}};
  }

  void score(std::span<const UserId> users,
             std::span<const ItemId> items,
             std::span<float> out) override {
    score_by_factors(users_.values, target_items(), users, items, out);
  }

  std::optional<Factors> factors() override {
    return Factors{.dimension = static_cast<std::size_t>(settings_.dimension),
                   .users = to_vector(users_.values),
                   .items = to_vector(target_items())};
  }

  torch::nn::Module& module() override { return module_; }

 private:
  // On the CPU whatever the device is: the kernel is not torch's.
  struct Table {
    torch::Tensor values, first, second;

    [[nodiscard]] AdamTable view() const {
      const auto span = [](const torch::Tensor& tensor) {
        return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
      };
      return {.dimension = static_cast<std::size_t>(values.size(1)),
              .values = span(values),
              .first = span(first),
              .second = span(second)};
    }
  };

  Table make_table(const std::string& name, const std::vector<float>& start) {
    const std::int64_t k = settings_.dimension;
    torch::Tensor values = torch::empty({static_cast<std::int64_t>(start.size()) / k, k});
    copy_into(values, start);
    return {.values = module_.register_parameter(name, values),
            .first = module_.register_buffer(name + "_first", torch::zeros_like(values)),
            .second = module_.register_buffer(name + "_second", torch::zeros_like(values))};
  }

  [[nodiscard]] torch::Tensor target_items() const {
    return items_.values.detach().slice(0, first_target_);
  }

  CmfSettings settings_;
  std::int64_t first_target_;  // The source's items come first.
  RatingTriples ratings_;
  torch::nn::Module module_;
  Table users_;
  Table items_;
  torch::Tensor steps_;  // int64 [1]: optimiser steps done.
};

// r_ui = mean + b_u + b_i + p_u . q_i as plain dot products: the user vector is
// [mean + b_u, 1, p_u], the target item's [1, b_i, q_i].
Factors biased_factors(const JointFactors& joint) {
  const std::size_t width = joint.dimension + 1;
  const auto mean = static_cast<float>(joint.target.mean);
  Factors factors{.dimension = width + 1, .users = {}, .items = {}};
  for (std::size_t row = 0; row < joint.users.size(); row += width) {
    const float* user = &joint.users[row];
    factors.users.insert(factors.users.end(), {mean + user[0], 1.0F});
    factors.users.insert(factors.users.end(), user + 1, user + width);
  }
  for (std::size_t row = 0; row < joint.target.rows.size(); row += width) {
    const float* item = &joint.target.rows[row];
    factors.items.insert(factors.items.end(), {1.0F, item[0]});
    factors.items.insert(factors.items.end(), item + 1, item + width);
  }
  return factors;
}

}  // namespace

ModelEntry cmf_entry() {
  return model_entry<Cmf>({.name = "cmf",
                           .title = "CMF as published: one user vector for both domains",
                           .citation = kCitation,
                           .untrained_items = true},
                          CmfSettings{});
}

ModelEntry cmf_plus_entry() {
  return make_entry(
      {.name = "cmf+",
       .title = "Biased, regularised matrix factorisation of both domains with shared users",
       .citation = kCitation},
      BiasedBackboneConfig{},
      [](const TrainingData& data,
         const BiasedBackboneConfig& settings,
         const ModelContext& context) {
        const auto dimension = static_cast<std::size_t>(settings.dimension) + 2;
        return std::make_unique<ClosedFormModel>(data, dimension, [data, settings, context] {
          return biased_factors(
              fit_joint_factors({.ratings = data.source, .n_items = data.n_source_items},
                                {.ratings = data.target, .n_items = data.n_target_items},
                                options_of(settings),
                                context.rng.fork("cmf+")));
        });
      });
}

}  // namespace crossfade

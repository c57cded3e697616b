// SPDX-License-Identifier: Apache-2.0
//
// ptupcdr, ptupcdr+: a map of one's own for every user, made from what the user liked.
//
//   a_j = w2 . relu(W1 e_j + b1)       over the user's liked source items e_j, softmax over j
//   p_u = sum_j a_j e_j
//   W_u = reshape(L2 relu(L1 p_u)),    u_hat = u_s^T W_u
//   loss = mean (r - offset_i - u_hat . v_i)^2 over the target ratings of training overlap users
//
// Zhu et al., "Personalized Transfer of User Preferences for Cross-domain Recommendation",
// WSDM 2022, and its code. docs/models/ptupcdr.md.
#include <algorithm>
#include <memory>

#include <torch/nn/modules/linear.h>

#include "crossfade/models/histories.h"
#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct PtupcdrSettings : MapTraining {
  std::int64_t history = 20;
  std::int64_t hidden = 50;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("history",
          self.history,
          "Liked source items a user is known by, the last ones (20 in the code).",
          Range{1, 10000});
    field("hidden", self.hidden, "Hidden units of the meta network (50).", Range{1, 8192});
    visit_training(self, field, kOverlapRatings);
  }
};

struct MetaNetwork : torch::nn::Module {
  torch::nn::Linear key{nullptr}, weight{nullptr};     // W1, b1; w2
  torch::nn::Linear hidden{nullptr}, matrix{nullptr};  // L1, L2
  torch::Tensor items;  // [n_source_items + 1, w]: the padding row comes last
};

class Ptupcdr final : public TransferModel {
 public:
  Ptupcdr(const TrainingData& data, const PtupcdrSettings& settings, const ModelContext& context)
      : TransferModel(data, context), settings_(settings) {
    const std::int64_t from = source_users().size(1);
    const auto linear = [&](const char* name, std::int64_t in, std::int64_t out, bool bias) {
      return meta_->register_module(
          name, torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias)));
    };
    meta_->key = linear("key", from, from, true);
    meta_->weight = linear("weight", from, 1, false);
    meta_->hidden = linear("hidden", from, settings.hidden, true);
    meta_->matrix = linear("matrix", settings.hidden, from * width(), true);
    meta_->to(context.device);
    collect_histories(context.rng.fork("ptupcdr padding"));
  }

  std::vector<Phase> phases() override {
    return {{.name = "meta",
             .rows = overlap_ratings().users.size(0),
             .parameters = meta_->parameters(),
             .schedule = settings_.schedule(),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return loss(step.rows); }}};
  }

  torch::nn::Module& module() override { return *meta_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    const torch::Tensor history = rows_of(histories_, users);  // [b, h]
    const torch::Tensor items = rows_of(meta_->items, history.flatten())
                                    .view({users.size(0), settings_.history, -1});  // [b, h, w]
    const torch::Tensor logits =
        meta_->weight(torch::relu(meta_->key(items))).squeeze(2) + rows_of(mask_, users);
    // Sums of products, which are cheaper than batched products of matrices this small.
    const torch::Tensor liking = (torch::softmax(logits, 1).unsqueeze(2) * items).sum(1);  // p_u
    const torch::Tensor source = rows_of(source_users(), users);
    const torch::Tensor map = meta_->matrix(torch::relu(meta_->hidden(liking)))
                                  .view({users.size(0), source.size(1), width()});
    return (source.unsqueeze(2) * map).sum(1);
  }

 private:
  [[nodiscard]] std::int64_t padding_row() const { return source_items().size(0); }

  // The last liked items of every user, filled up with a row of its own, which is also what a
  // user without likes is known by: a vector that was never trained.
  void collect_histories(Rng rng) {
    const auto length = static_cast<std::size_t>(settings_.history);
    std::vector<std::int64_t> histories(data().n_users() * length, padding_row());
    for (std::size_t u = 0; u < data().n_users(); ++u) {
      const std::vector<std::int64_t> liked =
          liked_items(data().source, UserId{static_cast<std::int32_t>(u)}, length);
      std::ranges::copy(liked, histories.begin() + static_cast<std::ptrdiff_t>(u * length));
    }
    histories_ = index_tensor(histories)
                     .view({static_cast<std::int64_t>(data().n_users()), settings_.history})
                     .to(context().device);
    mask_ = -1e8 * histories_.eq(padding_row()).to(torch::kFloat32);
    std::vector<float> padding(static_cast<std::size_t>(source_items().size(1)));
    for (float& value : padding) {
      value = static_cast<float>(rng.normal());
    }
    const torch::Tensor row = torch::tensor(padding).unsqueeze(0).to(context().device);
    meta_->items = meta_->register_buffer("items", torch::cat({source_items(), row}, 0));
  }

  torch::Tensor loss(const torch::Tensor& rows) {
    const torch::Tensor users = rows_of(overlap_ratings().users, rows);
    const torch::Tensor items = rows_of(overlap_ratings().items, rows);
    const torch::Tensor predicted = rows_of(target_offsets(), items) +
                                    (transfer(users) * rows_of(target_items(), items)).sum(1);
    return (predicted - rows_of(overlap_ratings().ratings, rows)).square().mean();
  }

  PtupcdrSettings settings_;
  torch::Tensor histories_;  // int64 [n_users, history]
  torch::Tensor mask_;       // float [n_users, history]: -1e8 where the history is padding
  std::shared_ptr<MetaNetwork> meta_ = std::make_shared<MetaNetwork>();
};

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation =
              "Zhu et al., Personalized Transfer of User Preferences for Cross-domain "
              "Recommendation, WSDM 2022",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry ptupcdr_entry() {
  return model_entry<Ptupcdr>(
      names("ptupcdr", "PTUPCDR as published: a map per user", BackboneKind::kPlain),
      PtupcdrSettings{});
}

ModelEntry ptupcdr_plus_entry() {
  PtupcdrSettings settings;
  settings.epochs = 100;
  settings.learning_rate = 0.001;
  settings.weight_decay = 1e-4;
  settings.patience = 10;
  return model_entry<Ptupcdr>(
      names("ptupcdr+", "PTUPCDR on the biased backbone", BackboneKind::kBiased), settings);
}

}  // namespace crossfade

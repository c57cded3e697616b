// SPDX-License-Identifier: Apache-2.0
//
// emcdr, emcdr+: one map from source to target user vectors.
//
//   loss = mean over users and components of (f(u_s) - u_t)^2,   u in the training overlap users
//   f(x) = W x                                    linear, as in the published tables
//   f(x) = W2 tanh(W1 x + b1) + b2                mlp, as in the paper
//
// Man, Shen, Jin and Cheng, "Cross-Domain Recommendation: An Embedding and Mapping Approach",
// IJCAI 2017; docs/models/emcdr.md says where this departs from paper and public code.
#include <memory>

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct EmcdrSettings : MapTraining {
  std::string mapping = "linear";
  std::int64_t hidden = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("mapping",
          self.mapping,
          "linear: one matrix without bias (PTUPCDR and DiffCDR code); mlp: one hidden layer with "
          "tanh (the paper).",
          OneOf{{"linear", "mlp"}});
    field("hidden",
          self.hidden,
          "Hidden units (mlp); 0 = twice the width, as in the paper.",
          Range{0, 8192});
    visit_training(self, field, "the overlapping users");
  }
};

class Emcdr final : public TransferModel {
 public:
  Emcdr(const TrainingData& data, const EmcdrSettings& settings, const ModelContext& context)
      : TransferModel(data, context), settings_(settings) {
    const std::int64_t from = source_users().size(1);
    const auto linear = [](std::int64_t in, std::int64_t out, bool bias) {
      return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias));
    };
    if (settings.mapping == "linear") {
      map_->push_back(linear(from, width(), false));
    } else {
      const std::int64_t hidden = settings.hidden > 0 ? settings.hidden : 2 * from;
      map_->push_back(linear(from, hidden, true));
      map_->push_back(torch::nn::Tanh());
      map_->push_back(linear(hidden, width(), true));
    }
    map_->to(context.device);
  }

  std::vector<Phase> phases() override {
    return {{.name = "mapping",
             .rows = overlap_users().size(0),
             .parameters = map_->parameters(),
             .schedule = settings_.schedule(),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) {
               const torch::Tensor users = rows_of(overlap_users(), step.rows);
               return (transfer(users) - rows_of(target_users(), users)).square().mean();
             }}};
  }

  torch::nn::Module& module() override { return *map_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    return map_->forward(rows_of(source_users(), users));
  }

 private:
  EmcdrSettings settings_;
  torch::nn::Sequential map_;
};

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation =
              "Man et al., Cross-Domain Recommendation: An Embedding and Mapping Approach, "
              "IJCAI 2017",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry emcdr_entry() {
  return model_entry<Emcdr>(
      names("emcdr", "EMCDR as published: a linear map of factor vectors", BackboneKind::kPlain),
      EmcdrSettings{});
}

ModelEntry emcdr_plus_entry() {
  EmcdrSettings settings;
  settings.epochs = 100;
  settings.learning_rate = 0.003;
  settings.patience = 10;
  return model_entry<Emcdr>(names("emcdr+", "EMCDR on the biased backbone", BackboneKind::kBiased),
                            settings);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
//
// lacdr, lacdr+: two linear autoencoders whose codes are aligned.
//
//   per row   |D_s E_s u_s - u_s| + |D_t E_t u_t - u_t| + 2 |E_s u_s - E_t u_t|
//   loss      the sum over the batch; rows are the target ratings of training overlap users
//   transfer  D_t E_s u_s
//
// with Euclidean norms, not squared. Wang et al., "Low-dimensional Alignment for Cross-Domain
// Recommendation", CIKM 2021, as re-implemented for the published tables (DiffCDR code,
// lacdr_model.py). docs/models/lacdr.md.
#include <algorithm>
#include <cmath>
#include <memory>

#include <torch/nn/modules/linear.h>

#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct LacdrSettings : MapTraining {
  LacdrSettings() { learning_rate = 0.001; }

  std::int64_t code = 0;
  bool use_nonoverlap = false;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("code",
          self.code,
          "Width of the codes; 0 = 0.4 of the vectors' (4 of 10 in the code).",
          Range{0, 512});
    field("use_nonoverlap",
          self.use_nonoverlap,
          "Whether users of one domain alone are reconstructed, too, a row each, as the paper "
          "intends; the code uses overlapping users only.");
    visit_training(self, field, kOverlapRatings);
  }
};

struct LacdrModule : torch::nn::Module {
  torch::nn::Linear source_encoder{nullptr}, source_decoder{nullptr};
  torch::nn::Linear target_encoder{nullptr}, target_decoder{nullptr};
};

class Lacdr final : public TransferModel {
 public:
  Lacdr(const TrainingData& data, const LacdrSettings& settings, const ModelContext& context)
      : TransferModel(data, context), settings_(settings) {
    const std::int64_t from = source_users().size(1);
    const std::int64_t code =
        settings.code > 0
            ? settings.code
            : std::max<std::int64_t>(1, std::llround(0.4 * static_cast<double>(width())));
    const auto linear = [&](const char* name, std::int64_t in, std::int64_t out) {
      return module_->register_module(
          name, torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false)));
    };
    module_->source_encoder = linear("source_encoder", from, code);
    module_->source_decoder = linear("source_decoder", code, from);
    module_->target_encoder = linear("target_encoder", width(), code);
    module_->target_decoder = linear("target_decoder", code, width());
    module_->to(context.device);
    collect_rows();
  }

  std::vector<Phase> phases() override {
    return {{.name = "alignment",
             .rows = users_.size(0),
             .parameters = module_->parameters(),
             .schedule = settings_.schedule(),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return loss(step.rows); }}};
  }

  torch::nn::Module& module() override { return *module_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    return module_->target_decoder(module_->source_encoder(rows_of(source_users(), users)));
  }

 private:
  // Users and what is known of each: the two columns of `known_` switch the reconstructions on.
  void collect_rows() {
    std::vector<std::int64_t> users;
    std::vector<float> known;
    const auto add = [&](std::int64_t user, bool source, bool target) {
      users.push_back(user);
      known.push_back(source ? 1.0F : 0.0F);
      known.push_back(target ? 1.0F : 0.0F);
    };
    const auto* overlap = overlap_ratings().users.data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < overlap_ratings().users.size(0); ++row) {
      add(overlap[row], true, true);
    }
    for (std::size_t u = 0; settings_.use_nonoverlap && u < data().n_users(); ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      const bool source = data().source.count(user) > 0;
      const bool target = data().target.count(user) > 0;
      if (source != target) {
        add(static_cast<std::int64_t>(u), source, target);
      }
    }
    users_ = index_tensor(users);
    known_ = torch::empty({static_cast<std::int64_t>(users.size()), 2});
    copy_into(known_, known);
    known_ = known_.to(context().device);
  }

  torch::Tensor loss(const torch::Tensor& rows) {
    // A root at zero has no gradient.
    const auto norm = [](const torch::Tensor& x) { return (x.square().sum(1) + 1e-12).sqrt(); };
    const torch::Tensor users = rows_of(users_, rows);
    const torch::Tensor known = rows_of(known_, rows);
    const torch::Tensor source = rows_of(source_users(), users);
    const torch::Tensor target = rows_of(target_users(), users);
    const torch::Tensor source_code = module_->source_encoder(source);
    const torch::Tensor target_code = module_->target_encoder(target);
    const torch::Tensor in_source = known.select(1, 0);
    const torch::Tensor in_target = known.select(1, 1);
    return (in_source * norm(module_->source_decoder(source_code) - source) +
            in_target * norm(module_->target_decoder(target_code) - target) +
            2.0 * in_source * in_target * norm(source_code - target_code))
        .sum();
  }

  LacdrSettings settings_;
  torch::Tensor users_;  // int64 [rows]
  torch::Tensor known_;  // float [rows, 2]: in the source, in the target
  std::shared_ptr<LacdrModule> module_ = std::make_shared<LacdrModule>();
};

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation =
              "Wang et al., Low-dimensional Alignment for Cross-Domain Recommendation, "
              "CIKM 2021",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry lacdr_entry() {
  return model_entry<Lacdr>(
      names("lacdr", "LACDR as published: aligned linear autoencoders", BackboneKind::kPlain),
      LacdrSettings{});
}

ModelEntry lacdr_plus_entry() {
  LacdrSettings settings;
  settings.use_nonoverlap = true;
  settings.epochs = 100;
  settings.patience = 10;
  return model_entry<Lacdr>(names("lacdr+", "LACDR on the biased backbone", BackboneKind::kBiased),
                            settings);
}

}  // namespace crossfade

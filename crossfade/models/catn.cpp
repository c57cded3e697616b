// SPDX-License-Identifier: Apache-2.0
//
// catn: aspects of reviews, carried over by attention between the aspects of both shops.
//
//   aspects   of a document: words -> convolution -> gates -> attention to global aspect vectors
//   user      tanh of own aspects and gated aspects of an auxiliary document, written by others
//   rating    mean over pairs of aspects of (user . W item) (v_user . W v_item) + b_u + b_i
//   training  source ratings with users read in the target, then target ratings with users read in
//             the source, in turns; mean squared error and l2
//
// Zhao et al., "CATN: Cross-Domain Recommendation for Cold-Start Users via Aspect Transfer
// Network", SIGIR 2020, and its code. docs/models/catn.md.
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/models/registry.h"
#include "crossfade/models/reviews/auxiliary.h"
#include "crossfade/models/reviews/catn_network.h"
#include "crossfade/models/reviews/review_model.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

struct CatnSettings : ReadingSettings {
  std::string aux = "paper";
  std::int64_t aspects = 5;
  std::int64_t aspect_width = 32;
  std::int64_t filters = 50;
  std::int64_t window = 3;
  double keep = 0.8;
  double l2 = 1e-5;
  std::int64_t epochs = 200;
  std::int64_t batch_size = 256;
  double learning_rate = 1e-3;
  std::int64_t patience = 4;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    visit_reading(self, field);
    field("aux",
          self.aux,
          "Auxiliary documents: paper (reviews of like-minded users of one shop), as_released "
          "(empty for everybody who matters, as the code leaves them), or off.",
          OneOf{{"paper", "as_released", "off"}});
    field("aspects", self.aspects, "Aspects of a document.", Range{1, 64});
    field("aspect_width", self.aspect_width, "Length of an aspect's vector.", Range{1, 512});
    field("filters", self.filters, "Filters of a convolution.", Range{1, 1024});
    field("window", self.window, "Words under a filter; odd.", Range{1, 15});
    field("keep", self.keep, "Part of an aspect that survives dropout.", Range{0.05, 1.0});
    field("l2", self.l2, "Times half the squared weights in the loss.", Range{0.0, 10.0});
    field("epochs", self.epochs, "Passes over the ratings of overlapping users.", Range{1, 10000});
    field("batch_size", self.batch_size, "Ratings per step, of both shops.", Range{1, 1e6});
    field("learning_rate", self.learning_rate, "Adam step size.", Range{1e-8, 10.0});
    field("patience", self.patience, "Epochs without a better value; 0 = never.", Range{0, 1e4});
  }
};

CatnSettings checked(const CatnSettings& settings) {
  require(settings.window % 2 == 1,
          ErrorKind::kUsage,
          "window = {} is even; catn reads as many words on either side",
          settings.window);
  return settings;
}

// The documents of one domain.
struct CatnDocuments {
  DocumentTable users;
  DocumentTable items;
  DocumentTable auxiliary;
};

// What the documents of a step say: aspects by row of the documents asked for.
struct Aspects {
  torch::Tensor own;
  torch::Tensor auxiliary;
  torch::Tensor items;
};

class Catn final : public ReviewModel {
 public:
  Catn(const TrainingData& data, const CatnSettings& settings, const ModelContext& context)
      : ReviewModel("catn", data, settings, context),
        settings_(checked(settings)),
        documents_{.source = documents_of(Domain::kSource, context.rng),
                   .target = documents_of(Domain::kTarget, context.rng)},
        network_(make_network()) {
    user_bias_ = network_->register_parameter(
        "user_bias", truncated_normal({static_cast<std::int64_t>(data.n_users())}, 0.1));
    for (const Domain domain : kDomains) {
      item_bias_[domain] = network_->register_parameter(
          fmt::format("{}_item_bias", name_of(domain)), item_means(domain));
    }
    for (const Domain domain : kDomains) {
      for (const UserId user : overlap()) {
        rows_.add(user, domain, ratings(domain));
      }
    }
  }

  std::vector<Phase> phases() override {
    Phase phase{.name = "aspects",
                .rows = rows_.size(),
                .parameters = network_->parameters(),
                .schedule = {.epochs = settings_.epochs,
                             .batch_size = settings_.batch_size,
                             .learning_rate = settings_.learning_rate,
                             .patience = settings_.patience},
                .selection = Selection::kColdUsers,
                .loss = [this](const Step& step) { return loss(step, Domain::kSource); }};
    phase.then.loss = [this](const Step& step) { return loss(step, Domain::kTarget); };
    return {phase};
  }

  torch::nn::Module& module() override { return *network_; }

  std::vector<std::pair<std::string, double>> facts() override {
    return {
        {"words", static_cast<double>(vocabulary().size())},
        {"auxiliary_source_reviews", static_cast<double>(documents_.source.auxiliary.rows.size())},
        {"auxiliary_target_reviews", static_cast<double>(documents_.target.auxiliary.rows.size())}};
  }

 protected:
  // [u, b_u, 1]
  torch::Tensor user_rows(std::span<const std::int64_t> users) override {
    const Aspects read = aspects(Domain::kTarget, users, {});
    const torch::Tensor bias = rows_of(user_bias_, index_tensor({users.begin(), users.end()}));
    return torch::cat({network_->user_vectors(read.own, read.auxiliary),
                       bias.unsqueeze(1),
                       torch::ones({bias.size(0), 1})},
                      1);
  }

  // [i, 1, b_i]
  torch::Tensor item_rows(std::span<const std::int64_t> items) override {
    const Aspects read = aspects(Domain::kTarget, {}, items);
    const torch::Tensor bias =
        rows_of(item_bias_.target, index_tensor({items.begin(), items.end()}));
    return torch::cat({network_->item_vectors(Domain::kTarget, read.items),
                       torch::ones({bias.size(0), 1}),
                       bias.unsqueeze(1)},
                      1);
  }

 private:
  CatnDocuments documents_of(Domain domain, const Rng& rng) {
    const RatingsView& view = ratings(domain);
    CatnDocuments out{.users = user_documents(view),
                      .items = item_documents(view, n_items(domain)),
                      .auxiliary = {}};
    out.auxiliary =
        settings_.aux == "paper"
            ? catn_auxiliary(
                  view, out.items, data().roles, rng, fmt::format("auxiliary {}", name_of(domain)))
            : DocumentTable{.offsets = std::vector<std::int64_t>(view.users() + 1), .rows = {}};
    return out;
  }

  std::shared_ptr<CatnNetwork> make_network() const {
    // Where there are vectors of other people's making, a word without one starts at zero.
    const double deviation = data().documents->vectors ? 0.0 : 0.1;
    torch::Tensor vectors =
        vocabulary().vectors(*data().documents, settings_.width, [&](torch::Tensor& table) {
          table.copy_(truncated_normal(table.sizes(), deviation));
        });
    return std::make_shared<CatnNetwork>(std::move(vectors),
                                         CatnShape{.window = settings_.window,
                                                   .filters = settings_.filters,
                                                   .aspects = settings_.aspects,
                                                   .width = settings_.aspect_width,
                                                   .length = settings_.words},
                                         settings_.aux != "off");
  }

  // The mean training rating of every item; 0 for those without any, as in the code.
  [[nodiscard]] torch::Tensor item_means(Domain domain) const {
    const RatingsView& view = ratings(domain);
    std::vector<double> sums(n_items(domain), 0.0);
    std::vector<double> counts(n_items(domain), 0.0);
    for (std::size_t row = 0; row < view.rows(); ++row) {
      sums[index(view.items[row])] += view.ratings[row];
      counts[index(view.items[row])] += 1.0;
    }
    const auto size = static_cast<std::int64_t>(sums.size());
    const auto tensor = [&](const std::vector<double>& values) {
      return torch::tensor(values, torch::kFloat64).view({size});
    };
    return (tensor(sums) / tensor(counts).clamp_min(1.0)).to(torch::kFloat32);
  }

  // Reads users' documents of the other shop and documents of `items`, which are of domain
  // `items_of`.
  Aspects aspects(Domain items_of,
                  std::span<const std::int64_t> users,
                  std::span<const std::int64_t> items) {
    const Domain users_of = other(items_of);
    const CatnDocuments& from = documents_[users_of];
    const auto overhang = static_cast<std::size_t>(settings_.window / 2);
    WordList auxiliary;
    const WordList own = collector().read(reader(users_of, from.users), users);
    const WordList about = collector().read(reader(items_of, documents_[items_of].items), items);
    if (network_->has_auxiliary()) {
      auxiliary = collector().read(reader(users_of, from.auxiliary), users, overhang);
    }
    const torch::Tensor table = network_->table(items_of, collector().take_words());
    Aspects out{.own = network_->aspects(items_of, users_of, table, own),
                .auxiliary = {},
                .items = network_->aspects(items_of, items_of, table, about)};
    if (network_->has_auxiliary()) {
      out.auxiliary = network_->auxiliary_aspects(items_of, users_of, table, auxiliary);
    }
    return out;
  }

  // The loss of the batch's ratings of `domain`. A document of several rows is read once.
  torch::Tensor loss(const Step& step, Domain domain) {
    std::vector<std::int64_t> own;
    const auto* numbers = step.rows.data_ptr<std::int64_t>();
    std::copy_if(numbers, numbers + step.rows.size(0), std::back_inserter(own), [&](auto row) {
      return rows_.domains[static_cast<std::size_t>(row)] == domain;
    });
    if (own.empty()) {
      return {};
    }
    const ReviewRows rows = select(rows_, own);
    const Distinct users = distinct(rows.users);
    const Distinct items = distinct(rows.items);
    const Aspects read = aspects(domain, users.values, items.values);
    const auto per_row = [&](const torch::Tensor& table, const torch::Tensor& which) {
      return table.defined() ? drop_out(rows_of(table, which), settings_.keep, step.generator)
                             : table;
    };
    const torch::Tensor mine = per_row(read.own, users.rows);
    const torch::Tensor theirs = per_row(read.auxiliary, users.rows);
    const torch::Tensor user = network_->user_vectors(mine, theirs);
    const torch::Tensor item = network_->item_vectors(domain, per_row(read.items, items.rows));
    const torch::Tensor predicted = (user * item).sum(1) +
                                    rows_of(user_bias_, index_tensor(rows.users)) +
                                    rows_of(item_bias_[domain], index_tensor(rows.items));
    return torch::mse_loss(predicted, torch::tensor(rows.ratings)) +
           settings_.l2 * network_->penalty();
  }

  CatnSettings settings_;
  PerDomain<CatnDocuments> documents_;
  std::shared_ptr<CatnNetwork> network_;
  torch::Tensor user_bias_;             // [n_users]
  PerDomain<torch::Tensor> item_bias_;  // [n_items] each
  ReviewRows rows_;
};

}  // namespace

ModelEntry catn_entry() {
  return model_entry<Catn>({.name = "catn",
                            .title = "Aspects of reviews, carried over by attention",
                            .citation = "Zhao et al., CATN: Cross-Domain Recommendation for "
                                        "Cold-Start Users via Aspect Transfer Network, SIGIR 2020",
                            .uses_documents = true,
                            .untrained_items = true},
                           CatnSettings{});
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
//
// omnimatch: ratings from reviews, with borrowed reviews in the place of a cold user's own.
//
//   document  of a cold user in the target: reviews by people who rated the same source items alike
//   reading   filters of three widths, the largest value of each over the document
//   user      features common to both shops, from which the shop must not be told, and own ones
//   rating    linear in the features of the user's target document and of the item's
//   loss      squared error + alpha contrast of ratings + beta (shop of common, of own features)
//
// Dai et al., "OmniMatch: Overcoming the Cold-Start Problem in Cross-Domain Recommendations using
// Auxiliary Reviews", EDBT 2025, and its code. docs/models/omnimatch.md.
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "crossfade/models/registry.h"
#include "crossfade/models/reviews/auxiliary.h"
#include "crossfade/models/reviews/losses.h"
#include "crossfade/models/reviews/omnimatch_network.h"
#include "crossfade/models/reviews/review_model.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

struct OmnimatchSettings : ReadingSettings {
  OmnimatchSettings() {
    ReadingSettings::field = "title";
    vocabulary = 100'000;
    max_df = 1.0;
    words = 200;
  }

  std::int64_t filters = 200;
  double dropout = 0.4;
  double alpha = 0.1;
  double beta = 0.25;
  double temperature = 0.07;
  std::string reversal = "step";
  double rho = 0.95;
  std::int64_t epochs = 15;
  std::int64_t batch_size = 64;
  double learning_rate = 0.02;
  std::int64_t patience = 0;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    visit_reading(self, field);
    field("filters", self.filters, "Filters of each of the widths 3, 4 and 5.", Range{1, 4096});
    field("dropout", self.dropout, "Part of the inputs of linear layers left out.", Range{0, 0.95});
    field("alpha", self.alpha, "Weight of the contrastive loss.", Range{0, 100});
    field("beta", self.beta, "Weight of the losses on shops.", Range{0, 100});
    field("temperature", self.temperature, "Of the contrastive loss.", Range{1e-3, 10});
    field("reversal",
          self.reversal,
          "When the reversal of gradients grows: at every step, as the paper has it, or epoch, as "
          "the code does.",
          OneOf{{"step", "epoch"}});
    field("rho", self.rho, "Decay of Adadelta's means.", Range{0, 0.9999});
    field("epochs", self.epochs, "Passes over the ratings of both shops.", Range{1, 10000});
    field("batch_size", self.batch_size, "Ratings per step.", Range{1, 1e6});
    field("learning_rate", self.learning_rate, "Adadelta step size.", Range{1e-8, 1000.0});
    field("patience", self.patience, "Epochs without a better value; 0 = never.", Range{0, 1e4});
  }
};

// What stands in the place of an item's reviews where there are none, as in the code.
constexpr std::string_view kNoReviews[] = {"this", "item", "has", "no", "reviews"};

torch::Tensor without_dropout(const torch::Tensor& x) {
  return x.relu();
}

class Omnimatch final : public ReviewModel {
 public:
  Omnimatch(const TrainingData& data,
            const OmnimatchSettings& settings,
            const ModelContext& context)
      : ReviewModel("omnimatch", data, settings, context),
        settings_(settings),
        items_{.source = item_documents(data.source, data.n_source_items),
               .target = item_documents(data.target, data.n_target_items)},
        users_{.source = user_documents(data.source),
               .target = omnimatch_target(
                   data.source, data.target, items_.source, data.roles, context.rng)},
        network_(std::make_shared<OmnimatchNetwork>(
            vocabulary().vectors(*data.documents,
                                 settings.width,
                                 [](torch::Tensor& table) { table.uniform_(-0.25, 0.25); }),
            settings.filters)) {
    for (const std::string_view word : kNoReviews) {
      if (const auto number = data.documents->find(word)) {
        no_reviews_.push_back(vocabulary().number(*number));
      }
    }
    std::erase(no_reviews_, ReaderVocabulary::kUnknown);
    collect_rows();
  }

  std::vector<Phase> phases() override {
    return {{.name = "reviews",
             .rows = rows_.size(),
             .parameters = network_->parameters(),
             .schedule = {.epochs = settings_.epochs,
                          .batch_size = settings_.batch_size,
                          .learning_rate = settings_.learning_rate,
                          .patience = settings_.patience,
                          .rule = StepRule::kAdadelta,
                          .adadelta_decay = settings_.rho},
             .selection = Selection::kColdUsers,
             .loss = [this](const Step& step) { return loss(step); }}};
  }

  torch::nn::Module& module() override { return *network_; }

  std::vector<std::pair<std::string, double>> facts() override {
    return {{"words", static_cast<double>(vocabulary().size())},
            {"borrowed_reviews",
             static_cast<double>(users_.target.rows.size() - data().target.rows())}};
  }

 protected:
  // [user term, 1]
  torch::Tensor user_rows(std::span<const std::int64_t> users) override {
    const OmnimatchUser user =
        network_->user(Domain::kTarget, pooled(Domain::kTarget, users), without_dropout);
    const torch::Tensor term = network_->user_term(user);
    return torch::stack({term, torch::ones_like(term)}, 1);
  }

  // [1, item term]
  torch::Tensor item_rows(std::span<const std::int64_t> items) override {
    const WordList list = collector().read(item_reader(Domain::kTarget), items);
    const torch::Tensor pooled =
        network_->read_items(network_->vectors(collector().take_words()), list);
    const torch::Tensor term = network_->item_term(network_->item(pooled, without_dropout));
    return torch::stack({torch::ones_like(term), term}, 1);
  }

 private:
  // Source ratings of everybody known in the source who is or will be known in the target, then
  // target ratings.
  void collect_rows() {
    for (std::size_t u = 0; u < data().n_users(); ++u) {
      const UserId user{static_cast<std::int32_t>(u)};
      const Role role = data().roles[u];
      if (is_held_out(role) || std::ranges::binary_search(overlap(), user)) {
        rows_.add(user, Domain::kSource, data().source);
      }
    }
    for (const UserId user : overlap()) {
      rows_.add(user, Domain::kTarget, data().target);
    }
    for (const Domain domain : kDomains) {
      for (std::size_t u = 0; u < data().n_users(); ++u) {
        if (ratings(domain).count(UserId{static_cast<std::int32_t>(u)}) > 0) {
          pools_[domain].push_back(static_cast<std::int64_t>(u));
        }
      }
    }
  }

  [[nodiscard]] DocumentReader item_reader(Domain domain) const {
    return reader(domain, items_[domain], no_reviews_);
  }

  // Documents that one set of filters reads, and their words.
  struct Reading {
    WordList list;
    torch::Tensor words;
  };

  Reading read_users(Domain domain, std::span<const std::int64_t> users) {
    WordList list = collector().read(reader(domain, users_[domain]), users);
    return {std::move(list), collector().take_words()};
  }

  torch::Tensor pooled(Domain domain, std::span<const std::int64_t> users) {
    const Reading read = read_users(domain, users);
    return network_->read_users(domain, network_->vectors(read.words), read.list);
  }

  // The items of all rows, each read once; `at` says where an item of the rows stands.
  Reading read_items(const ReviewRows& rows, torch::Tensor& at) {
    std::vector<std::int64_t> codes = rows.items;
    const auto shift = static_cast<std::int64_t>(n_items(Domain::kSource));
    for (std::size_t row = 0; row < codes.size(); ++row) {
      codes[row] += rows.domains[row] == Domain::kTarget ? shift : 0;
    }
    Distinct items = distinct(codes);
    const auto middle = std::ranges::lower_bound(items.values, shift);
    std::for_each(middle, items.values.end(), [&](std::int64_t& code) { code -= shift; });
    const WordList source =
        collector().read(item_reader(Domain::kSource), {items.values.begin(), middle});
    const WordList target =
        collector().read(item_reader(Domain::kTarget), {middle, items.values.end()});
    at = items.rows;
    return {joined(source, target), collector().take_words()};
  }

  // The vectors of each reading's words, looked up together: the way back then makes one gradient
  // as large as the vocabulary, not one per reading.
  [[nodiscard]] std::vector<torch::Tensor> vectors_of(const std::vector<Reading>& readings) const {
    std::vector<std::int64_t> words;
    for (const Reading& reading : readings) {
      const auto* own = reading.words.data_ptr<std::int64_t>();
      words.insert(words.end(), own, own + reading.words.size(0));
    }
    const Distinct all = distinct(words);
    const torch::Tensor table = network_->vectors(index_tensor(all.values));
    std::vector<torch::Tensor> out;
    std::int64_t first = 0;
    for (const Reading& reading : readings) {
      const std::int64_t last = first + reading.words.size(0);
      out.push_back(rows_of(table, all.rows.slice(0, first, last)));
      first = last;
    }
    return out;
  }

  // As many users of `domain` as half a batch has rows, with replacement.
  [[nodiscard]] std::vector<std::int64_t> draw_users(Domain domain,
                                                     std::size_t rows,
                                                     Rng& rng) const {
    std::vector<std::int64_t> users(std::max<std::size_t>(1, rows / 2));
    for (std::int64_t& user : users) {
      user = pools_[domain][static_cast<std::size_t>(rng.below(pools_[domain].size()))];
    }
    return users;
  }

  torch::Tensor loss(const Step& step) {
    const auto* numbers = step.rows.data_ptr<std::int64_t>();
    const ReviewRows rows = select(rows_, {numbers, static_cast<std::size_t>(step.rows.size(0))});
    const double strength =
        reversal_strength(settings_.reversal == "step" ? step.progress
                                                       : static_cast<double>(step.epoch - 1) /
                                                             static_cast<double>(settings_.epochs));
    const OmnimatchNetwork::Drop drop = [&](const torch::Tensor& x) {
      return drop_out(x, 1.0 - settings_.dropout, step.generator).relu();
    };

    torch::Tensor item_at;
    PerDomain<Distinct> users;
    std::vector<Reading> readings{read_items(rows, item_at)};
    Rng rng = step.rng;
    for (const Domain domain : kDomains) {
      std::vector<std::int64_t> ids = rows.users;
      const std::vector<std::int64_t> drawn = draw_users(domain, rows.users.size(), rng);
      ids.insert(ids.end(), drawn.begin(), drawn.end());
      users[domain] = distinct(ids);
      readings.push_back(read_users(domain, users[domain].values));
    }
    const std::vector<torch::Tensor> vectors = vectors_of(readings);
    const torch::Tensor about = network_->read_items(vectors[0], readings[0].list);
    const torch::Tensor item = network_->item(rows_of(about, item_at), drop);
    PerDomain<OmnimatchUser> user;
    torch::Tensor shops = torch::zeros({});
    for (const Domain domain : kDomains) {
      const std::size_t n = domain == Domain::kSource ? 1 : 2;
      const torch::Tensor written =
          rows_of(network_->read_users(domain, vectors[n], readings[n].list), users[domain].rows);
      user[domain] = network_->user(domain, written.slice(0, 0, rows.size()), drop);
      const OmnimatchUser stranger = network_->user(domain, written.slice(0, rows.size()), drop);
      shops = shops + network_->common_loss(domain, stranger, strength, drop) +
              network_->specific_loss(domain, stranger, drop);
    }
    const torch::Tensor stars = torch::tensor(rows.ratings);
    const torch::Tensor contrast = supervised_contrast(network_->project(user.source, item, drop),
                                                       network_->project(user.target, item, drop),
                                                       stars,
                                                       settings_.temperature);
    return torch::mse_loss(network_->rate(user.target, item, drop), stars) +
           settings_.alpha * contrast + settings_.beta * shops;
  }

  OmnimatchSettings settings_;
  PerDomain<DocumentTable> items_;
  PerDomain<DocumentTable> users_;
  std::shared_ptr<OmnimatchNetwork> network_;
  std::vector<std::int32_t> no_reviews_;
  PerDomain<std::vector<std::int64_t>> pools_;  // Users with a document, by shop.
  ReviewRows rows_;
};

}  // namespace

ModelEntry omnimatch_entry() {
  return model_entry<Omnimatch>(
      {.name = "omnimatch",
       .title = "Reviews read by convolutions, borrowed ones for cold users",
       .citation = "Dai et al., OmniMatch: Overcoming the Cold-Start Problem in Cross-Domain "
                   "Recommendations using Auxiliary Reviews, EDBT 2025",
       .uses_documents = true},
      OmnimatchSettings{});
}

}  // namespace crossfade

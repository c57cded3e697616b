// SPDX-License-Identifier: Apache-2.0
//
// The encoder of `music`: closed forms where the paper trains networks, because a few hundred
// overlapping users do not carry more.
//
//   items     [b_i, q_i] by a joint factorisation of both domains with item features as prior
//   users     x0 = [b_u, p_u] folded in from target ratings, the source vector F from source
//   ratings condition c = [F, log(1 + n), which source items were rated (SVD), review features]
//   prior     m(c): a linear map fitted on ratings, pulled towards the identity
//   (kernels/transfer_map)
//
// Training overlap users are cross-fitted: the factorisation that describes them has not seen
// their target ratings, so that their (c, x0) pairs look like those of cold users.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "crossfade/features/reduction/projection.h"
#include "crossfade/kernels/joint_factors.h"
#include "crossfade/kernels/transfer_map.h"
#include "crossfade/models/closed_form.h"
#include "crossfade/models/music/encoder.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr int kFolds = 5;
constexpr std::size_t kHistoryFeatures = 8;
constexpr std::size_t kReviewFeatures = 16;

// What the fit found, in the order of FactorEncoder::facts_.
constexpr std::array<const char*, 5> kFacts = {"source_content_ridge",
                                               "target_content_ridge",
                                               "prior_bias_ridge",
                                               "prior_vector_ridge",
                                               "prior_cross_validated_rmse"};

std::vector<float> all_rows(const FeatureMatrix& matrix) {
  std::vector<float> out(matrix.rows() * matrix.width());
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    matrix.read_row(row, std::span(out).subspan(row * matrix.width(), matrix.width()));
  }
  return out;
}

// `ratings` without the rows of the users in `left_out`.
Ratings without_users(const RatingsView& ratings, const std::vector<bool>& left_out) {
  Ratings out;
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    const UserId user{static_cast<std::int32_t>(u)};
    if (!left_out[u]) {
      const auto items = ratings.items_of(user);
      const auto stars = ratings.ratings_of(user);
      out.items.insert(out.items.end(), items.begin(), items.end());
      out.ratings.insert(out.ratings.end(), stars.begin(), stars.end());
    }
    out.offsets.push_back(static_cast<std::int64_t>(out.items.size()));
  }
  return out;
}

// Users by which items they rated, whatever the rating: tf-idf rows of length 1.
SparseRows rated_items(const RatingsView& ratings, std::size_t n_items) {
  std::vector<double> users_of(n_items, 1.0);
  for (const ItemId item : ratings.items) {
    users_of[index(item)] += 1.0;
  }
  SparseRows rows;
  rows.columns = n_items;
  for (std::size_t u = 0; u < ratings.users(); ++u) {
    double norm = 0.0;
    for (const ItemId item : ratings.items_of(UserId{static_cast<std::int32_t>(u)})) {
      const double idf = std::log(static_cast<double>(ratings.users()) / users_of[index(item)]);
      rows.indices.push_back(static_cast<std::int32_t>(item));
      rows.values.push_back(static_cast<float>(idf));
      norm += idf * idf;
    }
    const auto scale = static_cast<float>(norm > 0.0 ? 1.0 / std::sqrt(norm) : 0.0);
    for (std::size_t i = rows.offsets.back(); i < rows.values.size(); ++i) {
      rows.values[i] *= scale;
    }
    rows.offsets.push_back(rows.values.size());
  }
  return rows;
}

torch::Tensor tensor_of(std::span<const float> values, std::int64_t rows) {
  torch::Tensor out = torch::empty({rows, static_cast<std::int64_t>(values.size()) / rows});
  copy_into(out, values);
  return out;
}

// One factorisation and what it says about users.
struct Fit {
  JointFactors factors;
  std::vector<float> source_users;  // [n_users, 1 + k], folded in from source ratings
  std::vector<float> target_users;  // [n_users, 1 + k], folded in from target ratings
};

class FactorEncoder final : public MusicEncoder {
 public:
  FactorEncoder(const TrainingData& data,
                const MusicSettings& settings,
                const ModelContext& context)
      : data_(data),
        options_({.dimension = static_cast<std::size_t>(settings.encoder.dimension),
                  .l2 = settings.encoder.l2,
                  .bias_damping = settings.encoder.bias_damping,
                  .content_l2 = settings.encoder.content_l2,
                  .sweeps = static_cast<int>(settings.encoder.epochs)}),
        rng_(context.rng.fork("factors")),
        width_(options_.dimension + 1),
        content_(data.features != nullptr && !settings.without_mllm),
        review_width_(content_ && data.features->source_users
                          ? std::min(kReviewFeatures, data.features->source_users->width())
                          : 0) {
    facts_ = module_->register_buffer(
        "facts", torch::zeros({static_cast<std::int64_t>(kFacts.size())}, torch::kFloat64));
    for (std::size_t u = 0; u < data.n_users(); ++u) {
      if (data.roles[u] == Role::kOverlap) {
        overlap_.push_back(UserId{static_cast<std::int32_t>(u)});
      }
    }
  }

  [[nodiscard]] std::int64_t width() const override { return static_cast<std::int64_t>(width_); }

  [[nodiscard]] std::int64_t condition_width() const override {
    return static_cast<std::int64_t>(inputs());
  }

  [[nodiscard]] std::int64_t folds() const override { return kFolds; }

  std::vector<Phase> phases() override { return {}; }

  std::shared_ptr<torch::nn::Module> module() override { return module_; }

  std::vector<std::pair<std::string, double>> facts() override {
    std::vector<std::pair<std::string, double>> facts;
    for (std::size_t i = 0; i < kFacts.size(); ++i) {
      facts.emplace_back(kFacts[i], facts_[static_cast<std::int64_t>(i)].item<double>());
    }
    return facts;
  }

  Encoding encode() override {
    load_content();
    const std::vector<float> history = describe_histories();
    JointFactors start = fit_start();
    const Fit full = refit(start, data_.target);
    start.source.content_l2 = full.factors.source.content_l2;
    start.target.content_l2 = full.factors.target.content_l2;
    const auto n_users = static_cast<std::int64_t>(data_.n_users());
    Encoding encoding;
    encoding.known = tensor_of(full.target_users, n_users);
    encoding.direct = tensor_of(full.source_users, n_users);
    item_tables(full.factors.target, encoding.items, encoding.item_offset);

    assign_folds();
    std::vector<float> inputs = inputs_of(full.source_users, history);
    std::vector<float> x0 = full.target_users;
    std::vector<float> overlap_inputs(overlap_.size() * this->inputs());
    RatingSums sums(overlap_.size(), width_);
    cross_fit(start, history, overlap_inputs, sums, encoding);
    facts_[0] = start.source.content_l2;
    facts_[1] = start.target.content_l2;
    fit_prior(inputs, overlap_inputs, sums, x0, encoding);

    // From here on, training overlap users are described as their fold saw them.
    for (std::size_t n = 0; n < overlap_.size(); ++n) {
      std::copy_n(&overlap_inputs[n * this->inputs()],
                  this->inputs(),
                  &inputs[index(overlap_[n]) * this->inputs()]);
    }
    encoding.condition = tensor_of(inputs, n_users);
    encoding.x0 = tensor_of(x0, n_users);
    return encoding;
  }

 private:
  // Length of the condition: source vector, log count, histories, reviews.
  [[nodiscard]] std::size_t inputs() const { return width_ + 1 + kHistoryFeatures + review_width_; }

  [[nodiscard]] FactorDomain source() const {
    return {.ratings = data_.source, .n_items = data_.n_source_items, .content = source_content_};
  }

  [[nodiscard]] FactorDomain target(const RatingsView& ratings) const {
    return {.ratings = ratings, .n_items = data_.n_target_items, .content = target_content_};
  }

  void load_content() {
    if (content_) {
      source_content_ = all_rows(data_.features->source_items);
      target_content_ = all_rows(data_.features->target_items);
    }
  }

  Fit describe(JointFactors factors) const {
    Fit fit{.factors = std::move(factors), .source_users = {}, .target_users = {}};
    fit.source_users = fold_in_users(fit.factors.source, data_.source, options_);
    fit.target_users = fold_in_users(fit.factors.target, data_.target, options_);
    return fit;
  }

  // All fits start from one that has seen no training overlap user's target rating, so that their
  // spaces agree and none remembers a user it must not know. It sees no features, either: how far
  // those are trusted is chosen in the full fit.
  [[nodiscard]] JointFactors fit_start() const {
    std::vector<bool> left_out(data_.n_users(), false);
    for (const UserId user : overlap_) {
      left_out[index(user)] = true;
    }
    const Ratings side = without_users(data_.target, left_out);
    JointFactors start =
        fit_joint_factors({.ratings = data_.source, .n_items = data_.n_source_items},
                          {.ratings = side.view(), .n_items = data_.n_target_items},
                          options_,
                          rng_);
    start.target.mean = mean_rating(data_.target);
    return start;
  }

  [[nodiscard]] Fit refit(const JointFactors& start, const RatingsView& ratings) const {
    return describe(refit_joint_factors(start, source(), target(ratings), options_));
  }

  [[nodiscard]] std::vector<float> describe_histories() const {
    const SparseRows rows = rated_items(data_.source, data_.n_source_items);
    const Projection svd = truncated_svd(rows, kHistoryFeatures, {}, rng_.fork("histories"));
    std::vector<float> out(rows.rows() * kHistoryFeatures, 0.0F);
    for (std::size_t u = 0; u < rows.rows(); ++u) {
      const auto user = std::span(out).subspan(u * kHistoryFeatures, kHistoryFeatures);
      for (std::size_t i = rows.offsets[u]; i < rows.offsets[u + 1]; ++i) {
        svd.add(static_cast<std::size_t>(rows.indices[i]), rows.values[i], user);
      }
    }
    return out;
  }

  [[nodiscard]] std::vector<float> inputs_of(const std::vector<float>& source_users,
                                             const std::vector<float>& history) const {
    std::vector<float> out;
    out.reserve(data_.n_users() * inputs());
    std::vector<float> reviews(review_width_ > 0 ? data_.features->source_users->width() : 0);
    for (std::size_t u = 0; u < data_.n_users(); ++u) {
      const auto count = data_.source.count(UserId{static_cast<std::int32_t>(u)});
      const auto append = [&](const float* first, std::size_t n) {
        out.insert(out.end(), first, first + n);
      };
      append(&source_users[u * width_], width_);
      out.push_back(static_cast<float>(std::log1p(static_cast<double>(count))));
      append(&history[u * kHistoryFeatures], kHistoryFeatures);
      if (review_width_ > 0) {
        data_.features->source_users->read_row(u, reviews);
        append(reviews.data(), review_width_);
      }
    }
    return out;
  }

  void assign_folds() {
    std::vector<std::size_t> order(overlap_.size());
    for (std::size_t n = 0; n < order.size(); ++n) {
      order[n] = n;
    }
    Rng rng = rng_.fork("folds");
    shuffle(std::span(order), rng);
    fold_.assign(overlap_.size(), 0);
    for (std::size_t n = 0; n < order.size(); ++n) {
      fold_[order[n]] = static_cast<int>(n % kFolds);
    }
  }

  void item_tables(const ItemFactors& items, torch::Tensor& vectors, torch::Tensor& offset) const {
    const auto n_items = static_cast<std::int64_t>(data_.n_target_items);
    vectors = tensor_of(items.rows, n_items);
    offset = vectors.select(1, 0) + items.mean;
    vectors.select(1, 0).fill_(1.0);
  }

  // Describes the users of each fold by a factorisation that has not seen their target ratings.
  void cross_fit(const JointFactors& start,
                 const std::vector<float>& history,
                 std::vector<float>& overlap_inputs,
                 RatingSums& sums,
                 Encoding& encoding) {
    std::vector<torch::Tensor> items(kFolds);
    std::vector<torch::Tensor> offsets(kFolds);
    encoding.fold_of_user =
        torch::zeros({static_cast<std::int64_t>(data_.n_users())}, torch::kInt64);
    for (int f = 0; f < kFolds; ++f) {
      std::vector<bool> left_out(data_.n_users(), false);
      for (std::size_t n = 0; n < overlap_.size(); ++n) {
        left_out[index(overlap_[n])] = fold_[n] == f;
      }
      const Ratings rest = without_users(data_.target, left_out);
      const Fit fit = refit(start, rest.view());
      const std::vector<float> inputs = inputs_of(fit.source_users, history);
      for (std::size_t n = 0; n < overlap_.size(); ++n) {
        if (fold_[n] == f) {
          const std::size_t u = index(overlap_[n]);
          std::copy_n(
              &inputs[u * this->inputs()], this->inputs(), &overlap_inputs[n * this->inputs()]);
          add_ratings(fit.factors.target, n, sums);
          encoding.fold_of_user[static_cast<std::int64_t>(u)] = f;
        }
      }
      const auto at = static_cast<std::size_t>(f);
      item_tables(fit.factors.target, items[at], offsets[at]);
    }
    encoding.fold_items = torch::stack(items);
    encoding.fold_offset = torch::stack(offsets);
  }

  void add_ratings(const ItemFactors& items, std::size_t n, RatingSums& sums) const {
    const auto rated = data_.target.items_of(overlap_[n]);
    const auto stars = data_.target.ratings_of(overlap_[n]);
    for (std::size_t row = 0; row < rated.size(); ++row) {
      const float* item = &items.rows[index(rated[row]) * width_];
      sums.add(n,
               std::span(item + 1, width_ - 1),
               stars[row] - static_cast<float>(items.mean) - item[0]);
    }
  }

  void fit_prior(const std::vector<float>& inputs,
                 const std::vector<float>& overlap_inputs,
                 const RatingSums& sums,
                 std::vector<float>& x0,
                 Encoding& encoding) {
    const TransferFit fit = fit_transfer({.sums = sums,
                                          .inputs = overlap_inputs,
                                          .n_inputs = this->inputs(),
                                          .fold = fold_,
                                          .n_folds = kFolds,
                                          .l2 = options_.l2,
                                          .bias_damping = options_.bias_damping});
    facts_[2] = fit.bias_ridge;
    facts_[3] = fit.vector_ridge;
    facts_[4] = fit.rmse;
    std::vector<float> prior(data_.n_users() * width_, 0.0F);
    for (std::size_t u = 0; u < data_.n_users(); ++u) {
      if (data_.source.count(UserId{static_cast<std::int32_t>(u)}) > 0) {
        fit.map.apply(std::span(inputs).subspan(u * this->inputs(), this->inputs()),
                      std::span(prior).subspan(u * width_, width_));
      }
    }
    // What the diffusion learns for an overlap user is what the own ratings add to the prior.
    for (std::size_t n = 0; n < overlap_.size(); ++n) {
      const std::size_t at = index(overlap_[n]) * width_;
      const auto held_out = std::span(fit.held_out).subspan(n * width_, width_);
      std::ranges::copy(held_out, &prior[at]);
      posterior_mean(
          sums, n, held_out, options_.bias_damping, options_.l2, std::span(x0).subspan(at, width_));
    }
    encoding.prior = tensor_of(prior, static_cast<std::int64_t>(data_.n_users()));
  }

  const TrainingData& data_;
  JointFactorOptions options_;
  Rng rng_;
  std::size_t width_;
  bool content_;
  std::size_t review_width_;
  std::vector<float> source_content_;
  std::vector<float> target_content_;
  std::vector<UserId> overlap_;
  std::vector<int> fold_;
  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>();
  torch::Tensor facts_;  // double [5]: the values of kFacts; a buffer, so that resuming keeps them
};

}  // namespace

std::unique_ptr<MusicEncoder> make_factor_encoder(const TrainingData& data,
                                                  const MusicSettings& settings,
                                                  const ModelContext& context) {
  return std::make_unique<FactorEncoder>(data, settings, context);
}

}  // namespace crossfade

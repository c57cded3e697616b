// SPDX-License-Identifier: Apache-2.0
//
// Stage 0 of MuSiC as the paper describes its feature side (section 3.2): reduction networks
// E_item and E_user, shared by both domains, trained on the ratings of both.
//
//   head dot:       r_ui = E_user(g_u) . E_item(f_i)
//   head residual:  r_ui = mu_d + b_i + b_u + E_user(g_u) . E_item(f_i),   x0 = [b_u, E_user(g_u)]
//
// f_i are item features; g_u is the user's review features of that domain, the profile, or both:
//
//   profile_u = sum over rated items of (r - mu_d - b_i) [1, f_i] / (n_u + damping).
//
// When a rating is predicted in training, it is taken out of the profile and the bias of its own
// user: otherwise the network would read the answer from its input.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <torch/nn/functional/loss.h>

#include "crossfade/core/error.h"
#include "crossfade/kernels/biases.h"
#include "crossfade/models/music/encoder.h"
#include "crossfade/models/music/reduction.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr std::int64_t kEncodeBlock = 8192;

// Rows of a feature matrix as a tensor [b, w].
torch::Tensor gather(const FeatureMatrix& matrix, const torch::Tensor& rows) {
  const auto width = static_cast<std::int64_t>(matrix.width());
  torch::Tensor out = torch::empty({rows.size(0), width});
  const auto* index = rows.data_ptr<std::int64_t>();
  auto* data = out.data_ptr<float>();
  for (std::int64_t r = 0; r < rows.size(0); ++r) {
    matrix.read_row(static_cast<std::size_t>(index[r]),
                    std::span(data + r * width, static_cast<std::size_t>(width)));
  }
  return out;
}

// The ratings of one domain as tensors, and what profiles are made of.
struct DomainRatings {
  const FeatureMatrix* items = nullptr;
  const FeatureMatrix* reviews = nullptr;  // By user; nullptr = no review features.
  double mean = 0.0;
  torch::Tensor item_bias = {};  // [n_items]
  torch::Tensor user = {};       // int64 [rows]
  torch::Tensor item = {};       // int64 [rows]
  torch::Tensor rating = {};     // [rows]
  torch::Tensor deviation = {};  // [rows]: rating - mean - item_bias
  torch::Tensor count = {};      // [n_users]
  torch::Tensor sum = {};        // [n_users, 1 + w]: of deviation * [1, f_i]
};

DomainRatings make_domain(const RatingsView& view,
                          const FeatureMatrix& items,
                          const std::optional<FeatureMatrix>& reviews) {
  DomainRatings domain{.items = &items, .reviews = reviews ? &*reviews : nullptr};
  const Biases biases = fit_biases(view, items.rows());
  domain.mean = biases.mean;
  domain.item_bias = torch::empty({static_cast<std::int64_t>(items.rows())});
  copy_into(domain.item_bias, biases.item);
  const auto rows = static_cast<std::int64_t>(view.rows());
  domain.user = torch::empty({rows}, torch::kInt64);
  domain.item = index_tensor(view.items);
  domain.rating = torch::empty({rows});
  copy_into(domain.rating, view.ratings);
  auto* user = domain.user.data_ptr<std::int64_t>();
  const auto n_users = static_cast<std::int64_t>(view.users());
  for (std::int64_t u = 0; u < n_users; ++u) {
    std::fill(user + view.offsets[static_cast<std::size_t>(u)],
              user + view.offsets[static_cast<std::size_t>(u) + 1],
              u);
  }
  domain.deviation = domain.rating - domain.mean - domain.item_bias.index({domain.item});
  domain.count = torch::bincount(domain.user, {}, n_users).to(torch::kFloat32);
  domain.sum = torch::zeros({n_users, 1 + static_cast<std::int64_t>(items.width())});
  for (std::int64_t first = 0; first < rows; first += kEncodeBlock) {
    const std::int64_t last = std::min(first + kEncodeBlock, rows);
    const torch::Tensor f = gather(items, domain.item.slice(0, first, last));
    const torch::Tensor row = torch::cat({torch::ones({last - first, 1}), f}, 1) *
                              domain.deviation.slice(0, first, last).unsqueeze(1);
    domain.sum.index_add_(0, domain.user.slice(0, first, last), row);
  }
  return domain;
}

struct EncoderModule : torch::nn::Module {
  Reduction user{nullptr}, item{nullptr};
  torch::Tensor profile_mean, profile_sd;  // [1 + w]: standardise profiles
};

class MlpEncoder final : public MusicEncoder {
 public:
  MlpEncoder(const TrainingData& data, const MusicSettings& settings, const ModelContext& context)
      : settings_(settings),
        context_(context),
        profile_(data.profile),
        damping_(data.profile_damping),
        source_(make_domain(data.source, data.features->source_items, data.features->source_users)),
        target_(
            make_domain(data.target, data.features->target_items, data.features->target_users)) {
    const std::int64_t item_width = static_cast<std::int64_t>(source_.items->width());
    const std::int64_t review_width =
        source_.reviews != nullptr ? static_cast<std::int64_t>(source_.reviews->width()) : 0;
    const std::int64_t user_width = review_width + (profile_ ? 1 + item_width : 0);
    require(
        user_width > 0,
        ErrorKind::kUsage,
        "features.users names neither reviews nor profile, so nothing describes users; add one");
    module_->item = module_->register_module(
        "item", Reduction(item_width, settings.encoder.dimension, settings.encoder));
    module_->user = module_->register_module(
        "user", Reduction(user_width, settings.encoder.dimension, settings.encoder));
    module_->profile_mean =
        module_->register_buffer("profile_mean", torch::zeros({1 + item_width}));
    module_->profile_sd = module_->register_buffer("profile_sd", torch::ones({1 + item_width}));
    module_->to(context.device);
    split_rows();
  }

  [[nodiscard]] std::int64_t width() const override {
    return settings_.encoder.dimension + (residual() ? 1 : 0);
  }

  [[nodiscard]] std::int64_t condition_width() const override { return width(); }

  [[nodiscard]] std::int64_t folds() const override { return 1; }

  std::vector<Phase> phases() override {
    const MusicEncoderSettings& encoder = settings_.encoder;
    return {{.name = "encoder",
             .rows = kept_.size(0),
             .parameters = module_->parameters(),
             .schedule = {.epochs = encoder.epochs,
                          .batch_size = encoder.batch_size,
                          .learning_rate = encoder.learning_rate,
                          .weight_decay = encoder.weight_decay,
                          .patience = encoder.patience},
             .selection = held_out_.size(0) > 0 ? Selection::kOwn : Selection::kLast,
             .begin = [this] { standardise_profiles(); },
             .loss =
                 [this](const Step& step) {
                   const Dropout dropout{settings_.encoder.dropout, step.generator};
                   return loss(kept_.index({step.rows}), dropout);
                 },
             .validate = [this] { return loss(held_out_, {}).item<double>(); }}};
  }

  Encoding encode() override {
    const torch::NoGradGuard no_grad;
    Encoding encoding;
    encoding.known = user_vectors(target_);
    encoding.x0 = encoding.known;
    encoding.direct = user_vectors(source_);
    encoding.condition = encoding.direct;
    encoding.items = item_vectors();
    encoding.prior = torch::zeros_like(encoding.x0);
    encoding.item_offset =
        residual() ? target_.item_bias + target_.mean : torch::zeros_like(target_.item_bias);
    encoding.fold_items = encoding.items.unsqueeze(0);
    encoding.fold_offset = encoding.item_offset.unsqueeze(0);
    encoding.fold_of_user = torch::zeros({encoding.x0.size(0)}, torch::kInt64);
    return encoding;
  }

  std::shared_ptr<torch::nn::Module> module() override { return module_; }

 private:
  [[nodiscard]] bool residual() const { return settings_.head == "residual"; }

  // Rows are numbered through both domains: source first.
  void split_rows() {
    const std::int64_t rows = source_.rating.size(0) + target_.rating.size(0);
    std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = static_cast<std::int64_t>(i);
    }
    Rng rng = context_.rng.fork("encoder rows");
    shuffle(std::span(order), rng);
    const auto n_held = static_cast<std::int64_t>(
        std::llround(settings_.encoder.held_out * static_cast<double>(rows)));
    const torch::Tensor all = torch::tensor(order, torch::kInt64);
    held_out_ = all.slice(0, 0, n_held).contiguous();
    kept_ = all.slice(0, n_held).contiguous();
  }

  void standardise_profiles() {
    std::vector<torch::Tensor> rows;
    for (const DomainRatings* domain : {&source_, &target_}) {
      const torch::Tensor known = torch::nonzero(domain->count).squeeze(1);
      rows.push_back(raw_profile(*domain, known, {}));
    }
    const torch::Tensor all = torch::cat(rows, 0);
    module_->profile_mean.copy_(all.mean(0));
    module_->profile_sd.copy_(all.std(0, /*unbiased=*/false).clamp_min(1e-6));
  }

  // Profiles of `users`; `rows`, if defined, are their ratings to leave out.
  [[nodiscard]] torch::Tensor raw_profile(const DomainRatings& domain,
                                          const torch::Tensor& users,
                                          const torch::Tensor& rows) const {
    torch::Tensor sum = domain.sum.index({users});
    torch::Tensor count = domain.count.index({users});
    if (rows.defined()) {
      const torch::Tensor f = gather(*domain.items, domain.item.index({rows}));
      const torch::Tensor own = torch::cat({torch::ones({f.size(0), 1}), f}, 1) *
                                domain.deviation.index({rows}).unsqueeze(1);
      sum = sum - own;
      count = count - 1.0;
    }
    return sum / (count + damping_).unsqueeze(1);
  }

  // E_user of `users` [b, d], with the bias in front for the residual head.
  torch::Tensor users(const DomainRatings& domain,
                      const torch::Tensor& ids,
                      const torch::Tensor& rows,
                      const Dropout& dropout) {
    std::vector<torch::Tensor> parts;
    if (domain.reviews != nullptr) {
      parts.push_back(gather(*domain.reviews, ids).to(context_.device));
    }
    torch::Tensor bias;
    if (profile_ || residual()) {
      const torch::Tensor profile = raw_profile(domain, ids, rows).to(context_.device);
      bias = profile.slice(1, 0, 1);
      if (profile_) {
        parts.push_back((profile - module_->profile_mean) / module_->profile_sd);
      }
    }
    const torch::Tensor taste = module_->user(torch::cat(parts, 1), dropout);
    return residual() ? torch::cat({bias, taste}, 1) : taste;
  }

  torch::Tensor items(const DomainRatings& domain,
                      const torch::Tensor& ids,
                      const Dropout& dropout) {
    const torch::Tensor v = module_->item(gather(*domain.items, ids).to(context_.device), dropout);
    return residual() ? torch::cat({torch::ones({v.size(0), 1}, v.options()), v}, 1) : v;
  }

  // Sum of squared errors of `rows` of one domain.
  torch::Tensor squared_error(const DomainRatings& domain,
                              const torch::Tensor& rows,
                              const Dropout& dropout) {
    const torch::Tensor item = domain.item.index({rows});
    const torch::Tensor z = users(domain, domain.user.index({rows}), rows, dropout);
    torch::Tensor predicted = (z * items(domain, item, dropout)).sum(1);
    const torch::Tensor wanted =
        residual() ? domain.deviation.index({rows}) : domain.rating.index({rows});
    return (predicted - wanted.to(context_.device)).square().sum();
  }

  torch::Tensor loss(const torch::Tensor& rows, const Dropout& dropout) {
    const std::int64_t n_source = source_.rating.size(0);
    const torch::Tensor in_source = rows.lt(n_source);
    const torch::Tensor source_rows = rows.masked_select(in_source);
    const torch::Tensor target_rows = rows.masked_select(in_source.logical_not()) - n_source;
    torch::Tensor total = torch::zeros({}, torch::TensorOptions(context_.device));
    if (source_rows.size(0) > 0) {
      total = total + squared_error(source_, source_rows, dropout);
    }
    if (target_rows.size(0) > 0) {
      total = total + squared_error(target_, target_rows, dropout);
    }
    return total / static_cast<double>(rows.size(0));
  }

  // The vectors of all users of a domain; zero for users it does not know.
  torch::Tensor user_vectors(const DomainRatings& domain) {
    torch::Tensor out = torch::zeros({domain.count.size(0), width()});
    const torch::Tensor known = torch::nonzero(domain.count).squeeze(1);
    for (std::int64_t first = 0; first < known.size(0); first += kEncodeBlock) {
      const torch::Tensor ids =
          known.slice(0, first, std::min(first + kEncodeBlock, known.size(0))).contiguous();
      out.index_put_({ids}, users(domain, ids, {}, {}).to(torch::kCPU));
    }
    return out;
  }

  torch::Tensor item_vectors() {
    std::vector<torch::Tensor> blocks;
    const std::int64_t n_items = target_.item_bias.size(0);
    for (std::int64_t first = 0; first < n_items; first += kEncodeBlock) {
      const torch::Tensor ids =
          torch::arange(first, std::min(first + kEncodeBlock, n_items), torch::kInt64);
      blocks.push_back(items(target_, ids, {}).to(torch::kCPU));
    }
    return torch::cat(blocks, 0);
  }

  MusicSettings settings_;
  ModelContext context_;
  bool profile_;
  double damping_;
  DomainRatings source_;
  DomainRatings target_;
  torch::Tensor kept_;
  torch::Tensor held_out_;
  std::shared_ptr<EncoderModule> module_ = std::make_shared<EncoderModule>();
};

}  // namespace

std::unique_ptr<MusicEncoder> make_mlp_encoder(const TrainingData& data,
                                               const MusicSettings& settings,
                                               const ModelContext& context) {
  require(data.features != nullptr,
          ErrorKind::kData,
          "MuSiC needs features of items and users; the run has none");
  return std::make_unique<MlpEncoder>(data, settings, context);
}

}  // namespace crossfade

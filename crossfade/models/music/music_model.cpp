// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/music_model.h"

#include <algorithm>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

// Fewer side users than this teach no distribution.
constexpr std::size_t kFewestSideUsers = 20;
constexpr double kHeldOutSideUsers = 0.1;

NoiseSchedule make_schedule(const MusicDiffusionSettings& settings) {
  const bool literal = settings.schedule == "literal";
  return {literal ? settings.steps : settings.training_steps, settings.steps};
}

std::unique_ptr<MusicEncoder> make_encoder(const TrainingData& data,
                                           const MusicSettings& settings,
                                           const ModelContext& context) {
  const bool factors = settings.encoder.kind == "factors" || settings.without_mllm;
  return factors ? make_factor_encoder(data, settings, context)
                 : make_mlp_encoder(data, settings, context);
}

}  // namespace

MusicModel::MusicModel(const TrainingData& data,
                       const MusicSettings& settings,
                       const ModelContext& context)
    : data_(data),
      settings_(settings),
      context_(context),
      encoder_(make_encoder(data, settings, context)),
      schedule_(make_schedule(settings.diffusion)) {
  collect_users();
  collect_ratings();
  register_state();
}

void MusicModel::register_state() {
  const std::int64_t d = encoder_->width();
  const std::int64_t w = encoder_->condition_width();
  const auto n_users = static_cast<std::int64_t>(data_.n_users());
  const auto n_items = static_cast<std::int64_t>(data_.n_target_items);
  State& s = *state_;
  const auto buffer =
      [&](const char* name, torch::Tensor& tensor, std::vector<std::int64_t> shape) {
        tensor = s.register_buffer(name, torch::zeros(shape));
      };
  buffer("known", s.known, {n_users, d});
  buffer("x0", s.x0, {n_users, d});
  buffer("condition", s.condition, {n_users, w});
  buffer("prior", s.prior, {n_users, d});
  buffer("direct", s.direct, {n_users, d});
  buffer("items", s.items, {n_items, d});
  buffer("item_offset", s.item_offset, {n_items});
  buffer("fold_items", s.fold_items, {encoder_->folds(), n_items, d});
  buffer("fold_offset", s.fold_offset, {encoder_->folds(), n_items});
  buffer("x0_mean", s.x0_mean, {d});
  buffer("x0_sd", s.x0_sd, {d});
  buffer("condition_mean", s.condition_mean, {w});
  buffer("condition_sd", s.condition_sd, {w});
  buffer("side_slope", s.side_slope, {d});
  buffer("side_intercept", s.side_intercept, {d});
  buffer("side_spread", s.side_spread, {d});
  buffer("blend", s.blend, {1});
  buffer("blend_raw", s.blend_raw, {1});
  s.fold_of_user = s.register_buffer("fold_of_user", torch::zeros({n_users}, torch::kInt64));
  s.register_module("encoder", encoder_->module());
  DenoiserSpec spec{.width = d,
                    .condition_width = settings_.prior ? d + w + 1 : w,
                    .zero_output = settings_.prior,
                    .condition_in_blocks = settings_.diffusion.condition == "added-and-blocks",
                    .layers = {}};
  s.denoiser = s.register_module("denoiser",
                                 Denoiser(make_unet(std::move(spec), settings_.diffusion.widths)));
  if (settings_.diffusion.condition_start == "zero") {
    s.denoiser->ignore_condition_from(settings_.prior ? d : 0);
  }
  s.to(context_.device);
}

void MusicModel::collect_users() {
  std::vector<std::int64_t> side;
  std::vector<std::int64_t> overlap;
  for (std::size_t u = 0; u < data_.n_users(); ++u) {
    if (data_.roles[u] == Role::kSide) {
      side.push_back(static_cast<std::int64_t>(u));
    } else if (data_.roles[u] == Role::kOverlap) {
      overlap.push_back(static_cast<std::int64_t>(u));
    }
  }
  require(!overlap.empty(), ErrorKind::kData, kNoOverlap);
  if (side.size() < kFewestSideUsers) {
    side.clear();
  }
  Rng rng = context_.rng.fork("side users");
  shuffle(std::span(side), rng);
  const auto held = static_cast<std::int64_t>(kHeldOutSideUsers * static_cast<double>(side.size()));
  side_held_out_ = index_tensor(side).slice(0, 0, held).contiguous();
  side_users_ = index_tensor(side).slice(0, held).contiguous();
  overlap_users_ = index_tensor(overlap);
}

void MusicModel::collect_ratings() {
  std::vector<std::int64_t> owner;
  std::vector<std::int64_t> item;
  std::vector<float> rating;
  std::vector<std::int64_t> offsets{0};
  const auto* users = overlap_users_.data_ptr<std::int64_t>();
  for (std::int64_t n = 0; n < overlap_users_.size(0); ++n) {
    const UserId user{static_cast<std::int32_t>(users[n])};
    const auto items = data_.target.items_of(user);
    const auto stars = data_.target.ratings_of(user);
    for (std::size_t row = 0; row < items.size(); ++row) {
      owner.push_back(n);
      item.push_back(static_cast<std::int64_t>(items[row]));
      rating.push_back(stars[row]);
    }
    offsets.push_back(static_cast<std::int64_t>(owner.size()));
  }
  rating_owner_ = index_tensor(owner);
  rating_item_ = index_tensor(item);
  rating_ = torch::tensor(rating);
  rating_offsets_ = index_tensor(offsets);
}

std::vector<Phase> MusicModel::phases() {
  std::vector<Phase> phases = encoder_->phases();
  phases.push_back(vectors_phase());
  if (settings_.without_diffusion) {
    return phases;
  }
  if (!settings_.without_side && side_users_.size(0) > 0) {
    phases.push_back(side_phase());
  }
  phases.push_back(overlap_phase());
  if (settings_.blend) {
    phases.push_back(blend_phase());
  }
  return phases;
}

Phase MusicModel::vectors_phase() {
  return {.name = "vectors", .begin = [this] { fill_vectors(); }};
}

Phase MusicModel::side_phase() {
  const MusicStageSettings& stage = settings_.side;
  return {.name = "side",
          .rows = side_users_.size(0),
          .parameters = state_->denoiser->parameters(),
          .schedule = {.epochs = stage.epochs,
                       .batch_size = stage.batch_size,
                       .learning_rate = stage.learning_rate,
                       .clip_norm = settings_.clip_norm,
                       .average = settings_.average,
                       .patience = stage.patience},
          .selection = side_held_out_.size(0) > 0 ? Selection::kOwn : Selection::kLast,
          .loss =
              [this](const Step& step) {
                return side_loss(side_users_.index({step.rows}), step.generator, true);
              },
          .validate = [this] { return side_validation(); }};
}

Phase MusicModel::overlap_phase() {
  const MusicStageSettings& stage = settings_.overlap;
  const bool by_user = settings_.overlap_rows == "users";
  return {.name = "overlap",
          .rows = by_user ? overlap_users_.size(0) : rating_.size(0),
          .parameters = state_->denoiser->parameters(),
          .schedule = {.epochs = stage.epochs,
                       .batch_size = stage.batch_size,
                       .learning_rate = stage.learning_rate,
                       .clip_norm = settings_.clip_norm,
                       .average = settings_.average,
                       .patience = stage.patience},
          .selection = Selection::kColdUsers,
          .loss = [this](const Step& step) { return overlap_loss(step); }};
}

Phase MusicModel::blend_phase() {
  return {.name = "blend", .begin = [this] { fit_blend(); }};
}

void MusicModel::fill_vectors() {
  const Encoding encoding = encoder_->encode();
  State& s = *state_;
  s.known.copy_(encoding.known);
  s.x0.copy_(encoding.x0);
  s.condition.copy_(encoding.condition);
  s.prior.copy_(encoding.prior);
  s.direct.copy_(encoding.direct);
  s.items.copy_(encoding.items);
  s.item_offset.copy_(encoding.item_offset);
  s.fold_items.copy_(encoding.fold_items);
  s.fold_offset.copy_(encoding.fold_offset);
  s.fold_of_user.copy_(encoding.fold_of_user);
  s.blend.fill_(1.0);
  standardise();
  if (settings_.prior) {
    fit_side_prior();
  }
}

void MusicModel::standardise() {
  constexpr double kSmallest = 1e-6;
  State& s = *state_;
  s.x0_mean.zero_();
  s.x0_sd.fill_(1.0);
  s.condition_mean.zero_();
  s.condition_sd.fill_(1.0);
  if (settings_.standardise) {
    const torch::Tensor learned = torch::cat({overlap_users_, side_users_});
    const torch::Tensor x0 = rows_of(s.x0, learned);
    s.x0_mean.copy_(x0.mean(0));
    s.x0_sd.copy_(x0.std(0, /*unbiased=*/false) + kSmallest);
    const torch::Tensor condition = rows_of(s.condition, overlap_users_);
    s.condition_mean.copy_(condition.mean(0));
    s.condition_sd.copy_(condition.std(0, /*unbiased=*/false) + kSmallest);
  }
}

}  // namespace crossfade

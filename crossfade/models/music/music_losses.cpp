// SPDX-License-Identifier: Apache-2.0
//
// What the denoiser of MuSiC is told and trained on: conditions and the losses of both stages.
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>

#include "crossfade/models/music/music_model.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr double kSidePriorRidge = 10.0;

}  // namespace

// A side user has no condition, hence no prior. One is simulated as overlapping users have it, so
// that stage 1 trains the network in the shape stage 2 uses it. Component by component: a full
// covariance fitted on a hundred users remembers them.
void MusicModel::fit_side_prior() {
  State& s = *state_;
  const torch::Tensor x0 = normalise(rows_of(s.x0, overlap_users_));
  const torch::Tensor m = normalise(rows_of(s.prior, overlap_users_));
  const torch::Tensor x0_mean = x0.mean(0);
  const torch::Tensor m_mean = m.mean(0);
  const torch::Tensor centred = x0 - x0_mean;
  s.side_slope.copy_((centred * (m - m_mean)).sum(0) / (centred.square().sum(0) + kSidePriorRidge));
  s.side_intercept.copy_(m_mean - s.side_slope * x0_mean);
  const torch::Tensor rest = m - s.side_intercept - s.side_slope * x0;
  s.side_spread.copy_(rest.square().mean(0).sqrt());
}

torch::Tensor MusicModel::normalise(const torch::Tensor& x) const {
  return (x - state_->x0_mean) / state_->x0_sd;
}

torch::Tensor MusicModel::denormalise(const torch::Tensor& x) const {
  return x * state_->x0_sd + state_->x0_mean;
}

MusicModel::Condition MusicModel::condition_of(const torch::Tensor& users) const {
  const State& s = *state_;
  const torch::Tensor c = (rows_of(s.condition, users) - s.condition_mean) / s.condition_sd;
  const torch::Tensor mask = torch::ones({c.size(0), 1}, c.options());
  if (!settings_.prior) {
    return {.prior = torch::zeros({c.size(0), s.x0.size(1)}, c.options()), .c = c, .mask = mask};
  }
  const torch::Tensor m = normalise(rows_of(s.prior, users));
  return {.prior = m, .c = torch::cat({m, c, mask}, 1), .mask = mask};
}

MusicModel::Condition MusicModel::side_condition(const torch::Tensor& x0,
                                                 at::Generator generator) const {
  const State& s = *state_;
  const std::int64_t b = x0.size(0);
  if (!settings_.prior) {
    return {.prior = torch::zeros_like(x0),
            .c = torch::zeros({b, s.condition.size(1)}, x0.options()),
            .mask = torch::zeros({b, 1}, x0.options())};
  }
  const torch::Tensor noise =
      torch::empty(x0.sizes(), torch::kFloat32).normal_(0.0, 1.0, generator).to(x0.device());
  const torch::Tensor m = s.side_intercept + s.side_slope * x0 + s.side_spread * noise;
  const torch::Tensor nothing = torch::zeros({b, s.condition.size(1) + 1}, x0.options());
  return {.prior = m, .c = torch::cat({m, nothing}, 1), .mask = torch::ones({b, 1}, x0.options())};
}

torch::Tensor MusicModel::predict(const torch::Tensor& x,
                                  const torch::Tensor& t,
                                  const Condition& condition,
                                  const Dropout& dropout) {
  return condition.prior + state_->denoiser(x, t, condition.c, condition.mask, dropout);
}

torch::Tensor MusicModel::denoise(const torch::Tensor& x0,
                                  const Condition& condition,
                                  at::Generator generator,
                                  bool training) {
  const torch::Tensor t = torch::empty({x0.size(0)}, torch::kInt64)
                              .random_(0, schedule_.training_steps(), generator)
                              .to(x0.device());
  const torch::Tensor noise =
      torch::empty(x0.sizes(), torch::kFloat32).normal_(0.0, 1.0, generator).to(x0.device());
  const Dropout dropout{training ? settings_.diffusion.dropout : 0.0, generator};
  return predict(schedule_.add_noise(x0, t, noise), t, condition, dropout);
}

torch::Tensor MusicModel::side_loss(const torch::Tensor& users,
                                    at::Generator generator,
                                    bool training) {
  const torch::Tensor x0 = normalise(rows_of(state_->x0, users));
  const torch::Tensor predicted = denoise(x0, side_condition(x0, generator), generator, training);
  return (predicted - x0).square().mean();
}

double MusicModel::side_validation() {
  // The same noise every time, so that epochs are compared on equal terms.
  Rng rng = context_.rng.fork("side validation");
  constexpr int kDraws = 4;
  const at::Generator generator = at::detail::createCPUGenerator(rng());
  double total = 0.0;
  for (int draw = 0; draw < kDraws; ++draw) {
    total += side_loss(side_held_out_, generator, false).item<double>();
  }
  return total / kDraws;
}

MusicModel::RatedUsers MusicModel::rated_users(const torch::Tensor& rows) const {
  if (settings_.overlap_rows == "ratings") {
    return {.users = overlap_users_.index({rating_owner_.index({rows})}),
            .rows = rows,
            .owner = torch::arange(rows.size(0), torch::kInt64)};
  }
  std::vector<std::int64_t> rating_rows;
  std::vector<std::int64_t> owner;
  const auto* offsets = rating_offsets_.data_ptr<std::int64_t>();
  const torch::Tensor plain = rows.contiguous();
  const auto* positions = plain.data_ptr<std::int64_t>();
  for (std::int64_t n = 0; n < plain.size(0); ++n) {
    for (std::int64_t row = offsets[positions[n]]; row < offsets[positions[n] + 1]; ++row) {
      rating_rows.push_back(row);
      owner.push_back(n);
    }
  }
  return {.users = overlap_users_.index({plain}),
          .rows = index_tensor(rating_rows),
          .owner = index_tensor(owner)};
}

torch::Tensor MusicModel::overlap_loss(const Step& step) {
  const State& s = *state_;
  const RatedUsers rated = rated_users(step.rows);
  const torch::Tensor x0 = normalise(rows_of(s.x0, rated.users));
  const torch::Tensor predicted = denoise(x0, condition_of(rated.users), step.generator, true);
  const torch::Tensor reconstruction = (predicted - x0).square().mean();

  const torch::Tensor fold = rows_of(s.fold_of_user, rated.users);
  const torch::Tensor owner = rated.owner.to(context_.device);
  const torch::Tensor item = rating_item_.index({rated.rows}).to(context_.device);
  const torch::Tensor owner_fold = fold.index({owner});
  const torch::Tensor v = s.fold_items.index({owner_fold, item});
  const torch::Tensor offset = s.fold_offset.index({owner_fold, item});
  const torch::Tensor z = denormalise(predicted).index({owner});
  const torch::Tensor stars = rating_.index({rated.rows}).to(context_.device);
  const torch::Tensor rating = (stars - offset - (z * v).sum(1)).square().mean();
  const double alpha = settings_.alpha;
  return settings_.joint == "plain" ? rating + alpha * reconstruction
                                    : alpha * reconstruction + (1.0 - alpha) * rating;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/music_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>

#include "crossfade/core/error.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

// Fewer side users than this teach no distribution.
constexpr std::size_t kFewestSideUsers = 20;
constexpr double kHeldOutSideUsers = 0.1;
constexpr double kSidePriorRidge = 10.0;
constexpr std::size_t kGenerateBlock = 2048;

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

torch::Tensor to_tensor(const std::vector<std::int64_t>& values) {
  return torch::tensor(values, torch::kInt64);
}

// The rows of `table` for CPU indices, wherever the table is.
torch::Tensor rows_of(const torch::Tensor& table, const torch::Tensor& rows) {
  return table.index({rows.to(table.device())});
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
  if (side.size() < kFewestSideUsers) {
    side.clear();
  }
  Rng rng = context_.rng.fork("side users");
  shuffle(std::span(side), rng);
  const auto held = static_cast<std::int64_t>(kHeldOutSideUsers * static_cast<double>(side.size()));
  side_held_out_ = to_tensor(side).slice(0, 0, held).contiguous();
  side_users_ = to_tensor(side).slice(0, held).contiguous();
  overlap_users_ = to_tensor(overlap);
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
  rating_owner_ = to_tensor(owner);
  rating_item_ = to_tensor(item);
  rating_ = torch::tensor(rating);
  rating_offsets_ = to_tensor(offsets);
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

// ---- vectors -----------------------------------------------------------------------------------

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

// ---- the denoiser and its losses ---------------------------------------------------------------

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
          .rows = to_tensor(rating_rows),
          .owner = to_tensor(owner)};
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

// ---- vectors for scoring -----------------------------------------------------------------------

torch::Tensor MusicModel::generate(std::span<const UserId> users) {
  const torch::NoGradGuard no_grad;
  const Condition condition = condition_of(index_tensor(users));
  const PredictX0 predict_x0 = [&](const torch::Tensor& x, const torch::Tensor& t) {
    return predict(x, t, condition, {});
  };
  torch::Tensor sum;
  for (std::int64_t sample = 0; sample < settings_.diffusion.samples; ++sample) {
    const torch::Tensor x0 =
        sample_x0(schedule_,
                  predict_x0,
                  users,
                  state_->x0.size(1),
                  {.posterior_noise = settings_.diffusion.noise == "posterior"},
                  context_.rng.fork("sample", static_cast<std::uint64_t>(sample)),
                  context_.device);
    sum = sum.defined() ? sum + x0 : x0;
  }
  return denormalise(sum / static_cast<double>(settings_.diffusion.samples));
}

torch::Tensor MusicModel::vectors(std::span<const UserId> users) {
  const torch::NoGradGuard no_grad;
  const State& s = *state_;
  torch::Tensor out = rows_of(s.known, index_tensor(users)).clone();
  std::vector<UserId> unknown;
  std::vector<std::int64_t> positions;
  for (std::size_t n = 0; n < users.size(); ++n) {
    if (data_.target.count(users[n]) == 0) {
      unknown.push_back(users[n]);
      positions.push_back(static_cast<std::int64_t>(n));
    }
  }
  for (std::size_t first = 0; first < unknown.size(); first += kGenerateBlock) {
    const std::size_t count = std::min(kGenerateBlock, unknown.size() - first);
    const std::span<const UserId> block = std::span(unknown).subspan(first, count);
    const torch::Tensor ids = index_tensor(block);
    torch::Tensor made;
    if (settings_.without_diffusion) {
      made = rows_of(s.direct, ids);
    } else {
      const double blend = s.blend.item<double>();
      made = blend == 0.0 ? rows_of(s.prior, ids) : generate(block);
      if (blend > 0.0 && blend < 1.0) {
        made = (1.0 - blend) * rows_of(s.prior, ids) + blend * made;
      }
    }
    const torch::Tensor at = torch::tensor(
        std::vector<std::int64_t>(positions.begin() + static_cast<std::ptrdiff_t>(first),
                                  positions.begin() + static_cast<std::ptrdiff_t>(first + count)),
        torch::kInt64);
    out.index_put_({at.to(out.device())}, made);
  }
  return out;
}

// Weight s of the generated vector g against the prior m, by least squares on the validation
// users' ratings, y - x.m = s x.(g - m), and shrunk towards 0 by its standard error over users:
// s (1 - (se / s)^2)+, within [0, 1]. Without validation users s stays 1.
void MusicModel::fit_blend() {
  if (validation_ == nullptr || validation_->users.empty()) {
    return;
  }
  State& s = *state_;
  std::vector<UserId> users = validation_->users;
  users.erase(std::unique(users.begin(), users.end()), users.end());
  const torch::Tensor g = generate(users).to(torch::kCPU);
  const torch::Tensor m = rows_of(s.prior, index_tensor(users)).to(torch::kCPU);
  const torch::Tensor items = s.items.to(torch::kCPU);
  const torch::Tensor offset = s.item_offset.to(torch::kCPU);
  std::vector<double> along(users.size(), 0.0);  // sum of (x.(g - m))^2 per user
  std::vector<double> error(users.size(), 0.0);  // sum of (y - x.m) x.(g - m) per user
  std::size_t n = 0;
  for (std::size_t row = 0; row < validation_->users.size(); ++row) {
    n += validation_->users[row] != users[n] ? 1 : 0;
    const auto at = static_cast<std::int64_t>(n);
    const auto item = static_cast<std::int64_t>(validation_->items[row]);
    const torch::Tensor x = items[item];
    const double step = x.dot(g[at] - m[at]).item<double>();
    const double rest =
        validation_->ratings[row] - offset[item].item<double>() - x.dot(m[at]).item<double>();
    along[n] += step * step;
    error[n] += rest * step;
  }
  double total_along = 1e-9;
  double total_error = 0.0;
  for (std::size_t u = 0; u < users.size(); ++u) {
    total_along += along[u];
    total_error += error[u];
  }
  const double slope = total_error / total_along;
  double variance = 0.0;
  for (std::size_t u = 0; u < users.size(); ++u) {
    const double residual = error[u] - slope * along[u];
    variance += residual * residual;
  }
  const double relative = std::sqrt(variance) / total_along / std::max(slope, 1e-12);
  const double kept = slope > 0.0 ? slope * std::max(0.0, 1.0 - relative * relative) : 0.0;
  s.blend_raw.fill_(slope);
  s.blend.fill_(std::clamp(kept, 0.0, 1.0));
}

void MusicModel::score(std::span<const UserId> users,
                       std::span<const ItemId> items,
                       std::span<float> out) {
  const torch::NoGradGuard no_grad;
  std::vector<UserId> distinct(users.begin(), users.end());
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const torch::Tensor table = vectors(distinct).to(torch::kCPU);
  std::vector<UserId> position;
  position.reserve(users.size());
  for (const UserId user : users) {
    const auto at = std::ranges::lower_bound(distinct, user) - distinct.begin();
    position.push_back(UserId{static_cast<std::int32_t>(at)});
  }
  score_by_factors(table, state_->items.to(torch::kCPU), position, items, out);
  const torch::Tensor offset = state_->item_offset.to(torch::kCPU).contiguous();
  for (std::size_t row = 0; row < items.size(); ++row) {
    out[row] += offset.data_ptr<float>()[index(items[row])];
  }
}

std::optional<Factors> MusicModel::factors() {
  std::vector<UserId> everyone(data_.n_users());
  for (std::size_t u = 0; u < everyone.size(); ++u) {
    everyone[u] = UserId{static_cast<std::int32_t>(u)};
  }
  const torch::Tensor z = vectors(everyone).to(torch::kCPU);
  const torch::Tensor users = torch::cat({torch::ones({z.size(0), 1}), z}, 1);
  const torch::Tensor items = torch::cat({state_->item_offset.unsqueeze(1), state_->items}, 1);
  return Factors{.dimension = static_cast<std::size_t>(users.size(1)),
                 .users = to_vector(users),
                 .items = to_vector(items)};
}

std::vector<std::pair<std::string, double>> MusicModel::facts() {
  std::vector<std::pair<std::string, double>> facts = encoder_->facts();
  facts.emplace_back("side_users", static_cast<double>(side_users_.size(0)));
  facts.emplace_back("overlap_users", static_cast<double>(overlap_users_.size(0)));
  if (settings_.blend && !settings_.without_diffusion) {
    facts.emplace_back("blend", state_->blend.item<double>());
    facts.emplace_back("blend_before_shrinkage", state_->blend_raw.item<double>());
  }
  return facts;
}

}  // namespace crossfade

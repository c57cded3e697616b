// SPDX-License-Identifier: Apache-2.0
//
// From trained MuSiC to ratings: generated user vectors, their blend with the prior, scores.
#include <algorithm>
#include <cmath>

#include "crossfade/models/music/music_model.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr std::size_t kGenerateBlock = 2048;

}  // namespace

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

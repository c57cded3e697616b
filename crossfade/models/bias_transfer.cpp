// SPDX-License-Identifier: Apache-2.0
//
// bias-transfer: the reference row that every model has to be read against.
//
//   each domain:   r_ui = mu + b_u + b_i          (alternating damped means)
//   transfer:      b_u(target) = a0 + a1 b_u(source)   (least squares over training overlap users,
//                                                       ridge on a1)
//   a user without target ratings:   r_ui = mu_t + b_i + a0 + a1 b_u(source)
//
// A user with target training ratings keeps the own target bias; an unseen item has b_i = 0.
#include <memory>

#include "crossfade/kernels/biases.h"
#include "crossfade/models/closed_form.h"
#include "crossfade/models/registry.h"

namespace crossfade {
namespace {

struct BiasTransferSettings {
  double damping = 5.0;
  std::int64_t sweeps = 15;
  double ridge = 1e-3;

  template <typename Self, typename Visitor>
  static void visit(Self& self, Visitor&& field) {
    field("damping", self.damping, "Added to the count under every bias.", Range{0.0, 1e6});
    field("sweeps", self.sweeps, "Alternations between users and items.", Range{1, 1000});
    field("ridge", self.ridge, "Ridge on the slope of the transfer.", Range{0.0, 1e6});
  }
};

struct Line {
  double intercept = 0.0;
  double slope = 0.0;
};

Line fit_line(const TrainingData& data, const Biases& source, const Biases& target, double ridge) {
  double n = 0.0;
  double mean_x = 0.0;
  double mean_y = 0.0;
  for (std::size_t u = 0; u < data.n_users(); ++u) {
    if (data.roles[u] == Role::kOverlap) {
      n += 1.0;
      mean_x += source.user[u];
      mean_y += target.user[u];
    }
  }
  if (n == 0.0) {
    return {};
  }
  mean_x /= n;
  mean_y /= n;
  double xx = ridge;
  double xy = 0.0;
  for (std::size_t u = 0; u < data.n_users(); ++u) {
    if (data.roles[u] == Role::kOverlap) {
      xx += (source.user[u] - mean_x) * (source.user[u] - mean_x);
      xy += (source.user[u] - mean_x) * (target.user[u] - mean_y);
    }
  }
  const double slope = xx > 0.0 ? xy / xx : 0.0;
  return {.intercept = mean_y - slope * mean_x, .slope = slope};
}

Factors fit(const TrainingData& data, const BiasTransferSettings& settings) {
  const BiasOptions options{.damping = settings.damping,
                            .sweeps = static_cast<int>(settings.sweeps)};
  const Biases source = fit_biases(data.source, data.n_source_items, options);
  const Biases target = fit_biases(data.target, data.n_target_items, options);
  const Line line = fit_line(data, source, target, settings.ridge);
  std::vector<float> user(data.n_users());
  for (std::size_t u = 0; u < user.size(); ++u) {
    const bool known = data.target.count(UserId{static_cast<std::int32_t>(u)}) > 0;
    user[u] =
        known ? target.user[u] : static_cast<float>(line.intercept + line.slope * source.user[u]);
  }
  const double mean = data.target.rows() > 0 ? target.mean : mean_rating(data.target);
  return additive_factors(mean, user, target.item);
}

}  // namespace

ModelEntry bias_transfer_entry() {
  return make_entry(
      {.name = "bias-transfer",
       .title = "Item bias plus the user's source bias, mapped to the target"},
      BiasTransferSettings{},
      [](const TrainingData& data, const BiasTransferSettings& settings, const ModelContext&) {
        return std::make_unique<ClosedFormModel>(
            data, 2, [data, settings] { return fit(data, settings); });
      });
}

}  // namespace crossfade

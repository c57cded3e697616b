// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/diffusion.h"

#include <cmath>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

constexpr double kFirstBeta = 1e-4;
constexpr double kLastBeta = 0.02;

// The users' generators, in the order of the batch; each draws one row.
class RowNoise {
 public:
  RowNoise(std::span<const UserId> users, const Rng& rng) {
    for (const UserId user : users) {
      streams_.push_back(rng.fork("user", index(user)));
    }
  }

  torch::Tensor draw(std::int64_t width) {
    torch::Tensor noise = torch::empty({static_cast<std::int64_t>(streams_.size()), width});
    auto* out = noise.data_ptr<float>();
    for (Rng& stream : streams_) {
      for (std::int64_t i = 0; i < width; ++i) {
        *out++ = static_cast<float>(stream.normal());
      }
    }
    return noise;
  }

 private:
  std::vector<Rng> streams_;
};

}  // namespace

NoiseSchedule::NoiseSchedule(std::int64_t training_steps, std::int64_t sampling_steps) {
  require(sampling_steps >= 1 && sampling_steps <= training_steps,
          ErrorKind::kUsage,
          "steps = {} must lie between 1 and training_steps = {}",
          sampling_steps,
          training_steps);
  double product = 1.0;
  for (std::int64_t t = 0; t < training_steps; ++t) {
    const double part = training_steps == 1
                            ? 0.0
                            : static_cast<double>(t) / static_cast<double>(training_steps - 1);
    product *= 1.0 - (kFirstBeta + part * (kLastBeta - kFirstBeta));
    abar_.push_back(product);
  }
  for (std::int64_t k = 1; k <= sampling_steps; ++k) {
    visited_.push_back((k * training_steps + sampling_steps / 2) / sampling_steps - 1);
  }
}

torch::Tensor NoiseSchedule::add_noise(const torch::Tensor& x0,
                                       const torch::Tensor& t,
                                       const torch::Tensor& e) const {
  const torch::Tensor abar =
      torch::tensor(abar_, torch::kFloat64).to(torch::kFloat32).to(x0.device()).index({t});
  return abar.sqrt().unsqueeze(1) * x0 + (1.0 - abar).sqrt().unsqueeze(1) * e;
}

torch::Tensor sample_x0(const NoiseSchedule& schedule,
                        const PredictX0& predict,
                        std::span<const UserId> users,
                        std::int64_t width,
                        const SamplerOptions& options,
                        const Rng& rng,
                        const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  RowNoise noise(users, rng);
  const auto batch = static_cast<std::int64_t>(users.size());
  torch::Tensor x = noise.draw(width).to(device);
  const auto visited = schedule.visited();
  for (std::size_t k = visited.size(); k-- > 0;) {
    const torch::Tensor t = torch::full({batch}, visited[k], torch::kInt64).to(device);
    const torch::Tensor x0 = predict(x, t);
    if (k == 0) {
      return x0;
    }
    const double abar = schedule.abar(visited[k]);
    const double next = schedule.abar(visited[k - 1]);
    const double alpha = abar / next;
    x = std::sqrt(next) * (1.0 - alpha) / (1.0 - abar) * x0 +
        std::sqrt(alpha) * (1.0 - next) / (1.0 - abar) * x;
    if (options.posterior_noise) {
      const double variance = (1.0 - alpha) * (1.0 - next) / (1.0 - abar);
      x = x + std::sqrt(variance) * noise.draw(width).to(device);
    }
  }
  return x;
}

}  // namespace crossfade

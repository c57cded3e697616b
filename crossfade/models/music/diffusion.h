// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include "crossfade/core/random.h"
#include "crossfade/dataset/ids.h"

namespace crossfade {

/// The noise of a denoising diffusion model (Ho, Jain and Abbeel 2020; MuSiC, equations 2 to 4):
///
///     x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) e,   beta linear from 1e-4 to 0.02 over T steps
///
/// and the K of its T steps that sampling visits, tau_k = round(k T / K): the posterior of two
/// neighbouring visited steps follows from abar alone.
class NoiseSchedule {
 public:
  /// `sampling_steps` may equal `training_steps`: the literal schedule.
  NoiseSchedule(std::int64_t training_steps, std::int64_t sampling_steps);

  [[nodiscard]] std::int64_t training_steps() const noexcept {
    return static_cast<std::int64_t>(abar_.size());
  }

  /// The visited steps, ascending, 0-based.
  [[nodiscard]] std::span<const std::int64_t> visited() const noexcept { return visited_; }

  /// abar after step t (0-based).
  [[nodiscard]] double abar(std::int64_t t) const { return abar_[static_cast<std::size_t>(t)]; }

  /// The noisy x_t [b, d] of x0 [b, d] at steps t int64 [b] with noise e [b, d].
  [[nodiscard]] torch::Tensor add_noise(const torch::Tensor& x0,
                                        const torch::Tensor& t,
                                        const torch::Tensor& e) const;

 private:
  std::vector<double> abar_;
  std::vector<std::int64_t> visited_;
};

/// Predicts x0 [b, d] from x_t [b, d] at step t int64 [b].
using PredictX0 = std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& t)>;

/// How a vector is sampled.
struct SamplerOptions {
  bool posterior_noise = true;  ///< Noise in every step but the last; false = the mean only.
};

/// Draws x0 for each of `users` by K reverse steps from N(0, I) (MuSiC, equations 5 and 6):
///
///     mean = sqrt(abar') (1 - a) / (1 - abar) x0 + sqrt(a) (1 - abar') / (1 - abar) x,
///     variance = (1 - a) (1 - abar') / (1 - abar)
///
/// where abar and abar' belong to this and the next visited step and a = abar / abar'; the last
/// step returns the predicted x0. The noise of user u is rng.fork("user", u), so a vector does
/// not depend on the batch it is sampled in.
[[nodiscard]] torch::Tensor sample_x0(const NoiseSchedule& schedule,
                                      const PredictX0& predict,
                                      std::span<const UserId> users,
                                      std::int64_t width,
                                      const SamplerOptions& options,
                                      const Rng& rng,
                                      const torch::Device& device);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include "crossfade/kernels/denoiser_spec.h"

namespace crossfade {

/// Which units of a layer a training step drops; nothing outside training. torch's own dropout
/// draws from a process-wide generator, which neither resumes nor runs in several threads.
struct Dropout {
  double rate = 0.0;
  at::Generator generator = {};  ///< Undefined = evaluation: nothing is dropped.

  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& h) const;
};

/// One residual block of the vectorised U-Net; see DenoiserOp::kResBlock. The last linear map
/// starts at zero, so the block starts as the identity.
struct ResBlockImpl : torch::nn::Module {
  ResBlockImpl(const DenoiserSpec& spec, std::int64_t width);

  /// h [b, width], time [b, time_width], condition [b, condition_width] (already zero where
  /// absent).
  torch::Tensor forward(const torch::Tensor& h,
                        const torch::Tensor& time,
                        const torch::Tensor& condition,
                        const Dropout& dropout);

  torch::nn::LayerNorm norm1{nullptr}, norm2{nullptr};
  torch::nn::Linear linear1{nullptr}, linear2{nullptr}, time_map{nullptr}, condition_map{nullptr};
};
TORCH_MODULE(ResBlock);

/// The vectorised U-Net (MuSiC, section 3.3.3), built from its description.
struct DenoiserImpl : torch::nn::Module {
  explicit DenoiserImpl(const DenoiserSpec& spec);

  /// The predicted x0 [b, width] from the noisy vector x [b, width], time steps t int64 [b] in
  /// 0..T-1, and conditions c [b, condition_width] with mask m [b, 1] (1 = present).
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& t,
                        const torch::Tensor& c,
                        const torch::Tensor& m,
                        const Dropout& dropout = {});

  /// Sets to zero the weights of the condition's elements from `first` on. Training moves them
  /// all the same. A condition that is added to the input without weights stays.
  void ignore_condition_from(std::int64_t first);

  [[nodiscard]] const DenoiserSpec& spec() const noexcept { return spec_; }

 private:
  void zero_output();
  [[nodiscard]] torch::Tensor embed_time(const torch::Tensor& t);

  DenoiserSpec spec_;
  torch::nn::Linear time1_{nullptr}, time2_{nullptr}, condition_in_{nullptr};
  std::vector<torch::nn::Linear> linears_;
  std::vector<ResBlock> blocks_;
  torch::nn::LayerNorm output_norm_{nullptr};
};
TORCH_MODULE(Denoiser);

}  // namespace crossfade

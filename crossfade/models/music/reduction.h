// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "crossfade/models/music/denoiser.h"
#include "crossfade/models/music/settings.h"

namespace crossfade {

/// A reduction network, E_item or E_user (MuSiC, section 3.2):
///
///     v = out(W2 D hidden(W1 f + b1) + b2),   D: dropout,
///
/// with Xavier-uniform weights and zero biases. Placement of dropout and the initialisation are
/// ours; the paper gives the hidden width 128, the width 32 and tanh.
struct ReductionImpl : torch::nn::Module {
  ReductionImpl(std::int64_t input, std::int64_t output, const MusicEncoderSettings& settings);

  /// f [b, input] -> v [b, output].
  torch::Tensor forward(const torch::Tensor& f, const Dropout& dropout = {});

 private:
  std::string hidden_activation_;
  std::string output_activation_;
  torch::nn::Linear linear1_{nullptr}, linear2_{nullptr};
};
TORCH_MODULE(Reduction);

/// tanh, relu or softmax (over the last dimension).
[[nodiscard]] torch::Tensor activate(const std::string& name, const torch::Tensor& h);

}  // namespace crossfade

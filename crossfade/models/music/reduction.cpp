// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/reduction.h"

#include <torch/nn/init.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

torch::nn::Linear xavier(std::int64_t in, std::int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::nn::init::xavier_uniform_(linear->weight);
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

}  // namespace

torch::Tensor activate(const std::string& name, const torch::Tensor& h) {
  if (name == "tanh") {
    return torch::tanh(h);
  }
  if (name == "relu") {
    return torch::relu(h);
  }
  require(name == "softmax", ErrorKind::kInternal, "no activation \"{}\"", name);
  return torch::softmax(h, -1);
}

ReductionImpl::ReductionImpl(std::int64_t input,
                             std::int64_t output,
                             const MusicEncoderSettings& settings)
    : hidden_activation_(settings.hidden_activation),
      output_activation_(settings.output_activation),
      linear1_(register_module("linear1", xavier(input, settings.hidden))),
      linear2_(register_module("linear2", xavier(settings.hidden, output))) {}

torch::Tensor ReductionImpl::forward(const torch::Tensor& f, const Dropout& dropout) {
  const torch::Tensor hidden = dropout(activate(hidden_activation_, linear1_(f)));
  return activate(output_activation_, linear2_(hidden));
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/denoiser.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/nn/init.h>

namespace crossfade {
namespace {

torch::nn::LayerNorm layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

torch::nn::Linear without_bias(std::int64_t in, std::int64_t out) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

}  // namespace

torch::Tensor Dropout::operator()(const torch::Tensor& h) const {
  if (rate == 0.0 || !generator.defined()) {
    return h;
  }
  const torch::Tensor keep =
      torch::empty(h.sizes(), torch::kFloat32).bernoulli_(1.0 - rate, generator).to(h.device());
  return h * keep / (1.0 - rate);
}

ResBlockImpl::ResBlockImpl(const DenoiserSpec& spec, std::int64_t width)
    : norm1(register_module("norm1", layer_norm(width))),
      norm2(register_module("norm2", layer_norm(width))),
      linear1(register_module("linear1", torch::nn::Linear(width, width))),
      linear2(register_module("linear2", torch::nn::Linear(width, width))),
      time_map(register_module("time", torch::nn::Linear(spec.time_width, width))) {
  if (spec.condition_in_blocks) {
    condition_map = register_module("condition", without_bias(spec.condition_width, width));
  }
  torch::nn::init::zeros_(linear2->weight);
  torch::nn::init::zeros_(linear2->bias);
}

torch::Tensor ResBlockImpl::forward(const torch::Tensor& h,
                                    const torch::Tensor& time,
                                    const torch::Tensor& condition,
                                    const Dropout& dropout) {
  torch::Tensor y = linear1(torch::silu(norm1(h))) + time_map(time);
  if (!condition_map.is_empty()) {
    y = y + condition_map(condition);
  }
  return h + linear2(dropout(torch::silu(norm2(y))));
}

DenoiserImpl::DenoiserImpl(const DenoiserSpec& spec)
    : spec_(spec),
      time1_(
          register_module("time1", torch::nn::Linear(2 * spec.time_frequencies, spec.time_width))),
      time2_(register_module("time2", torch::nn::Linear(spec.time_width, spec.time_width))) {
  if (spec.condition_width != spec.width) {
    condition_in_ = register_module("condition_in", without_bias(spec.condition_width, spec.width));
  }
  for (const DenoiserLayer& layer : spec.layers) {
    switch (layer.op) {
      case DenoiserOp::kOutput:
        output_norm_ = register_module("output_norm", layer_norm(layer.in));
        [[fallthrough]];
      case DenoiserOp::kLinear:
        linears_.push_back(register_module(fmt::format("linear{}", linears_.size()),
                                           torch::nn::Linear(layer.in, layer.out)));
        break;
      case DenoiserOp::kResBlock:
        blocks_.push_back(
            register_module(fmt::format("block{}", blocks_.size()), ResBlock(spec_, layer.in)));
        break;
      case DenoiserOp::kKeepSkip:
      case DenoiserOp::kConcatSkip:
        break;
    }
  }
  if (spec.zero_output) {
    zero_output();
  }
}

void DenoiserImpl::zero_output() {
  torch::nn::init::zeros_(linears_.back()->weight);
  torch::nn::init::zeros_(linears_.back()->bias);
}

void DenoiserImpl::ignore_condition_from(std::int64_t first) {
  const torch::NoGradGuard no_grad;
  const auto ignore = [first](const torch::nn::Linear& map) {
    if (!map.is_empty()) {
      map->weight.slice(1, first).zero_();
    }
  };
  ignore(condition_in_);
  for (const ResBlock& block : blocks_) {
    ignore(block->condition_map);
  }
}

torch::Tensor DenoiserImpl::embed_time(const torch::Tensor& t) {
  const std::int64_t half = spec_.time_frequencies;
  const torch::Tensor frequencies =
      torch::exp(torch::arange(half, t.options().dtype(torch::kFloat32)) *
                 (-std::log(10000.0) / static_cast<double>(half - 1)));
  const torch::Tensor angles = t.to(torch::kFloat32).unsqueeze(1) * frequencies.unsqueeze(0);
  const torch::Tensor waves = torch::cat({torch::sin(angles), torch::cos(angles)}, 1);
  return time2_(torch::silu(time1_(waves)));
}

torch::Tensor DenoiserImpl::forward(const torch::Tensor& x,
                                    const torch::Tensor& t,
                                    const torch::Tensor& c,
                                    const torch::Tensor& m,
                                    const Dropout& dropout) {
  const torch::Tensor time = embed_time(t);
  const torch::Tensor condition = c * m;
  torch::Tensor h = x + (condition_in_.is_empty() ? condition : condition_in_(condition));
  std::vector<torch::Tensor> skips;
  std::size_t linear = 0;
  std::size_t block = 0;
  for (const DenoiserLayer& layer : spec_.layers) {
    switch (layer.op) {
      case DenoiserOp::kLinear:
        h = linears_[linear++](h);
        break;
      case DenoiserOp::kResBlock:
        h = blocks_[block++](h, time, condition, dropout);
        break;
      case DenoiserOp::kKeepSkip:
        skips.push_back(h);
        break;
      case DenoiserOp::kConcatSkip:
        h = torch::cat({h, skips.back()}, 1);
        skips.pop_back();
        break;
      case DenoiserOp::kOutput:
        h = linears_[linear++](torch::silu(output_norm_(h)));
        break;
    }
  }
  return h;
}

}  // namespace crossfade

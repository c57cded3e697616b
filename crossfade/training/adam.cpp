// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/adam.h"

#include <utility>

#include <torch/nn/utils/clip_grad.h>

#include "crossfade/core/error.h"
#include "crossfade/kernels/adam.h"

namespace crossfade {
namespace {

// The kernel runs over plain memory of the CPU.
bool is_plain(const torch::Tensor& parameter) {
  return parameter.is_cpu() && parameter.is_contiguous() &&
         parameter.scalar_type() == torch::kFloat32;
}

void move_by_torch(torch::Tensor& parameter,
                   torch::Tensor& first,
                   torch::Tensor& second,
                   AdamStep step,
                   double weight_decay) {
  const torch::Tensor gradient = parameter.grad() + parameter.detach() * weight_decay;
  first.mul_(0.9).add_(gradient, 0.1);
  second.mul_(0.999).addcmul_(gradient, gradient, 0.001);
  parameter.addcdiv_(first, (second.sqrt() * step.root_scale).add_(1e-8), -step.size);
}

void move_by_kernel(torch::Tensor& parameter,
                    torch::Tensor& first,
                    torch::Tensor& second,
                    AdamStep step,
                    double weight_decay) {
  const torch::Tensor gradient = parameter.grad().contiguous();
  adam_move({.values = parameter.data_ptr<float>(),
             .first = first.data_ptr<float>(),
             .second = second.data_ptr<float>(),
             .gradient = gradient.data_ptr<float>(),
             .count = static_cast<std::size_t>(parameter.numel())},
            step,
            static_cast<float>(weight_decay));
}

}  // namespace

Adam::Adam(std::vector<torch::Tensor> parameters, double learning_rate, double weight_decay)
    : parameters_(std::move(parameters)),
      steps_(torch::zeros({1}, torch::kInt64)),
      learning_rate_(learning_rate),
      weight_decay_(weight_decay) {
  for (const torch::Tensor& parameter : parameters_) {
    first_.push_back(torch::zeros_like(parameter.detach()));
    second_.push_back(torch::zeros_like(parameter.detach()));
  }
}

void Adam::zero_grad() {
  for (torch::Tensor& parameter : parameters_) {
    parameter.mutable_grad() = torch::Tensor();
  }
}

void Adam::clip(double norm) {
  torch::nn::utils::clip_grad_norm_(parameters_, norm);
}

void Adam::step() {
  const torch::NoGradGuard no_grad;
  std::int64_t& steps = *steps_.data_ptr<std::int64_t>();
  const AdamStep size = adam_step(++steps, learning_rate_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].grad().defined()) {
      const auto move = is_plain(parameters_[i]) ? move_by_kernel : move_by_torch;
      move(parameters_[i], first_[i], second_[i], size, weight_decay_);
    }
  }
}

std::vector<torch::Tensor> Adam::state() const {
  std::vector<torch::Tensor> state{steps_};
  state.insert(state.end(), first_.begin(), first_.end());
  state.insert(state.end(), second_.begin(), second_.end());
  return state;
}

void Adam::restore(const std::vector<torch::Tensor>& state) {
  const std::vector<torch::Tensor> own = this->state();
  require(state.size() == own.size(),
          ErrorKind::kInternal,
          "an optimiser of {} tensors was given {}",
          own.size(),
          state.size());
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < own.size(); ++i) {
    own[i].detach().copy_(state[i]);
  }
}

}  // namespace crossfade

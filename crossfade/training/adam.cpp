// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/adam.h"

#include <utility>

#include "crossfade/kernels/adam.h"

namespace crossfade {
namespace {

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
    : Optimizer(std::move(parameters)),
      first_(zeros()),
      second_(zeros()),
      steps_(torch::zeros({1}, torch::kInt64)),
      learning_rate_(learning_rate),
      weight_decay_(weight_decay) {}

void Adam::step() {
  const torch::NoGradGuard no_grad;
  std::int64_t& steps = *steps_.data_ptr<std::int64_t>();
  const AdamStep size = adam_step(++steps, learning_rate_);
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    torch::Tensor& parameter = parameters()[i];
    if (parameter.grad().defined()) {
      const auto move = is_plain(parameter) ? move_by_kernel : move_by_torch;
      move(parameter, first_[i], second_[i], size, weight_decay_);
    }
  }
}

std::vector<torch::Tensor> Adam::state() const {
  std::vector<torch::Tensor> state{steps_};
  state.insert(state.end(), first_.begin(), first_.end());
  state.insert(state.end(), second_.begin(), second_.end());
  return state;
}

}  // namespace crossfade

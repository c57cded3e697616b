// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/adadelta.h"

#include <utility>

#include "crossfade/kernels/adadelta.h"

namespace crossfade {
namespace {

// The kernel's formula in torch's operations.
void move_by_torch(torch::Tensor& parameter,
                   torch::Tensor& squares,
                   torch::Tensor& deltas,
                   double size,
                   double decay) {
  const torch::Tensor gradient = parameter.grad();
  squares.mul_(decay).addcmul_(gradient, gradient, 1.0 - decay);
  const torch::Tensor delta = ((deltas + 1e-6) / (squares + 1e-6)).sqrt() * gradient;
  deltas.mul_(decay).addcmul_(delta, delta, 1.0 - decay);
  parameter.sub_(delta, size);
}

}  // namespace

Adadelta::Adadelta(std::vector<torch::Tensor> parameters, double learning_rate, double decay)
    : Optimizer(std::move(parameters)),
      squares_(zeros()),
      deltas_(zeros()),
      learning_rate_(learning_rate),
      decay_(decay) {}

void Adadelta::step() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    torch::Tensor& parameter = parameters()[i];
    if (!parameter.grad().defined()) {
      continue;
    }
    if (!is_plain(parameter)) {
      move_by_torch(parameter, squares_[i], deltas_[i], learning_rate_, decay_);
      continue;
    }
    const torch::Tensor gradient = parameter.grad().contiguous();
    adadelta_move({.values = parameter.data_ptr<float>(),
                   .squares = squares_[i].data_ptr<float>(),
                   .deltas = deltas_[i].data_ptr<float>(),
                   .gradient = gradient.data_ptr<float>(),
                   .count = static_cast<std::size_t>(parameter.numel())},
                  static_cast<float>(learning_rate_),
                  static_cast<float>(decay_));
  }
}

std::vector<torch::Tensor> Adadelta::state() const {
  std::vector<torch::Tensor> state = squares_;
  state.insert(state.end(), deltas_.begin(), deltas_.end());
  return state;
}

}  // namespace crossfade

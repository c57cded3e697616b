// SPDX-License-Identifier: Apache-2.0
#include "crossfade/training/optimizer.h"

#include <utility>

#include <torch/nn/utils/clip_grad.h>

#include "crossfade/core/error.h"
#include "crossfade/training/adadelta.h"
#include "crossfade/training/adam.h"

namespace crossfade {

Optimizer::Optimizer(std::vector<torch::Tensor> parameters) : parameters_(std::move(parameters)) {}

void Optimizer::zero_grad() {
  for (torch::Tensor& parameter : parameters_) {
    parameter.mutable_grad() = torch::Tensor();
  }
}

void Optimizer::clip(double norm) {
  torch::nn::utils::clip_grad_norm_(parameters_, norm);
}

void Optimizer::restore(const std::vector<torch::Tensor>& state) {
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

std::vector<torch::Tensor> Optimizer::zeros() const {
  std::vector<torch::Tensor> out;
  for (const torch::Tensor& parameter : parameters_) {
    out.push_back(torch::zeros_like(parameter.detach()));
  }
  return out;
}

bool Optimizer::is_plain(const torch::Tensor& parameter) {
  return parameter.is_cpu() && parameter.is_contiguous() &&
         parameter.scalar_type() == torch::kFloat32;
}

std::unique_ptr<Optimizer> make_optimizer(std::vector<torch::Tensor> parameters,
                                          const Schedule& schedule) {
  if (schedule.rule == StepRule::kAdadelta) {
    return std::make_unique<Adadelta>(
        std::move(parameters), schedule.learning_rate, schedule.adadelta_decay);
  }
  return std::make_unique<Adam>(
      std::move(parameters), schedule.learning_rate, schedule.weight_decay);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossfade/training/optimizer.h"

namespace crossfade {

/// Adadelta over a list of parameters, the numbers of torch.optim.Adadelta (epsilon 1e-6, no weight
/// decay) in one pass per parameter (kernels/adadelta.h).
class Adadelta final : public Optimizer {
 public:
  Adadelta(std::vector<torch::Tensor> parameters, double learning_rate, double decay);

  void step() override;

  /// The running means of every parameter's squared gradients, then of their squared steps.
  [[nodiscard]] std::vector<torch::Tensor> state() const override;

 private:
  std::vector<torch::Tensor> squares_;
  std::vector<torch::Tensor> deltas_;
  double learning_rate_;
  double decay_;
};

}  // namespace crossfade

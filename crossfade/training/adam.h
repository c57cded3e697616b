// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossfade/training/optimizer.h"

namespace crossfade {

/// Adam over a list of parameters, the numbers of torch.optim.Adam (beta 0.9 and 0.999, epsilon
/// 1e-8) in one pass per parameter instead of ten operations: models here are small, and there
/// the operations' overhead is what an optimiser costs.
class Adam final : public Optimizer {
 public:
  Adam(std::vector<torch::Tensor> parameters, double learning_rate, double weight_decay);

  void step() override;

  /// [steps], then the first and second moment of every parameter.
  [[nodiscard]] std::vector<torch::Tensor> state() const override;

 private:
  std::vector<torch::Tensor> first_;
  std::vector<torch::Tensor> second_;
  torch::Tensor steps_;  // int64 [1]
  double learning_rate_;
  double weight_decay_;
};

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace crossfade {

/// Adam over a list of parameters, the numbers of torch.optim.Adam (beta 0.9 and 0.999, epsilon
/// 1e-8) in one pass per parameter instead of ten operations: models here are small, and there
/// the operations' overhead is what an optimiser costs.
class Adam {
 public:
  Adam(std::vector<torch::Tensor> parameters, double learning_rate, double weight_decay);

  /// Sets the gradients to none.
  void zero_grad();

  /// Scales the gradients down so that their common norm is at most `norm`.
  void clip(double norm);

  /// Moves every parameter along its gradient; one without a gradient stays.
  void step();

  /// The state as tensors: [steps], then the first and second moment of every parameter. They are
  /// the optimiser's own, not copies.
  [[nodiscard]] std::vector<torch::Tensor> state() const;

  /// Takes over what state() gave.
  /// @throws Error  kInternal when it does not fit the parameters.
  void restore(const std::vector<torch::Tensor>& state);

 private:
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> first_;
  std::vector<torch::Tensor> second_;
  torch::Tensor steps_;  // int64 [1]
  double learning_rate_;
  double weight_decay_;
};

}  // namespace crossfade

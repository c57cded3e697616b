// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <torch/types.h>

#include "crossfade/models/model.h"

namespace crossfade {

/// Moves a list of parameters along their gradients.
class Optimizer {
 public:
  explicit Optimizer(std::vector<torch::Tensor> parameters);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Sets the gradients to none.
  void zero_grad();

  /// Scales the gradients down so that their common norm is at most `norm`.
  void clip(double norm);

  /// Moves every parameter along its gradient; one without a gradient stays.
  virtual void step() = 0;

  /// What step() depends on beside the gradients, as tensors of the optimiser's own, not copies.
  [[nodiscard]] virtual std::vector<torch::Tensor> state() const = 0;

  /// Takes over what state() gave.
  /// @throws Error  kInternal when it does not fit the parameters.
  void restore(const std::vector<torch::Tensor>& state);

 protected:
  [[nodiscard]] std::vector<torch::Tensor>& parameters() noexcept { return parameters_; }

  /// A zero per component of each parameter.
  [[nodiscard]] std::vector<torch::Tensor> zeros() const;

  /// Whether a kernel can run over the parameter: plain memory of the CPU.
  static bool is_plain(const torch::Tensor& parameter);

 private:
  std::vector<torch::Tensor> parameters_;
};

/// The optimiser that `schedule` asks for.
[[nodiscard]] std::unique_ptr<Optimizer> make_optimizer(std::vector<torch::Tensor> parameters,
                                                        const Schedule& schedule);

}  // namespace crossfade

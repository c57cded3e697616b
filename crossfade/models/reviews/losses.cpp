// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/losses.h"

#include <cmath>
#include <limits>

#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/functional/normalization.h>

namespace crossfade {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Reverse : torch::autograd::Function<Reverse> {
  static Variable forward(AutogradContext* context, const Variable& x, double strength) {
    context->saved_data["strength"] = strength;
    return x.view_as(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& given) {
    return {given[0] * -context->saved_data["strength"].toDouble(), {}};
  }
};

}  // namespace

torch::Tensor supervised_contrast(const torch::Tensor& first,
                                  const torch::Tensor& second,
                                  const torch::Tensor& ratings,
                                  double temperature) {
  namespace functional = torch::nn::functional;
  const auto unit = [](const torch::Tensor& x) {
    return functional::normalize(x, functional::NormalizeFuncOptions().dim(1));
  };
  const torch::Tensor anchors = unit(first);
  const torch::Tensor others = torch::cat({anchors, unit(second)});
  const std::int64_t count = first.size(0);
  const torch::Tensor self = torch::eye(count, 2 * count, torch::kBool);
  const torch::Tensor logits = (anchors.mm(others.t()) / temperature)
                                   .masked_fill(self, -std::numeric_limits<float>::infinity());
  const torch::Tensor log_probability = logits - logits.logsumexp(1, true);
  const torch::Tensor together =
      ratings.unsqueeze(1).eq(ratings.unsqueeze(0)).repeat({1, 2}).logical_and(self.logical_not());
  const torch::Tensor positives = log_probability.masked_fill(together.logical_not(), 0.0);
  return -(positives.sum(1) / together.sum(1)).mean();
}

torch::Tensor reverse_gradient(const torch::Tensor& x, double strength) {
  return Reverse::apply(x, strength);
}

double reversal_strength(double progress) {
  return 2.0 / (1.0 + std::exp(-10.0 * progress)) - 1.0;
}

}  // namespace crossfade

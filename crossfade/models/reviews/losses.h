// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/types.h>

namespace crossfade {

/// The supervised contrastive loss (Khosla et al., NeurIPS 2020) of two views of a batch, [b, k]
/// each, where rows of equal `ratings` [b] belong together: the mean over the anchors of `first` of
/// the negative mean log-probability of their positives among all 2 b rows but the anchor itself,
/// for cosines divided by `temperature`.
[[nodiscard]] torch::Tensor supervised_contrast(const torch::Tensor& first,
                                                const torch::Tensor& second,
                                                const torch::Tensor& ratings,
                                                double temperature);

/// `x` itself, through which gradients pass times -strength (Ganin and Lempitsky, ICML 2015).
[[nodiscard]] torch::Tensor reverse_gradient(const torch::Tensor& x, double strength);

/// How strong the reversal is when a part `progress` of training is done: 2 / (1 + exp(-10 p)) - 1.
[[nodiscard]] double reversal_strength(double progress);

}  // namespace crossfade

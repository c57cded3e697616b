// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include <torch/nn/module.h>
#include <torch/types.h>

#include "crossfade/dataset/per_domain.h"
#include "crossfade/models/reviews/word_layers.h"

namespace crossfade {

/// The sizes of CATN's layers.
struct CatnShape {
  std::int64_t window = 3;  ///< Words under a filter; odd.
  std::int64_t filters = 50;
  std::int64_t aspects = 5;   ///< A
  std::int64_t width = 32;    ///< d, of an aspect.
  std::int64_t length = 500;  ///< Positions of a document, most of them empty.

  [[nodiscard]] std::int64_t total() const noexcept { return aspects * width; }
};

/// What reads the documents of pairs whose item is of one domain.
struct CatnSide : torch::nn::Module {
  torch::Tensor conv_weight, conv_bias;  ///< [word width, window * filters], [filters]
  torch::Tensor aux_weight, aux_bias;    ///< [filters, window * filters], [filters]; may be absent.
  torch::Tensor gate_weight, gate_bias;  ///< [filters, 2 A d], [2 A d]: gates, then projections.
};

/// How the aspects of own and auxiliary documents become one.
struct CatnMerge : torch::nn::Module {
  torch::Tensor gate_weight, gate_bias;  ///< [2 d, d], [d]
  torch::Tensor weight, bias;            ///< [2 d, d], [d]
};

/// The network of CATN (Zhao et al., SIGIR 2020): documents to aspects, aspects to ratings. On the
/// CPU. docs/models/catn.md has the formulas.
class CatnNetwork : public torch::nn::Module {
 public:
  /// `vectors` [words, width] are the word vectors to start from; without `auxiliary` there are
  /// neither auxiliary documents nor what merges them. Weights are drawn from N(0, 0.1), cut at two
  /// deviations, as in the code.
  CatnNetwork(torch::Tensor vectors, CatnShape shape, bool auxiliary);

  /// Products of the word vectors of `words` int64 [n] with a side's convolution.
  [[nodiscard]] torch::Tensor table(Domain items, const torch::Tensor& words) const;

  /// The aspects [documents, A d] of own and of items' documents.
  [[nodiscard]] torch::Tensor aspects(Domain items,
                                      Domain documents,
                                      const torch::Tensor& table,
                                      const WordList& list) const;

  /// The aspects of auxiliary documents, which pass a second convolution. `list` was read with an
  /// overhang of window / 2: the first convolution reaches beyond a document's last word.
  [[nodiscard]] torch::Tensor auxiliary_aspects(Domain items,
                                                Domain documents,
                                                const torch::Tensor& table,
                                                const WordList& list) const;

  /// One vector [n, A d] of own and auxiliary aspects of the same shape; the own ones themselves
  /// when there are no auxiliary documents.
  [[nodiscard]] torch::Tensor user_vectors(const torch::Tensor& own,
                                           const torch::Tensor& auxiliary) const;

  /// Vectors [n, A d] of items with aspects `own`, such that user . item is the mean over pairs of
  /// aspects of affinity times attention: the rating but for its biases.
  [[nodiscard]] torch::Tensor item_vectors(Domain items, const torch::Tensor& own) const;

  /// Half the sum of squares of all weights but word vectors, aspect vectors and rating biases.
  [[nodiscard]] torch::Tensor penalty() const;

  [[nodiscard]] bool has_auxiliary() const noexcept { return merge_ != nullptr; }

 private:
  [[nodiscard]] torch::Tensor pooled(Domain items,
                                     Domain documents,
                                     const torch::Tensor& convolved,
                                     const torch::Tensor& offsets) const;

  CatnShape shape_;
  torch::Tensor words_;                         // [words, width]
  PerDomain<torch::Tensor> aspects_;            // [A, d] each
  torch::Tensor affinity_;                      // [d, d], from target to source aspects
  PerDomain<std::shared_ptr<CatnSide>> sides_;  // torch's modules own their parts together.
  std::shared_ptr<CatnMerge> merge_;
};

/// A tensor of N(0, deviation) cut at two deviations, drawn from torch's generator.
[[nodiscard]] torch::Tensor truncated_normal(torch::IntArrayRef sizes, double deviation);

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "crossfade/dataset/per_domain.h"
#include "crossfade/models/reviews/word_layers.h"

namespace crossfade {

/// Filters of widths 3, 4 and 5 over words.
struct WordBank : torch::nn::Module {
  torch::Tensor weight;  ///< [12 filters, word width]: tap by tap, narrow filters first.
  torch::Tensor bias;    ///< [3 filters]
};

/// What OmniMatch knows of users from documents of one shop, [n, 64] each.
struct OmnimatchUser {
  torch::Tensor common;    ///< By the extractor of both shops.
  torch::Tensor specific;  ///< By the shop's own.
};

/// The network of OmniMatch (Dai et al., EDBT 2025), as its code has it (CNN_SCL_GRL_DS). On the
/// CPU. docs/models/omnimatch.md has the formulas.
class OmnimatchNetwork : public torch::nn::Module {
 public:
  static constexpr std::int64_t kHalf = 64;         ///< Common and specific features of a user.
  static constexpr std::int64_t kItem = 128;        ///< Features of an item.
  static constexpr std::int64_t kProjection = 128;  ///< What is contrasted.

  /// relu(dropout(x)), which stands before every linear layer.
  using Drop = std::function<torch::Tensor(const torch::Tensor&)>;

  /// `vectors` [words, width] are the word vectors to start from; other weights are drawn as torch
  /// draws those of its layers.
  OmnimatchNetwork(torch::Tensor vectors, std::int64_t filters);

  /// The vectors [n, width] of `words` int64 [n].
  [[nodiscard]] torch::Tensor vectors(const torch::Tensor& words) const;

  /// Pooled documents [n, 3 filters] of users in `domain`, whose words have `vectors`.
  [[nodiscard]] torch::Tensor read_users(Domain domain,
                                         const torch::Tensor& vectors,
                                         const WordList& list) const;

  /// The same for items.
  [[nodiscard]] torch::Tensor read_items(const torch::Tensor& vectors, const WordList& list) const;

  [[nodiscard]] OmnimatchUser user(Domain domain, const torch::Tensor& pooled, const Drop& drop);

  /// [n, 128]
  [[nodiscard]] torch::Tensor item(const torch::Tensor& pooled, const Drop& drop);

  /// Ratings [n].
  [[nodiscard]] torch::Tensor rate(const OmnimatchUser& user,
                                   const torch::Tensor& item,
                                   const Drop& drop);

  /// The two terms of a rating, which is linear in what is known of user and item: [n] each.
  [[nodiscard]] torch::Tensor user_term(const OmnimatchUser& user);
  [[nodiscard]] torch::Tensor item_term(const torch::Tensor& item);

  /// What is contrasted, [n, 128].
  [[nodiscard]] torch::Tensor project(const OmnimatchUser& user,
                                      const torch::Tensor& item,
                                      const Drop& drop);

  /// How badly the shop of `user` is told from the common features, whose gradient is reversed with
  /// `strength`.
  [[nodiscard]] torch::Tensor common_loss(Domain domain,
                                          const OmnimatchUser& user,
                                          double strength,
                                          const Drop& drop);

  /// How badly it is told from the specific ones.
  [[nodiscard]] torch::Tensor specific_loss(Domain domain,
                                            const OmnimatchUser& user,
                                            const Drop& drop);

 private:
  [[nodiscard]] std::shared_ptr<WordBank> add_bank(const std::string& name,
                                                   std::int64_t width,
                                                   std::int64_t filters);
  [[nodiscard]] torch::nn::Linear add_linear(const std::string& name,
                                             std::int64_t in,
                                             std::int64_t out);

  torch::Tensor words_;
  // torch's modules own their parts together.
  PerDomain<std::shared_ptr<WordBank>> user_banks_;
  std::shared_ptr<WordBank> item_bank_;
  torch::nn::Linear common_{nullptr};
  PerDomain<torch::nn::Linear> specific_{nullptr, nullptr};
  torch::nn::Linear item_layer_{nullptr};
  torch::nn::Linear rating_{nullptr};
  torch::nn::Linear projection_{nullptr};
  torch::nn::Linear domain_{nullptr};
  PerDomain<torch::nn::Linear> specific_domain_{nullptr, nullptr};
};

}  // namespace crossfade

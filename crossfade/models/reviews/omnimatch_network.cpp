// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/omnimatch_network.h"

#include <cmath>
#include <utility>

#include "crossfade/kernels/word_max.h"
#include "crossfade/models/reviews/losses.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

// As torch draws a convolution over `width` numbers per word: uniform, by what a filter sees.
void draw_bank(WordBank& bank, std::int64_t width, std::int64_t filters) {
  const torch::NoGradGuard no_grad;
  std::int64_t tap = 0;
  std::int64_t bias = 0;
  for (const std::size_t words : WordMaxShape::kWidths) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(width) * static_cast<double>(words));
    const auto taps = static_cast<std::int64_t>(words);
    bank.weight.slice(0, tap * filters, (tap + taps) * filters).uniform_(-bound, bound);
    bank.bias.slice(0, bias, bias + filters).uniform_(-bound, bound);
    tap += taps;
    bias += filters;
  }
}

torch::Tensor both(const OmnimatchUser& user) {
  return torch::cat({user.common, user.specific}, 1);
}

torch::Tensor told_apart(const torch::Tensor& logits, Domain domain) {
  const std::int64_t label = domain == Domain::kSource ? 0 : 1;
  return torch::cross_entropy_loss(logits, torch::full({logits.size(0)}, label, torch::kInt64));
}

}  // namespace

OmnimatchNetwork::OmnimatchNetwork(torch::Tensor vectors, std::int64_t filters) {
  const std::int64_t width = vectors.size(1);
  const auto pooled =
      static_cast<std::int64_t>(WordMaxShape{static_cast<std::size_t>(filters)}.outputs());
  words_ = register_parameter("words", std::move(vectors));
  user_banks_.source = add_bank("user_source", width, filters);
  user_banks_.target = add_bank("user_target", width, filters);
  item_bank_ = add_bank("item", width, filters);
  common_ = add_linear("common", pooled, kHalf);
  specific_.source = add_linear("source_specific", pooled, kHalf);
  specific_.target = add_linear("target_specific", pooled, kHalf);
  item_layer_ = add_linear("item_layer", pooled, kItem);
  rating_ = add_linear("rating", 2 * kHalf + kItem, 1);
  projection_ = add_linear("projection", 2 * kHalf + kItem, kProjection);
  domain_ = add_linear("domain", kHalf, 2);
  specific_domain_.source = add_linear("source_domain", kHalf, 2);
  specific_domain_.target = add_linear("target_domain", kHalf, 2);
}

std::shared_ptr<WordBank> OmnimatchNetwork::add_bank(const std::string& name,
                                                     std::int64_t width,
                                                     std::int64_t filters) {
  auto bank = std::make_shared<WordBank>();
  const auto taps = static_cast<std::int64_t>(WordMaxShape::kTaps);
  const auto widths = static_cast<std::int64_t>(WordMaxShape::kWidths.size());
  bank->weight = bank->register_parameter("weight", torch::empty({taps * filters, width}));
  bank->bias = bank->register_parameter("bias", torch::empty({widths * filters}));
  draw_bank(*bank, width, filters);
  return register_module(name, bank);
}

torch::nn::Linear OmnimatchNetwork::add_linear(const std::string& name,
                                               std::int64_t in,
                                               std::int64_t out) {
  return register_module(name, torch::nn::Linear(in, out));
}

torch::Tensor OmnimatchNetwork::vectors(const torch::Tensor& words) const {
  return rows_of(words_, words);
}

torch::Tensor OmnimatchNetwork::read_users(Domain domain,
                                           const torch::Tensor& vectors,
                                           const WordList& list) const {
  const WordBank& bank = *user_banks_[domain];
  return max_over_words(vectors, bank.weight, bank.bias, list);
}

torch::Tensor OmnimatchNetwork::read_items(const torch::Tensor& vectors,
                                           const WordList& list) const {
  return max_over_words(vectors, item_bank_->weight, item_bank_->bias, list);
}

OmnimatchUser OmnimatchNetwork::user(Domain domain, const torch::Tensor& pooled, const Drop& drop) {
  return {.common = common_(drop(pooled)), .specific = specific_[domain](drop(pooled))};
}

torch::Tensor OmnimatchNetwork::item(const torch::Tensor& pooled, const Drop& drop) {
  return item_layer_(drop(pooled));
}

torch::Tensor OmnimatchNetwork::rate(const OmnimatchUser& user,
                                     const torch::Tensor& item,
                                     const Drop& drop) {
  return rating_(drop(torch::cat({both(user), item}, 1))).squeeze(1);
}

torch::Tensor OmnimatchNetwork::user_term(const OmnimatchUser& user) {
  const torch::Tensor weight = rating_->weight.slice(1, 0, 2 * kHalf);
  return torch::addmm(rating_->bias, both(user).relu(), weight.t()).squeeze(1);
}

torch::Tensor OmnimatchNetwork::item_term(const torch::Tensor& item) {
  return item.relu().mm(rating_->weight.slice(1, 2 * kHalf).t()).squeeze(1);
}

torch::Tensor OmnimatchNetwork::project(const OmnimatchUser& user,
                                        const torch::Tensor& item,
                                        const Drop& drop) {
  return projection_(drop(torch::cat({both(user), item}, 1)));
}

torch::Tensor OmnimatchNetwork::common_loss(Domain domain,
                                            const OmnimatchUser& user,
                                            double strength,
                                            const Drop& drop) {
  return told_apart(domain_(drop(reverse_gradient(user.common, strength))), domain);
}

torch::Tensor OmnimatchNetwork::specific_loss(Domain domain,
                                              const OmnimatchUser& user,
                                              const Drop& drop) {
  return told_apart(specific_domain_[domain](drop(user.specific)), domain);
}

}  // namespace crossfade

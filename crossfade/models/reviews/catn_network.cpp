// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/catn_network.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "crossfade/models/score.h"

namespace crossfade {
namespace {

constexpr double kDeviation = 0.1;
constexpr double kLeak = 0.2;

// The positions that hold a word, and where each document's begin among them.
struct Trimmed {
  torch::Tensor positions;  // int64
  torch::Tensor offsets;    // int64 [documents + 1]
};

Trimmed without_overhang(const WordList& list) {
  const WordRun run = list.run();
  std::vector<std::int64_t> positions;
  std::vector<std::int64_t> offsets{0};
  for (std::size_t d = 0; d < run.documents(); ++d) {
    for (std::int64_t t = run.offsets[d]; t < run.offsets[d + 1]; ++t) {
      if (run.words[static_cast<std::size_t>(t)] != kNoWord) {
        positions.push_back(t);
      }
    }
    offsets.push_back(static_cast<std::int64_t>(positions.size()));
  }
  return {index_tensor(positions), index_tensor(offsets)};
}

std::shared_ptr<CatnSide> make_side(std::int64_t width, const CatnShape& shape, bool auxiliary) {
  auto side = std::make_shared<CatnSide>();
  const auto weight = [&](const char* name, std::int64_t in, std::int64_t out) {
    return side->register_parameter(name, truncated_normal({in, out}, kDeviation));
  };
  const auto bias = [&](const char* name, torch::Tensor values) {
    return side->register_parameter(name, std::move(values));
  };
  const std::int64_t taps = shape.window * shape.filters;
  side->conv_weight = weight("conv_weight", width, taps);
  side->conv_bias = bias("conv_bias", torch::full({shape.filters}, kDeviation));
  if (auxiliary) {
    side->aux_weight = weight("aux_weight", shape.filters, taps);
    side->aux_bias = bias("aux_bias", torch::full({shape.filters}, kDeviation));
  }
  side->gate_weight = weight("gate_weight", shape.filters, 2 * shape.total());
  side->gate_bias = bias("gate_bias",
                         torch::cat({torch::full({shape.total()}, kDeviation),
                                     truncated_normal({shape.total()}, kDeviation)}));
  return side;
}

std::shared_ptr<CatnMerge> make_merge(std::int64_t width) {
  auto merge = std::make_shared<CatnMerge>();
  const auto weight = [&](const char* name) {
    return merge->register_parameter(name, truncated_normal({2 * width, width}, kDeviation));
  };
  const auto bias = [&](const char* name) {
    return merge->register_parameter(name, torch::full({width}, kDeviation));
  };
  merge->gate_weight = weight("gate_weight");
  merge->gate_bias = bias("gate_bias");
  merge->weight = weight("weight");
  merge->bias = bias("bias");
  return merge;
}

}  // namespace

torch::Tensor truncated_normal(torch::IntArrayRef sizes, double deviation) {
  const double below = 0.5 * std::erfc(2.0 / std::sqrt(2.0));  // Of N(0, 1), left of -2.
  const torch::Tensor part = torch::empty(sizes).uniform_(below, 1.0 - below);
  return torch::erfinv(part * 2.0 - 1.0) * (deviation * std::sqrt(2.0));
}

CatnNetwork::CatnNetwork(torch::Tensor vectors, CatnShape shape, bool auxiliary) : shape_(shape) {
  const std::int64_t width = vectors.size(1);
  words_ = register_parameter("words", std::move(vectors));
  for (const Domain domain : kDomains) {
    const std::string name(name_of(domain));
    sides_[domain] = register_module(name, make_side(width, shape, auxiliary));
    aspects_[domain] = register_parameter(
        name + "_aspects", truncated_normal({shape.aspects, shape.width}, kDeviation));
  }
  affinity_ =
      register_parameter("affinity", truncated_normal({shape.width, shape.width}, 3 * kDeviation));
  if (auxiliary) {
    merge_ = register_module("merge", make_merge(shape.width));
  }
}

torch::Tensor CatnNetwork::table(Domain items, const torch::Tensor& words) const {
  return rows_of(words_, words).mm(sides_[items]->conv_weight);
}

torch::Tensor CatnNetwork::pooled(Domain items,
                                  Domain documents,
                                  const torch::Tensor& convolved,
                                  const torch::Tensor& offsets) const {
  const CatnSide& side = *sides_[items];
  const torch::Tensor h = torch::addmm(side.gate_bias, convolved, side.gate_weight);
  return pool(h, aspects_[documents], offsets, shape_.length);
}

torch::Tensor CatnNetwork::aspects(Domain items,
                                   Domain documents,
                                   const torch::Tensor& table,
                                   const WordList& list) const {
  const torch::Tensor convolved = convolve(table, sides_[items]->conv_bias, list, shape_.window);
  return pooled(items, documents, convolved, list.offsets);
}

torch::Tensor CatnNetwork::auxiliary_aspects(Domain items,
                                             Domain documents,
                                             const torch::Tensor& table,
                                             const WordList& list) const {
  const CatnSide& side = *sides_[items];
  const torch::Tensor first = convolve(table, side.conv_bias, list, shape_.window);
  const WordList positions{list.offsets, torch::arange(first.size(0), torch::kInt32)};
  const torch::Tensor second =
      convolve(first.mm(side.aux_weight), side.aux_bias, positions, shape_.window);
  const Trimmed trimmed = without_overhang(list);
  return pooled(items, documents, second.index_select(0, trimmed.positions), trimmed.offsets);
}

torch::Tensor CatnNetwork::user_vectors(const torch::Tensor& own,
                                        const torch::Tensor& auxiliary) const {
  if (!has_auxiliary()) {
    return own;
  }
  const torch::Tensor mine = own.reshape({-1, shape_.width});
  const torch::Tensor theirs = auxiliary.reshape({-1, shape_.width});
  const torch::Tensor gate =
      torch::addmm(
          merge_->gate_bias, torch::cat({theirs - mine, theirs * mine}, 1), merge_->gate_weight)
          .sigmoid();
  const torch::Tensor both = torch::cat({gate * theirs, mine}, 1);
  return torch::addmm(merge_->bias, both, merge_->weight).tanh().view({-1, shape_.total()});
}

torch::Tensor CatnNetwork::item_vectors(Domain items, const torch::Tensor& own) const {
  const torch::Tensor affinity = items == Domain::kSource ? affinity_ : affinity_.t();
  const torch::Tensor attention = torch::leaky_relu(
      aspects_[other(items)].mm(affinity).mm(aspects_[items].t()), kLeak);  // [A, A]
  const torch::Tensor met =
      own.reshape({-1, shape_.width}).mm(affinity.t()).view({-1, shape_.aspects, shape_.width});
  const auto pairs = static_cast<double>(shape_.aspects * shape_.aspects);
  return (torch::matmul(attention, met) / pairs).view({-1, shape_.total()});
}

torch::Tensor CatnNetwork::penalty() const {
  torch::Tensor sum = affinity_.square().sum();
  const auto add = [&](const torch::nn::Module& part) {
    for (const torch::Tensor& weights : part.parameters()) {
      sum = sum + weights.square().sum();
    }
  };
  add(*sides_.source);
  add(*sides_.target);
  if (merge_) {
    add(*merge_);
  }
  return 0.5 * sum;
}

}  // namespace crossfade

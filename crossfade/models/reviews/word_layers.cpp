// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/reviews/word_layers.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <torch/csrc/autograd/custom_function.h>

#include "crossfade/kernels/aspect_pool.h"
#include "crossfade/kernels/word_convolution.h"
#include "crossfade/kernels/word_max.h"
#include "crossfade/models/score.h"

namespace crossfade {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

torch::Tensor to_int32(const std::vector<std::int32_t>& values) {
  torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(values.size())}, torch::kInt32);
  if (!values.empty()) {
    std::memcpy(tensor.data_ptr<std::int32_t>(), values.data(), values.size() * sizeof(values[0]));
  }
  return tensor;
}

std::span<const std::int64_t> view_of(const torch::Tensor& offsets) {
  return {offsets.data_ptr<std::int64_t>(), static_cast<std::size_t>(offsets.size(0))};
}

struct Convolve : Function<Convolve> {
  static Variable forward(AutogradContext* context,
                          const Variable& table,
                          const Variable& bias,
                          const Variable& offsets,
                          const Variable& words,
                          std::int64_t window) {
    const torch::Tensor plain = table.contiguous();
    torch::Tensor out = torch::empty({words.size(0), bias.size(0)});
    convolve_words(WordList{offsets, words}.run(),
                   {.window = static_cast<std::size_t>(window),
                    .filters = static_cast<std::size_t>(bias.size(0))},
                   plain.data_ptr<float>(),
                   bias.data_ptr<float>(),
                   out.data_ptr<float>());
    context->save_for_backward({offsets, words, out});
    context->saved_data["window"] = window;
    context->saved_data["rows"] = table.size(0);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& given) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& out = saved[2];
    const std::int64_t window = context->saved_data["window"].toInt();
    const torch::Tensor gradient = given[0].contiguous();
    torch::Tensor table = torch::zeros({context->saved_data["rows"].toInt(), window * out.size(1)});
    torch::Tensor bias = torch::zeros({out.size(1)});
    convolve_words_back(WordList{saved[0], saved[1]}.run(),
                        {.window = static_cast<std::size_t>(window),
                         .filters = static_cast<std::size_t>(out.size(1))},
                        {.out = out.data_ptr<float>(),
                         .out_gradient = gradient.data_ptr<float>(),
                         .table_gradient = table.data_ptr<float>(),
                         .bias_gradient = bias.data_ptr<float>()});
    return {table, bias, {}, {}, {}};
  }
};

struct Pool : Function<Pool> {
  static Variable forward(AutogradContext* context,
                          const Variable& h,
                          const Variable& v,
                          const Variable& offsets,
                          std::int64_t length) {
    const torch::Tensor plain = h.contiguous();
    const AspectShape shape = shape_of(v, length);
    const auto total = static_cast<std::int64_t>(shape.total());
    torch::Tensor attention = torch::empty({h.size(0), v.size(0)});
    torch::Tensor pooled = torch::empty({offsets.size(0) - 1, total});
    pool_aspects(view_of(offsets),
                 shape,
                 plain.data_ptr<float>(),
                 v.data_ptr<float>(),
                 attention.data_ptr<float>(),
                 pooled.data_ptr<float>());
    context->save_for_backward({plain, v, offsets, attention, pooled});
    context->saved_data["length"] = length;
    return pooled;
  }

  static variable_list backward(AutogradContext* context, const variable_list& given) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor gradient = given[0].contiguous();
    torch::Tensor h = torch::empty_like(saved[0]);
    torch::Tensor v = torch::zeros_like(saved[1]);
    pool_aspects_back(view_of(saved[2]),
                      shape_of(saved[1], context->saved_data["length"].toInt()),
                      {.h = saved[0].data_ptr<float>(),
                       .v = saved[1].data_ptr<float>(),
                       .attention = saved[3].data_ptr<float>(),
                       .pooled = saved[4].data_ptr<float>(),
                       .pooled_gradient = gradient.data_ptr<float>(),
                       .h_gradient = h.data_ptr<float>(),
                       .v_gradient = v.data_ptr<float>()});
    return {h, v, {}, {}};
  }

 private:
  static AspectShape shape_of(const torch::Tensor& v, std::int64_t length) {
    return {.aspects = static_cast<std::size_t>(v.size(0)),
            .width = static_cast<std::size_t>(v.size(1)),
            .length = static_cast<std::size_t>(length)};
  }
};

struct MaxOverWords : Function<MaxOverWords> {
  static Variable forward(AutogradContext* context,
                          const Variable& vectors,
                          const Variable& weight,
                          const Variable& bias,
                          const Variable& offsets,
                          const Variable& words) {
    const WordMaxShape shape = shape_of(bias);
    const torch::Tensor table = vectors.mm(weight.t());
    torch::Tensor starts = torch::empty({offsets.size(0) - 1, bias.size(0)}, torch::kInt32);
    torch::Tensor pooled = torch::empty({offsets.size(0) - 1, bias.size(0)});
    max_words(WordList{offsets, words}.run(),
              shape,
              table.data_ptr<float>(),
              bias.data_ptr<float>(),
              starts.data_ptr<std::int32_t>(),
              pooled.data_ptr<float>());
    context->save_for_backward({vectors, weight, offsets, words, starts, pooled});
    return pooled;
  }

  static variable_list backward(AutogradContext* context, const variable_list& given) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor gradient = given[0].contiguous();
    torch::Tensor vectors = torch::zeros_like(saved[0]);
    torch::Tensor weight = torch::zeros_like(saved[1]);
    torch::Tensor bias = torch::zeros({saved[5].size(1)});
    max_words_back(WordList{saved[2], saved[3]}.run(),
                   shape_of(bias),
                   {.vectors = saved[0].data_ptr<float>(),
                    .weights = saved[1].data_ptr<float>(),
                    .width = static_cast<std::size_t>(saved[0].size(1)),
                    .starts = saved[4].data_ptr<std::int32_t>(),
                    .pooled = saved[5].data_ptr<float>(),
                    .pooled_gradient = gradient.data_ptr<float>(),
                    .vector_gradient = vectors.data_ptr<float>(),
                    .weight_gradient = weight.data_ptr<float>(),
                    .bias_gradient = bias.data_ptr<float>()});
    return {vectors, weight, bias, {}, {}};
  }

 private:
  static WordMaxShape shape_of(const torch::Tensor& bias) {
    return {.filters = static_cast<std::size_t>(bias.size(0)) / WordMaxShape::kWidths.size()};
  }
};

}  // namespace

WordRun WordList::run() const {
  return {.offsets = view_of(offsets),
          .words = {words.data_ptr<std::int32_t>(), static_cast<std::size_t>(words.size(0))}};
}

WordList joined(const WordList& first, const WordList& second) {
  const torch::Tensor shifted = second.offsets.slice(0, 1) + first.words.size(0);
  return {.offsets = torch::cat({first.offsets, shifted}),
          .words = torch::cat({first.words, second.words})};
}

WordCollector::WordCollector(std::size_t vocabulary) : rows_(vocabulary, kNoWord) {}

WordList WordCollector::read(const DocumentReader& reader,
                             std::span<const std::int64_t> documents,
                             std::size_t overhang) {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> words;
  for (const std::int64_t document : documents) {
    const std::size_t first = words.size();
    reader.read(document, words);
    for (std::size_t n = first; n < words.size(); ++n) {
      std::int32_t& row = rows_[static_cast<std::size_t>(words[n])];
      if (row == kNoWord) {
        row = static_cast<std::int32_t>(words_.size());
        words_.push_back(words[n]);
      }
      words[n] = row;
    }
    const std::size_t left = reader.length() - (words.size() - first);
    words.insert(words.end(), std::min(left, overhang), kNoWord);
    offsets.push_back(static_cast<std::int64_t>(words.size()));
  }
  return {.offsets = index_tensor(offsets), .words = to_int32(words)};
}

torch::Tensor WordCollector::take_words() {
  torch::Tensor taken = index_tensor(words_);
  for (const std::int64_t word : words_) {
    rows_[static_cast<std::size_t>(word)] = kNoWord;
  }
  words_.clear();
  return taken;
}

torch::Tensor convolve(const torch::Tensor& table,
                       const torch::Tensor& bias,
                       const WordList& list,
                       std::int64_t window) {
  return Convolve::apply(table, bias, list.offsets, list.words, window);
}

torch::Tensor pool(const torch::Tensor& h,
                   const torch::Tensor& v,
                   const torch::Tensor& offsets,
                   std::int64_t length) {
  return Pool::apply(h, v, offsets, length);
}

torch::Tensor max_over_words(const torch::Tensor& vectors,
                             const torch::Tensor& weight,
                             const torch::Tensor& bias,
                             const WordList& list) {
  return MaxOverWords::apply(vectors, weight, bias, list.offsets, list.words);
}

torch::Tensor drop_out(const torch::Tensor& x, double keep, at::Generator generator) {
  if (keep >= 1.0) {
    return x;
  }
  const torch::Tensor kept = torch::empty_like(x.detach());
  return x * kept.bernoulli_(keep, std::move(generator)) / keep;
}

Distinct distinct(std::span<const std::int64_t> ids) {
  Distinct out{.values = {ids.begin(), ids.end()}, .rows = {}};
  std::ranges::sort(out.values);
  const auto rest = std::ranges::unique(out.values);
  out.values.erase(rest.begin(), rest.end());
  std::vector<std::int64_t> rows;
  for (const std::int64_t id : ids) {
    rows.push_back(std::ranges::lower_bound(out.values, id) - out.values.begin());
  }
  out.rows = index_tensor(rows);
  return out;
}

}  // namespace crossfade

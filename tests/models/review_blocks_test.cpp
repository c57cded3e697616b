// SPDX-License-Identifier: Apache-2.0
//
// The blocks of the review-based models, one by one, against references in PyTorch that pad
// documents (tools/golden/review_blocks.py): values, and gradients for a given gradient of the
// values.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "crossfade/models/reviews/catn_network.h"
#include "crossfade/models/reviews/losses.h"
#include "crossfade/models/reviews/omnimatch_network.h"
#include "crossfade/models/score.h"
#include "crossfade/training/trainer.h"

#include "tests/support/golden.h"

namespace crossfade {
namespace {

using testing::expect_close;
using testing::floats;
using testing::read_golden;

class ReviewBlocks : public ::testing::Test {
 protected:
  ReviewBlocks() { configure_torch(); }

  // The block called `name`, with inputs that want gradients.
  void open(const std::string& name) {
    block_ = golden_.at(name);
    for (const auto& [input, content] : block_.at("inputs").items()) {
      inputs_[input] = tensor(content).requires_grad_(true);
    }
  }

  [[nodiscard]] const torch::Tensor& in(const std::string& name) const { return inputs_.at(name); }

  // Compares the values, then what comes back to each input.
  void expect(const torch::Tensor& output) const {
    expect_close(to_vector(output), block_.at("output").at("values"), "output");
    output.backward(tensor(block_.at("output_gradient")).view(output.sizes()));
    for (const auto& [input, wanted] : block_.at("gradients").items()) {
      expect_close(to_vector(inputs_.at(input).grad()), wanted.at("values"), input);
    }
  }

  // The block's documents; `overhang` empty positions behind those shorter than `length`.
  [[nodiscard]] WordList documents(std::int64_t overhang = 0, std::int64_t length = 0) const {
    const auto offsets = number("offsets");
    const auto words = number("words");
    std::vector<std::int64_t> ends{0};
    std::vector<std::int64_t> out;
    for (std::size_t d = 0; d + 1 < offsets.size(); ++d) {
      out.insert(out.end(), words.begin() + offsets[d], words.begin() + offsets[d + 1]);
      const std::int64_t left = length - (offsets[d + 1] - offsets[d]);
      out.insert(
          out.end(), static_cast<std::size_t>(std::clamp<std::int64_t>(left, 0, overhang)), -1);
      ends.push_back(static_cast<std::int64_t>(out.size()));
    }
    return {.offsets = index_tensor(ends), .words = index_tensor(out).to(torch::kInt32)};
  }

  static torch::Tensor tensor(const Json& content) {
    torch::Tensor out = torch::empty(content.at("shape").get<std::vector<std::int64_t>>());
    copy_into(out,
              content.at("values").is_array()
                  ? floats(content.at("values"))
                  : std::vector<float>{content.at("values").get<float>()});
    return out;
  }

  // A network of the block's shape, whose parameters called `names` are the block's inputs.
  [[nodiscard]] CatnNetwork network(CatnShape shape,
                                    const std::vector<std::pair<std::string, std::string>>& names) {
    const std::int64_t width = inputs_.contains("vectors") ? in("vectors").size(1) : 1;
    CatnNetwork made(torch::zeros({1, width}), shape, true);
    for (const auto& [parameter, input] : names) {
      torch::Tensor* found = made.named_parameters().find(parameter);
      EXPECT_NE(found, nullptr) << parameter;
      const torch::NoGradGuard no_grad;
      found->copy_(in(input));
      found->set_requires_grad(true);
      inputs_[input] = *found;
    }
    return made;
  }

  Json block_;

 private:
  [[nodiscard]] std::vector<std::int64_t> number(const std::string& name) const {
    return block_.at("documents").at(name).get<std::vector<std::int64_t>>();
  }

  Json golden_ = read_golden("review-blocks");
  std::map<std::string, torch::Tensor> inputs_;
};

class ReviewConvolution : public ReviewBlocks, public ::testing::WithParamInterface<std::string> {};

TEST_P(ReviewConvolution, ReadsWordsWithWhatStandsAroundThem) {
  open(GetParam() + "word_convolution");
  expect(convolve(in("vectors").mm(in("weight")),
                  in("bias"),
                  documents(),
                  block_.at("window").get<std::int64_t>()));
}

TEST_P(ReviewConvolution, OfAuxiliaryDocumentsReachesBeyondTheirLastWord) {
  open(GetParam() + "auxiliary");
  const auto window = block_.at("window").get<std::int64_t>();
  const WordList list = documents(window / 2, block_.at("positions").get<std::int64_t>());
  const torch::Tensor first = convolve(in("vectors").mm(in("weight")), in("bias"), list, window);
  const WordList positions{list.offsets, torch::arange(first.size(0), torch::kInt32)};
  const torch::Tensor second =
      convolve(first.mm(in("aux_weight")), in("aux_bias"), positions, window);
  expect(second.index_select(0, torch::nonzero(list.words >= 0).view(-1)));
}

INSTANTIATE_TEST_SUITE_P(Windows, ReviewConvolution, ::testing::Values("", "wide_"));

TEST_F(ReviewBlocks, AspectsAttendToWordsAndToEmptyPositions) {
  open("aspects");
  expect(pool(in("h"), in("v"), documents().offsets, block_.at("positions").get<std::int64_t>()));
}

TEST_F(ReviewBlocks, PooledDocumentsKeepTheLargestValueOfEachFilter) {
  open("pooled");
  expect(max_over_words(in("vectors"), in("weight"), in("bias"), documents()));
}

TEST_F(ReviewBlocks, ContrastPullsEqualRatingsTogether) {
  open("contrast");
  expect(supervised_contrast(in("z_source"),
                             in("z_target"),
                             torch::tensor(floats(block_.at("ratings"))),
                             block_.at("temperature").get<double>()));
}

TEST_F(ReviewBlocks, OwnAndAuxiliaryAspectsMerge) {
  open("merge");
  const CatnShape shape{.window = 3, .filters = 2, .aspects = 3, .width = 2, .length = 6};
  const CatnNetwork net = network(shape,
                                  {{"merge.gate_weight", "gate_weight"},
                                   {"merge.gate_bias", "gate_bias"},
                                   {"merge.weight", "weight"},
                                   {"merge.bias", "bias"}});
  expect(net.user_vectors(in("own"), in("auxiliary")));
}

TEST_F(ReviewBlocks, UsersMeetItemsAspectByAspect) {
  open("match");
  const CatnShape shape{.window = 3, .filters = 2, .aspects = 3, .width = 2, .length = 6};
  // A source item: users come with the target's aspects.
  const CatnNetwork net = network(
      shape,
      {{"affinity", "affinity"}, {"target_aspects", "v_user"}, {"source_aspects", "v_item"}});
  expect((in("user") * net.item_vectors(Domain::kSource, in("item"))).sum(1));
}

TEST_F(ReviewBlocks, AReversedGradientHidesTheShop) {
  open("reversed_domain");
  const torch::Tensor hidden =
      reverse_gradient(in("features"), block_.at("lambda").get<double>()).relu();
  const torch::Tensor logits = torch::addmm(in("bias"), hidden, in("weight").t());
  expect(torch::cross_entropy_loss(
      logits, index_tensor(block_.at("labels").get<std::vector<std::int64_t>>())));
}

TEST_F(ReviewBlocks, ContrastOfOneRowOrOfEqualRatingsIsANumber) {
  for (const std::int64_t rows : {1, 3}) {
    const torch::Tensor first = torch::rand({rows, 4}).requires_grad_(true);
    const torch::Tensor second = torch::rand({rows, 4}).requires_grad_(true);
    const torch::Tensor loss = supervised_contrast(first, second, torch::full({rows}, 4.0F), 0.07);
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<double>()));
    EXPECT_TRUE(first.grad().isfinite().all().item<bool>());
    EXPECT_TRUE(second.grad().isfinite().all().item<bool>());
  }
}

TEST_F(ReviewBlocks, DropoutKeepsTheMeanAndThePartItIsTold) {
  const at::Generator generator = at::detail::createCPUGenerator(3);
  const torch::Tensor dropped = drop_out(torch::full({100000}, 2.0F), 0.8, generator);
  EXPECT_NEAR((dropped == 0.0).to(torch::kFloat64).mean().item<double>(), 0.2, 0.01);
  EXPECT_NEAR(dropped.mean().item<double>(), 2.0, 0.02);
  EXPECT_NEAR(dropped.max().item<double>(), 2.5, 1e-6);
}

TEST_F(ReviewBlocks, ReversalGrowsFromNothingToNearlyOne) {
  EXPECT_DOUBLE_EQ(reversal_strength(0.0), 0.0);
  EXPECT_GT(reversal_strength(0.5), reversal_strength(0.4));
  EXPECT_NEAR(reversal_strength(1.0), 1.0, 1e-4);
}

}  // namespace
}  // namespace crossfade

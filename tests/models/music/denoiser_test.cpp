// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/denoiser.h"

#include <string>
#include <vector>

#include "tests/models/music/golden.h"

namespace crossfade {
namespace {

using testing::expect_close;
using testing::to_tensor;

class DenoiserGolden : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] torch::Tensor predict(const torch::Tensor& mask) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor t = torch::tensor(answer_.at("t").get<std::vector<std::int64_t>>());
    return denoiser_(to_tensor(answer_.at("x")), t, to_tensor(answer_.at("c")), mask);
  }

  Json answer_ = testing::read_denoiser_golden().at(GetParam());
  Denoiser denoiser_ = testing::to_denoiser(answer_);
};

TEST_P(DenoiserGolden, PredictsWhatTheReferenceDoes) {
  const torch::Tensor mask = to_tensor(answer_.at("m"));
  expect_close(predict(mask), answer_.at("x0"));
  expect_close(predict(torch::ones_like(mask)), answer_.at("x0_with_condition"));
  expect_close(predict(torch::zeros_like(mask)), answer_.at("x0_without_condition"));
}

INSTANTIATE_TEST_SUITE_P(Networks,
                         DenoiserGolden,
                         ::testing::Values("condition in blocks", "condition added"),
                         [](const auto& network) {
                           return network.param == "condition added" ? "Added" : "InBlocks";
                         });

}  // namespace
}  // namespace crossfade

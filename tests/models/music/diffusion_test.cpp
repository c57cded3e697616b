// SPDX-License-Identifier: Apache-2.0
#include "crossfade/models/music/diffusion.h"

#include <string>
#include <vector>

#include "tests/models/music/golden.h"

namespace crossfade {
namespace {

using testing::expect_close;
using testing::read_denoiser_golden;
using testing::to_tensor;

NoiseSchedule to_schedule(const Json& golden) {
  return {golden.at("training_steps"), golden.at("steps")};
}

// The x of every sampling step without noise, in order, when the network always predicts 1.
std::vector<double> walk(const NoiseSchedule& schedule) {
  std::vector<double> walked;
  const auto predict_one = [&](const torch::Tensor& x, const torch::Tensor&) {
    walked.push_back(x.item<double>());
    return torch::ones_like(x);
  };
  const std::vector<UserId> user{UserId{3}};
  static_cast<void>(
      sample_x0(schedule, predict_one, user, 1, {.posterior_noise = false}, Rng(1), torch::kCPU));
  return walked;
}

TEST(NoiseScheduleGolden, VisitsTheStepsAndNoiseLevelsOfTheReference) {
  for (const Json& golden : read_denoiser_golden().at("schedules")) {
    const NoiseSchedule schedule = to_schedule(golden);
    const auto visited = golden.at("visited").get<std::vector<std::int64_t>>();
    const auto abar = golden.at("abar").get<std::vector<double>>();
    ASSERT_EQ(std::vector<std::int64_t>(schedule.visited().begin(), schedule.visited().end()),
              visited);
    for (std::size_t k = 0; k < visited.size(); ++k) {
      EXPECT_NEAR(schedule.abar(visited[k]) / abar[k], 1.0, 1e-12);  // Products of 1000 doubles.
    }
  }
}

TEST(NoiseScheduleGolden, SamplingStepsByTheMeanOfTheReferencesPosterior) {
  for (const Json& golden : read_denoiser_golden().at("schedules")) {
    const auto x0_weight = golden.at("x0_weight").get<std::vector<double>>();
    const auto x_weight = golden.at("x_weight").get<std::vector<double>>();
    const std::vector<double> x = walk(to_schedule(golden));
    ASSERT_EQ(x.size(), x0_weight.size());
    for (std::size_t step = 0; step + 1 < x.size(); ++step) {
      const std::size_t k = x.size() - 1 - step;
      EXPECT_NEAR(x[step + 1], x0_weight[k] + x_weight[k] * x[step], 1e-6);  // x is a float.
    }
  }
}

class SamplerGolden : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] torch::Tensor sample(bool posterior_noise) {
    const Json& golden = answer_.at("sampling");
    std::vector<UserId> users;
    for (const std::int32_t user : golden.at("users").get<std::vector<std::int32_t>>()) {
      users.push_back(UserId{user});
    }
    const auto predict = [&](const torch::Tensor& x, const torch::Tensor& t) {
      return denoiser_(x, t, to_tensor(answer_.at("c")), to_tensor(answer_.at("m")));
    };
    return sample_x0(to_schedule(golden),
                     predict,
                     users,
                     denoiser_->spec().width,
                     {.posterior_noise = posterior_noise},
                     Rng(golden.at("seed").get<std::uint64_t>()),
                     torch::kCPU);
  }

  Json answer_ = read_denoiser_golden().at(GetParam());
  Denoiser denoiser_ = testing::to_denoiser(answer_);
};

TEST_P(SamplerGolden, SamplesWhatTheReferenceDoes) {
  expect_close(sample(false), answer_.at("sampling").at("mean"));
  expect_close(sample(true), answer_.at("sampling").at("posterior"));
}

INSTANTIATE_TEST_SUITE_P(Networks,
                         SamplerGolden,
                         ::testing::Values("condition in blocks", "condition added"),
                         [](const auto& network) {
                           return network.param == "condition added" ? "Added" : "InBlocks";
                         });

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include "crossfade/core/files.h"
#include "crossfade/core/json.h"
#include "crossfade/models/music/denoiser.h"

namespace crossfade::testing {

/// What tools/golden/denoiser.py wrote.
inline Json read_denoiser_golden() {
  const std::filesystem::path root = CROSSFADE_SOURCE_DIR;
  return Json::parse(read_file(root / "tests/golden/denoiser.json"));
}

/// A float tensor from its shape and values.
inline torch::Tensor to_tensor(const Json& json) {
  const auto shape = json.at("shape").get<std::vector<std::int64_t>>();
  return torch::tensor(json.at("values").get<std::vector<float>>()).reshape(shape);
}

/// The network of a golden answer, with its weights: every parameter must be there, and no other.
inline Denoiser to_denoiser(const Json& answer) {
  const Json& spec = answer.at("spec");
  const auto widths = spec.at("widths").get<std::vector<std::int64_t>>();
  Denoiser denoiser(make_unet({.width = spec.at("width"),
                               .condition_width = spec.at("condition_width"),
                               .condition_in_blocks = spec.at("condition_in_blocks"),
                               .time_frequencies = spec.at("time_frequencies"),
                               .time_width = spec.at("time_width"),
                               .layers = {}},
                              widths));
  const torch::NoGradGuard no_grad;
  auto parameters = denoiser->named_parameters();
  EXPECT_EQ(parameters.size(), answer.at("weights").size());
  for (auto& parameter : parameters) {
    parameter.value().copy_(to_tensor(answer.at("weights").at(parameter.key())));
  }
  return denoiser;
}

/// Single precision in one network, or in ten after one another, against double precision.
inline void expect_close(const torch::Tensor& got, const Json& golden) {
  constexpr double kTolerance = 1e-4;
  const torch::Tensor wanted = to_tensor(golden);
  ASSERT_EQ(got.sizes(), wanted.sizes());
  const double largest = wanted.abs().max().item<double>();
  EXPECT_LT((got - wanted).abs().max().item<double>(), kTolerance * largest);
}

}  // namespace crossfade::testing

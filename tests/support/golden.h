// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"
#include "crossfade/core/json.h"
#include "crossfade/dataset/ratings.h"

namespace crossfade::testing {

/// A reference: tests/golden/<name>.json, made by tools/golden/baselines.py with PyTorch.
inline Json read_golden(const std::string& name) {
  const std::filesystem::path directory(CROSSFADE_SOURCE_DIR "/tests/golden");
  return Json::parse(read_file(directory / (name + ".json")));
}

inline std::vector<float> floats(const Json& values) {
  return values.get<std::vector<float>>();
}

/// "source" or "target" of world.json.
inline Ratings golden_ratings(const Json& domain) {
  Ratings ratings{.offsets = domain.at("offsets").get<std::vector<std::int64_t>>(),
                  .items = {},
                  .ratings = floats(domain.at("ratings"))};
  for (const auto item : domain.at("items").get<std::vector<std::int32_t>>()) {
    ratings.items.push_back(ItemId{item});
  }
  return ratings;
}

/// Expects numbers within 1e-4 max(1, |number|) of the reference's. Reference and crossfade both
/// compute in float and differ in the order of their sums; the references are such that float
/// and double agree within a fifth of this.
template <typename T>
void expect_close(const std::vector<T>& actual, const Json& expected, const std::string& what) {
  const auto wanted = expected.get<std::vector<T>>();
  ASSERT_EQ(actual.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(actual[i], wanted[i], 1e-4 * std::max(1.0, std::abs(double{wanted[i]})))
        << what << " " << i;
  }
}

}  // namespace crossfade::testing

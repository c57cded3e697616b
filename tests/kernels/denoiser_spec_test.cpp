// SPDX-License-Identifier: Apache-2.0
#include "crossfade/kernels/denoiser_spec.h"

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

TEST(MakeUnet, EveryLayerTakesTheWidthTheOneBeforeItLeaves) {
  const std::vector<std::vector<std::int64_t>> lists{{128, 64, 32}, {16}, {8, 24}, {32, 16, 8, 4}};
  for (const auto& widths : lists) {
    const DenoiserSpec spec = make_unet({.width = 5, .layers = {}}, widths);
    std::int64_t width = 5;
    for (const DenoiserLayer& layer : spec.layers) {
      EXPECT_EQ(layer.in, width);
      width = layer.out;
    }
    EXPECT_EQ(width, 5);
  }
}

TEST(MakeUnet, NeedsAWidth) {
  testing::expect_error(ErrorKind::kUsage, "a denoiser needs at least one block width", [] {
    static_cast<void>(make_unet({}, {}));
  });
}

TEST(CountParameters, AgreesWithACountByHand) {
  const std::vector<std::int64_t> widths{128, 64, 32};
  // Time 24,832; blocks of width w 2 w^2 + 167 w, two of each width: 160,832; linear maps
  // 4,224 + 8,256 + 2,080 + 2,112 + 8,256 + 8,320 + 32,896; output 4,384. The condition's maps
  // have no bias, so that no condition adds nothing: with biases it would be 448 more, 256,640.
  EXPECT_EQ(count_parameters(make_unet({}, widths)), 256192);
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/profile.h"

#include <vector>

#include <gmock/gmock.h>

#include "support.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;

// Two items with features (1, 2) and (3, -1), mean 3.5, biases 0.5 and -1, damping 2.
// User 0: ratings 5 and 2, deviations 5 - 3.5 - 0.5 = 1 and 2 - 3.5 + 1 = -0.5, over 2 + 2:
//   (1 * [1, 1, 2] - 0.5 * [1, 3, -1]) / 4 = [0.5, -0.5, 2.5] / 4.
// User 1 rated nothing. User 2: rating 3 of item 1, deviation 0.5, over 1 + 2.
TEST(Profile, SumsDeviationsTimesFeatures) {
  const testing::TempDirectory directory;
  NpyWriter writer(directory.path() / "items.npy", NpyType::kFloat32, 2);
  writer.append(std::vector{1.0F, 2.0F, 3.0F, -1.0F});
  writer.finish();
  const FeatureMatrix items(NpyFile(directory.path() / "items.npy"));
  const Ratings ratings{.offsets = {0, 2, 2, 3},
                        .items = {ItemId{0}, ItemId{1}, ItemId{1}},
                        .ratings = {5.0F, 2.0F, 3.0F}};
  const std::vector<float> biases{0.5F, -1.0F};
  EXPECT_THAT(profile(ratings.view(), items, {.mean = 3.5, .item = biases}, 2.0),
              ElementsAre(0.125F,
                          -0.125F,
                          0.625F,
                          0.0F,
                          0.0F,
                          0.0F,
                          ::testing::FloatEq(0.5F / 3.0F),
                          0.5F,
                          ::testing::FloatEq(-0.5F / 3.0F)));
}

}  // namespace
}  // namespace crossfade

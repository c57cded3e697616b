// SPDX-License-Identifier: Apache-2.0
#include "crossfade/evaluation/grid.h"

#include <gtest/gtest.h>

namespace crossfade {
namespace {

const Grid kGrid{.header = {"model", "MAE"}, .rows = {{"é ±", "0.5"}, {"longer name", "-"}}};

TEST(Grid, TextAlignsLettersNotBytes) {
  EXPECT_EQ(grid_to_text(kGrid),
            "model        MAE\n"
            "-----------  ---\n"
            "é ±          0.5\n"
            "longer name    -\n");
}

TEST(Grid, MarkdownAlignsNumbersToTheRight) {
  EXPECT_EQ(grid_to_markdown(kGrid),
            "| model       |  MAE |\n"
            "| ----------- | ---: |\n"
            "| é ±         |  0.5 |\n"
            "| longer name |    - |\n");
}

}  // namespace
}  // namespace crossfade

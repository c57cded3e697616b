// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/database.h"
#include "crossfade/core/npy.h"
#include "crossfade/features/image_descriptor.h"
#include "crossfade/features/image_table.h"

#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

fs::path data_directory() {
  const char* named = std::getenv("CROSSFADE_DATA");
  return named != nullptr ? fs::path(named) : fs::path(CROSSFADE_SOURCE_DIR) / "../shared/data";
}

// MovieLens films of both domains: 1,033 of 1,043 have a poster.
TEST(RealPosters, AreAllDescribed) {
  const fs::path folder = data_directory() / "movielens-comedy-action";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "no real data in " << folder;
  }
  Database database({.memory_limit = "1GB", .spill_directory = "", .threads = 1});
  Rows rows = database.query(
      fmt::format("SELECT image FROM read_csv({}, delim = '\t', header = true, all_varchar = true, "
                  "quote = '')",
                  sql_quote((folder / "*.items.tsv").string())));
  std::vector<std::string> images;
  while (const RowBlock* block = rows.next()) {
    for (std::size_t row = 0; row < block->rows(); ++row) {
      const std::string image(block->text(0, row));
      images.push_back(image.empty() ? "" : (folder / image).string());
    }
  }
  const testing::TempDirectory out;
  RowMask present;
  const ImageCounts counts = describe_images(images, out / "posters.npy", 2, present, nullptr);
  EXPECT_EQ(counts.described, 1033) << counts.first_problem;
  EXPECT_EQ(counts.absent, 10);
  EXPECT_EQ(counts.unreadable, 0) << counts.first_problem;
  EXPECT_EQ(NpyFile(out / "posters.npy").rows(), images.size());
}

}  // namespace
}  // namespace crossfade

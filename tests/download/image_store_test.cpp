// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/image_store.h"

#include <gtest/gtest.h>

#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::TempDirectory;

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(ImageStore, NamesFilesByTheirContent) {
  const TempDirectory folder;
  {
    ImageStore store(folder.path());
    const std::string file = store.put("abc", "png");
    EXPECT_EQ(file, fmt::format("files/ba/{}.png", kAbc));
    EXPECT_EQ(read_file(folder.path() / file), "abc");
    EXPECT_EQ(store.put("abc", "png"), file);
    EXPECT_NE(store.put("abd", "png"), file);
    EXPECT_TRUE(store.holds(file, 3));
    EXPECT_FALSE(store.holds(file, 4));
    EXPECT_FALSE(store.holds("files/none.png", 3));
    EXPECT_FALSE(store.holds("files", 3));
  }
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), "files");
  }
}

TEST(ImageStore, MendsAFileThatIsNotWhole) {
  const TempDirectory folder;
  ImageStore store(folder.path());
  const std::string file = store.put("abc", "png");
  write_file(folder.path() / file, "");
  EXPECT_EQ(store.put("abc", "png"), file);
  EXPECT_EQ(read_file(folder.path() / file), "abc");
}

}  // namespace
}  // namespace crossfade

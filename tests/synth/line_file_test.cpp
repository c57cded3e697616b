// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/line_file.h"

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using testing::expect_error;
using testing::TempDirectory;

TEST(LineFile, WritesEveryLineOnceWhateverTheBuffer) {
  const TempDirectory directory;
  LineFile file(directory / "lines");
  std::string expected;
  for (int n = 0; n < 300; ++n) {
    const std::string line(10000, static_cast<char>('a' + n % 26));
    file.text() += line;
    file.end_line();
    expected += line + "\n";
  }
  EXPECT_EQ(file.bytes(), 3000300);
  file.finish();
  EXPECT_EQ(read_file(directory / "lines"), expected);
}

TEST(LineFile, AFullDiskNamesTheFile) {
  LineFile file("/dev/full");
  file.text() += "word";
  file.end_line();
  expect_error(ErrorKind::kIo, "/dev/full: No space left on device", [&] { file.finish(); });
}

TEST(LineFile, AMissingFolderNamesTheFile) {
  const TempDirectory directory;
  const std::string path = (directory / "none/lines").string();
  expect_error(ErrorKind::kIo, path + ": No such file or directory", [&] { LineFile file(path); });
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/hash.h"

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

TEST(Hash, AgreesWithTheReferenceOnTheEmptyText) {
  // XXH3_128bits of no bytes, as `xxhsum -H2 /dev/null` prints it.
  EXPECT_EQ(hash_text(""), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, PiecesOfTextDoNotRunTogether) {
  Hasher one;
  one.text("ab");
  one.text("c");
  Hasher other;
  other.text("a");
  other.text("bc");
  EXPECT_NE(one.hex(), other.hex());
}

TEST(Hash, BytesMayComeInAnyPortions) {
  Hasher hasher;
  hasher.bytes("ab", 2);
  hasher.bytes("cd", 2);
  EXPECT_EQ(hasher.hex(), hash_text("abcd"));
}

TEST(Hash, AFileHashesAsItsContent) {
  const testing::TempDirectory temp;
  const std::string content(3 * (1U << 20U) + 17, 'x');  // more than one buffer
  write_file(temp / "file", content);
  EXPECT_EQ(hash_file(temp / "file"), hash_text(content));
  write_file(temp / "empty", "");
  EXPECT_EQ(hash_file(temp / "empty"), hash_text(""));
}

TEST(Hash, AMissingFileIsNamed) {
  const testing::TempDirectory temp;
  const auto file = temp / "gone";
  testing::expect_error(ErrorKind::kIo, file.string() + ": No such file or directory", [&] {
    static_cast<void>(hash_file(file));
  });
  testing::expect_error(ErrorKind::kIo, temp.path().string() + ": reading failed", [&] {
    static_cast<void>(hash_file(temp.path()));
  });
}

}  // namespace
}  // namespace crossfade

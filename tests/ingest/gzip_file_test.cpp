// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/gzip_file.h"

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"
#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

using testing::gzipped;

using GzipFileTest = testing::IngestFixture;

std::string random_text(std::size_t size) {
  std::string text;
  for (std::uint32_t state = 7; text.size() < size; state = state * 1664525U + 1013904223U) {
    text += (state >> 24U) % 40 == 0 ? '\n' : static_cast<char>('a' + (state >> 24U) % 26);
  }
  return text;
}

TEST_F(GzipFileTest, ReadsPlainAndGzipAlikeWhateverTheName) {
  const std::string text = random_text(700'000);
  for (const std::string& file : {write("plain.gz", text), write("gzip.txt", gzipped(text))}) {
    GzipFile input(file);
    EXPECT_EQ(input.read(1'000'000), text);
    EXPECT_EQ(input.read(10), "");
    EXPECT_EQ(input.offset(), 700'000);
  }
  EXPECT_FALSE(is_gzip(folder() / "plain.gz"));
  EXPECT_TRUE(is_gzip(folder() / "gzip.txt"));
}

TEST_F(GzipFileTest, YieldsLinesAndWhereTheyEnd) {
  GzipFile input(write("lines", "one\r\n\ntwo"));
  EXPECT_EQ(input.next_line(), "one");
  EXPECT_EQ(input.offset(), 5);
  EXPECT_EQ(input.next_line(), "");
  EXPECT_EQ(input.next_line(), "two");
  EXPECT_EQ(input.offset(), 9);
  EXPECT_EQ(input.next_line(), std::nullopt);
}

TEST_F(GzipFileTest, AcceptsConcatenatedStreams) {
  const std::string file = write("two.gz", gzipped("one\n") + gzipped("two\n"));
  verify_gzip(file);
  EXPECT_EQ(GzipFile(file).read(100), "one\ntwo\n");
}

TEST_F(GzipFileTest, RefusesAStreamCutAnywhere) {
  const std::string whole = gzipped(random_text(100'000));
  for (const std::size_t kept :
       {std::size_t{30}, whole.size() / 2, whole.size() - 8, whole.size() - 1}) {
    const std::string file = write("cut.gz", whole.substr(0, kept));
    testing::expect_error(ErrorKind::kData,
                          file + ": the gzip file is cut short; fetch it again",
                          [&] { verify_gzip(file); });
  }
}

TEST_F(GzipFileTest, RefusesDamage) {
  std::string damaged = gzipped(random_text(100'000));
  damaged[damaged.size() - 6] ^= 1;
  const std::string file = write("damaged.gz", damaged);
  testing::expect_error(ErrorKind::kData,
                        file + ": the gzip file is damaged (incorrect data check); fetch it again",
                        [&] { verify_gzip(file); });
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/gzip_segments.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class GzipSegmentsTest : public testing::IngestFixture {
 protected:
  [[nodiscard]] std::vector<std::string> segments(const std::string& file, std::size_t size) const {
    GzipSegments all(file, folder(), size);
    std::vector<std::string> contents;
    while (const auto segment = all.next()) {
      contents.push_back(read_file(*segment));
    }
    return contents;
  }

  // About 5 MB: several pieces per segment.
  static std::string many_lines() {
    std::string lines;
    for (int line = 0; line < 500'000; ++line) {
      lines += fmt::format("line {}\n", line);
    }
    return lines;
  }
};

TEST_F(GzipSegmentsTest, AreTheFileInOrderAndEndWithLines) {
  const std::string lines = many_lines();
  const std::vector<std::string> parts =
      segments(write("x.gz", testing::gzipped(lines)), 1'000'000);
  EXPECT_GT(parts.size(), 3U);
  std::string joined;
  for (const std::string& part : parts) {
    EXPECT_EQ(part.back(), '\n');
    joined += part;
  }
  EXPECT_TRUE(joined == lines);
}

TEST_F(GzipSegmentsTest, EndALastLineThatHasNoEnd) {
  EXPECT_EQ(segments(write("x.gz", testing::gzipped("one\ntwo")), 1),
            (std::vector<std::string>{"one\ntwo"}));
}

TEST_F(GzipSegmentsTest, OfAFileWithNothingInItAreNone) {
  EXPECT_TRUE(segments(write("x.gz", testing::gzipped("")), 1).empty());
}

TEST_F(GzipSegmentsTest, OfAFileCutShortEndInAnError) {
  const std::string whole = testing::gzipped(many_lines());
  const std::string file = write("x.gz", whole.substr(0, whole.size() - 1));
  testing::expect_error(ErrorKind::kData,
                        file + ": the gzip file is cut short; fetch it again",
                        [&] { static_cast<void>(segments(file, 1'000'000)); });
}

TEST_F(GzipSegmentsTest, LeaveNoFileBehindWhenTheReaderStops) {
  const std::string file = write("x.gz", testing::gzipped(many_lines()));
  {
    GzipSegments all(file, folder(), 1'000'000);
    EXPECT_TRUE(all.next());
    EXPECT_TRUE(all.next());
  }
  const std::filesystem::directory_iterator entries(folder());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(GzipSegmentsTest, GiveTheSameRowsAsThePlainFile) {
  IngestConfig config = two_shops();
  std::string lines;
  for (int row = 0; row < 20; ++row) {
    lines += fmt::format(
        "{{\"user_id\": \"a\", \"item_id\": \"i{}\", \"rating\": {}, "
        "\"text\": \"line {}\"}}\n",
        row,
        1 + row % 5,
        row);
  }
  config.source.reviews = write("s.jsonl", lines);
  run(config);
  const std::string plain = rows("FROM '{}/source/reviews.parquet'");
  config.source.reviews = write("s.jsonl.gz", testing::gzipped(lines));
  run(config);
  EXPECT_EQ(rows("FROM '{}/source/reviews.parquet'"), plain);
}

}  // namespace
}  // namespace crossfade

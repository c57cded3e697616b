// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/word_vectors.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::expect_error;

// Reads vectors of the words good (0), film (1), straße (2) and 中 (3).
class WordVectors : public ::testing::Test {
 protected:
  [[nodiscard]] VectorTable read(std::string_view content) const {
    write_file(file_, content);
    return read_file();
  }

  [[nodiscard]] VectorTable read_file() const {
    return read_word_vectors(
        file_,
        numbers_.size(),
        [&](std::string_view word) -> std::optional<std::int32_t> {
          const auto found = numbers_.find(word);
          return found == numbers_.end() ? std::nullopt : std::optional(found->second);
        },
        on_progress_);
  }

  // Expects that `content` is refused with `message` after the file's name.
  void expect_refusal(std::string_view content, const std::string& message) const {
    write_file(file_, content);
    expect_error(ErrorKind::kData, file_.string() + message, [&] { (void)read_file(); });
  }

  std::map<std::string, std::int32_t, std::less<>> numbers_{
      {"good", 0}, {"film", 1}, {"strasse", 2}, {"\u4e2d", 3}};
  testing::TempDirectory folder_;
  std::filesystem::path file_ = folder_ / "vectors.txt";
  OnProgress on_progress_;
};

TEST_F(WordVectors, AreReadWithAndWithoutAHeader) {
  for (const std::string header : {"", "2 3\n", "2 3 \r\n", " 2\t3\n"}) {
    const VectorTable table = read(header + "film 1 -2.5 3e-2\ngood .5 0 -0\n");
    EXPECT_EQ(table.width, 3U);
    EXPECT_THAT(table.known, ElementsAre(1, 1, 0, 0));
    EXPECT_THAT(table.values, ElementsAre(0.5F, 0, 0, 1.0F, -2.5F, 0.03F, 0, 0, 0, 0, 0, 0));
  }
}

TEST_F(WordVectors, OfUnknownWordsAreZero) {
  const VectorTable table = read("other 1 2\nanother 3 4\n");
  EXPECT_EQ(table.width, 2U);
  EXPECT_EQ(table.values.size(), 8U);
  EXPECT_THAT(table.values, Each(0.0F));
  EXPECT_THAT(table.known, Each(0));
}

TEST_F(WordVectors, BelongToWordsAsReviewsSpellThem) {
  const VectorTable table = read("GOOD 1 2\nSTRASSE 3 4\n\u4e2d 5 6\n");
  EXPECT_THAT(table.known, ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(table.values, ElementsAre(1, 2, 0, 0, 3, 4, 5, 6));
}

TEST_F(WordVectors, AreTheFirstOfThoseThatFoldToOneWord) {
  const VectorTable table = read("Stra\u00dfe 1 2\nstrasse 3 4\nSTRASSE no numbers\n");
  EXPECT_THAT(table.known, ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(table.values, ElementsAre(0, 0, 0, 0, 1, 2, 0, 0));
}

TEST_F(WordVectors, OfWordsThatReviewsWouldCutAreIgnored) {
  const VectorTable table = read("good-film 1 2\ngood\u00a0film 3 4\n... 5 6\n\u4e2d\u4e2d 7 8\n");
  EXPECT_THAT(table.known, Each(0));
  EXPECT_THAT(table.values, Each(0.0F));
}

// A few files hold words with blanks, after their frequent parts.
TEST_F(WordVectors, OfWordsWithBlanksAreIgnoredOnceTheirFirstPartHasOne) {
  const VectorTable table = read("good 1 2\ngood film 3 4\nno film 5 6\n. . . 7 8\n");
  EXPECT_THAT(table.known, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(table.values, ElementsAre(1, 2, 0, 0, 0, 0, 0, 0));
  expect_refusal("other 1 2\ngood film 3 4\n",
                 ":2: \"film\" is no number; a word and 2 numbers are expected");
}

TEST_F(WordVectors, MayHaveLineEndsOfEveryKindAndBlankLines) {
  const VectorTable table = read("2 2\r\ngood 1 2\r\n\r\n\nfilm\t3  4 \t\r\nother 1 2");
  EXPECT_THAT(table.known, ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(table.values, ElementsAre(1, 2, 3, 4, 0, 0, 0, 0));
  EXPECT_THAT(read("other 1 2\ngood 5 6").values, ElementsAre(5, 6, 0, 0, 0, 0, 0, 0));
}

TEST_F(WordVectors, OfBytesThatAreNoUtf8AreNoWords) {
  const VectorTable table = read("\xE2\x82 1 2\ngo\xFFod 3 4\n\xFFgood\xFF 5 6\n");
  EXPECT_THAT(table.known, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(table.values, ElementsAre(5, 6, 0, 0, 0, 0, 0, 0));
}

TEST_F(WordVectors, MayBeginWithAByteOrderMark) {
  EXPECT_THAT(read("\uFEFF1 2\ngood 1 2\n").known, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(read("\uFEFFgood 1 2\n").known, ElementsAre(1, 0, 0, 0));
}

TEST_F(WordVectors, WithTooFewNumbersNameTheirLine) {
  expect_refusal("2 3\nother 1\ngood 1 2\n", ":3: fewer than 3 numbers");
  expect_refusal("film 1 2 3\ngood\n", ":2: fewer than 3 numbers");
}

TEST_F(WordVectors, WithTooManyNumbersNameTheirLine) {
  expect_refusal("2 3\ngood 1 2 3 4\n", ":2: more than 3 numbers");
}

TEST_F(WordVectors, ThatAreNoNumbersNameTheirLine) {
  for (const std::string value : {"x", "1,5", "1.5x", "0x", "nan", "inf", "-inf", "1e99", "--1"}) {
    expect_refusal(
        fmt::format("2 2\nfilm 1 2\ngood 1 {}\n", value),
        fmt::format(":3: \"{}\" is no number; a word and 2 numbers are expected", value));
  }
}

TEST_F(WordVectors, MayHaveNumbersTooSmallForAFloat) {
  EXPECT_THAT(read("good 1e-40 -1e-50\n").values, ElementsAre(1e-40F, 0, 0, 0, 0, 0, 0, 0));
}

TEST_F(WordVectors, OfAnEmptyFileAreRefused) {
  expect_refusal("", ": the file is empty");
}

TEST_F(WordVectors, OfAFileWithoutAnyAreRefused) {
  const std::string message =
      ":1: no word vectors; expected a word and its numbers, or \"count width\" (binary files have "
      "to be converted to text)";
  expect_refusal("\ngood 1 2\n", message);
  expect_refusal("good\n", message);
  expect_refusal(std::string("\x1f\x8b\x08\x00\x00\x00\xff\xfe", 8), message);
}

TEST_F(WordVectors, WithAHeaderThatIsNoneShowIt) {
  expect_refusal("good film\ngood 1 2\n", ":1: \"good film\" is no \"count width\"");
  expect_refusal("4 0\n", ":1: \"4 0\" is no \"count width\"");
  expect_refusal("4 65537\n", ":1: \"4 65537\" is no \"count width\"");
  expect_refusal("4 -3\n", ":1: \"4 -3\" is no \"count width\"");
  expect_refusal("4 3x\n", ":1: \"4 3x\" is no \"count width\"");
  expect_refusal("4 99999999999999999999999\n",
                 ":1: \"4 99999999999999999999999\" is no \"count width\"");
}

// word2vec's binary format has a header of text, a word and its floats as they lie in memory.
TEST_F(WordVectors, OfABinaryFileAreRefused) {
  std::string floats;
  for (int i = 0; i < 12; ++i) {
    floats += "\xcd\xcc\x8c\x3f";  // 1.1
  }
  expect_refusal(fmt::format("1 12\ngood {}\n", floats),
                 fmt::format(":2: \"{}\" is no number; a word and 12 numbers are expected",
                             floats.substr(0, 40)));
}

TEST_F(WordVectors, OfAMissingFileAreAnErrorOfTheDisk) {
  expect_error(ErrorKind::kIo, fmt::format("{}: cannot be read", file_.string()), [&] {
    (void)read_file();
  });
}

TEST_F(WordVectors, OfAnEmptyVocabularyAreNone) {
  numbers_.clear();
  const VectorTable table = read("good 1 2\n");
  EXPECT_EQ(table.width, 2U);
  EXPECT_TRUE(table.values.empty());
}

TEST_F(WordVectors, OfALongFileAreReported) {
  std::string content = "good 0.5\n";
  content = "200000 1\n" + content;
  for (int line = 0; line < 199'999; ++line) {
    content += "x 1\n";
  }
  std::vector<std::int64_t> reports;
  on_progress_ = [&](const Progress& progress) {
    EXPECT_EQ(progress.what, "reading word vectors");
    EXPECT_EQ(progress.unit, "words");
    reports.push_back(progress.done);
  };
  EXPECT_THAT(read(content).values, ElementsAre(0.5F, 0, 0, 0));
  EXPECT_THAT(reports, ElementsAre(65536, 131072, 196608));
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/documents/documents.h"

#include "fixture.h"
#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::every_word;
using testing::expect_error;

class BuildDocumentsRefuses : public testing::DocumentsFixture {
 protected:
  // Expects the error, and that nothing of the artifact is left.
  void expect_refusal(ErrorKind kind,
                      const std::string& message,
                      const DocumentsConfig& config = every_word()) {
    expect_error(kind, message, [&] { build(config); });
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      EXPECT_FALSE(entry.path().filename().string().starts_with("documents")) << entry.path();
      EXPECT_EQ(entry.path().filename().string().find(".tmp-"), std::string::npos) << entry.path();
    }
  }
};

std::string without_words(std::string_view domain, int min_reviews) {
  return fmt::format(
      "no training review of the {0} has a word of text or title that {1} reviews share; models "
      "that read reviews cannot learn from it: take them out of `models`, or see whether "
      "[ingest.{0}] names the columns",
      domain,
      min_reviews);
}

TEST_F(BuildDocumentsRefuses, ADomainWithoutTexts) {
  write_texts({"", ""}, {"word"});
  expect_refusal(ErrorKind::kData, without_words("source", 1));
  write_texts({"word"}, {"", "..."});
  expect_refusal(ErrorKind::kData, without_words("target", 1));
}

TEST_F(BuildDocumentsRefuses, ADomainWithoutTrainingReviews) {
  write_texts({"word"}, {"word"});
  split_.roles = {Role::kTest};
  expect_refusal(ErrorKind::kData, without_words("target", 1));
  split_.roles = {Role::kSide};
  expect_refusal(ErrorKind::kData, without_words("source", 1));
}

TEST_F(BuildDocumentsRefuses, ADomainWhoseWordsAreAllRareOrStopWords) {
  write_texts({"one two", "three four"}, {"the word", "a word"});
  DocumentsConfig config;
  expect_refusal(ErrorKind::kData, without_words("source", 2), config);
  config.min_reviews = 1;
  config.more_stop_words = {"word"};
  expect_refusal(ErrorKind::kData, without_words("target", 1), config);
}

// Titles alone are enough to learn from.
TEST_F(BuildDocumentsRefuses, NoDomainThatHasTitlesOnly) {
  write({.users = 1,
         .items = 1,
         .in = {.source = {{.user = 0, .item = 0, .title = "good", .text = ""}},
                .target = {{.user = 0, .item = 0, .title = "good", .text = ""}}}});
  EXPECT_EQ(documents().words(), 1U);
}

TEST_F(BuildDocumentsRefuses, SettingsOutOfRange) {
  write_texts({"word"}, {"word"});
  DocumentsConfig config;
  config.min_reviews = 0;
  expect_refusal(ErrorKind::kUsage, "min_reviews = 0 is outside [1, 1000000000]", config);
  config = {};
  config.stop_words = "klingon";
  expect_refusal(
      ErrorKind::kUsage, "stop_words = \"klingon\" is not one of: english, none", config);
}

TEST_F(BuildDocumentsRefuses, AnIngestThatDoesNotMatchTheDataset) {
  write_texts({"one", "two"}, {"one"});
  Database database = testing::small_database();
  const fs::path file = ingest() / "source" / "reviews.parquet";
  const std::string columns =
      "\"user\" INTEGER, item INTEGER, rating FLOAT, time_ms BIGINT, title VARCHAR, text VARCHAR";
  testing::write_parquet(database, file, columns, {"0, 0, 4.0, NULL, '', 'one'"});
  expect_refusal(ErrorKind::kData,
                 fmt::format("{}: the source has 1 training reviews, the dataset 2; run ingest and "
                             "dataset again",
                             ingest().string()));
  testing::write_parquet(
      database,
      file,
      columns,
      {"0, 0, 4.0, NULL, '', 'one'", "0, 0, 4.0, NULL, '', 'one'", "0, 0, 4.0, NULL, '', 'x'"});
  expect_refusal(ErrorKind::kData,
                 fmt::format("{}: the source has 3 training reviews, the dataset 2; run ingest and "
                             "dataset again",
                             ingest().string()));
}

TEST_F(BuildDocumentsRefuses, VectorsThatAreNotThereOrDamaged) {
  write_texts({"word"}, {"word"});
  DocumentsConfig config = every_word();
  config.vectors = (folder_ / "none.txt").string();
  expect_refusal(
      ErrorKind::kIo, fmt::format("{}: No such file or directory", config.vectors), config);
  config.vectors = write_beside("vectors.txt", "word 1 2\nword 1\nother 1 2\n");
  EXPECT_NO_THROW(build(config));  // Only the first vector of a word is looked at.
  fs::remove_all(out());
  config.vectors = write_beside("vectors.txt", "other 1 2\nword 1\n");
  expect_refusal(
      ErrorKind::kData, fmt::format("{}:2: fewer than 2 numbers", config.vectors), config);
}

TEST_F(BuildDocumentsRefuses, WithoutHarmToTheArtifactThatIsThere) {
  write_texts({"word"}, {"word"});
  build();
  DocumentsConfig config = every_word();
  config.min_reviews = 3;
  expect_error(ErrorKind::kData, without_words("source", 3), [&] { build(config); });
  EXPECT_EQ(open_documents(out()).words(), 1U);
  EXPECT_TRUE(build().reused);
}

}  // namespace
}  // namespace crossfade

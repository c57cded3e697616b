// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class Errors : public testing::IngestFixture {
 protected:
  // The error when the source reviews are `file`.
  std::string error_of_reviews(const std::string& file, const std::string& format = "auto") {
    IngestConfig config = two_shops();
    config.source.reviews = file;
    config.source.format = format;
    return error_of(config);
  }
};

TEST_F(Errors, AMissingFile) {
  EXPECT_EQ(error_of_reviews((folder() / "no.csv").string()),
            "io: DIR/no.csv: No such file or directory");
}

TEST_F(Errors, AnUnreadableFile) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root can read every file";
  }
  const std::string file = write("secret.csv", "user,item,rating\n");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  EXPECT_EQ(error_of_reviews(file), "io: DIR/secret.csv: Permission denied");
}

TEST_F(Errors, ADirectory) {
  EXPECT_EQ(error_of_reviews(folder().string()), "io: DIR: is a directory; a file is expected");
}

TEST_F(Errors, AnEmptyFile) {
  EXPECT_EQ(error_of_reviews(write("x.jsonl", "")), "data: DIR/x.jsonl: is empty");
  EXPECT_EQ(error_of_reviews(write("x.jsonl.gz", testing::gzipped(""))),
            "data: DIR/x.jsonl.gz: is empty");
  EXPECT_EQ(error_of_reviews(write("y.csv", "\n \n")), "data: DIR/y.csv: holds only blank lines");
  EXPECT_EQ(error_of_reviews(write("z.csv", "user,item,rating\n")),
            "data: DIR/z.csv: has no rows; at least one review is expected");
}

TEST_F(Errors, BinaryGarbage) {
  EXPECT_EQ(error_of_reviews(write("x.jsonl", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16))),
            "data: DIR/x.jsonl: is not text (byte 9 is zero); JSON lines, CSV, TSV or Parquet is "
            "expected");
}

TEST_F(Errors, GzipCutShort) {
  std::string lines;
  for (std::int64_t row = 0; row < 200'000; ++row) {
    lines += fmt::format("{{\"rating\": {}, \"parent_asin\": \"B{}\", \"user_id\": \"u{}\"}}\n",
                         1 + row % 5,
                         row * 7919 % 100'003,
                         row * 104'729 % 30'011);
  }
  const std::string whole = testing::gzipped(lines);
  const std::string message = "data: DIR/x.jsonl.gz: the gzip file is cut short; fetch it again";
  EXPECT_EQ(error_of_reviews(write("x.jsonl.gz", whole.substr(0, 100))), message);
  EXPECT_EQ(error_of_reviews(write("x.jsonl.gz", whole.substr(0, whole.size() * 9 / 10))), message);
  EXPECT_EQ(error_of_reviews(write("x.jsonl.gz", whole.substr(0, whole.size() - 4))), message);
}

TEST_F(Errors, JsonOfTheWrongShape) {
  EXPECT_EQ(error_of_reviews(write("x.json", "[{\"user_id\": 1}]")),
            "data: DIR/x.json: is a JSON array; one object per line is expected");
  EXPECT_EQ(error_of_reviews(write("y.json", "{\n  \"user_id\": 1\n}\n")),
            "data: DIR/y.json: none of its first 3 lines is a JSON object; one object per line is "
            "expected");
  EXPECT_EQ(error_of_reviews(write("z.jsonl", "{\"user_id\": \"a\", \"stars\": 3}\n")),
            "data: DIR/z.jsonl: no column is the item; it has: user_id, stars; name it with "
            "ingest.source.item_column");
  EXPECT_EQ(error_of_reviews(write("v.txt", "a text\n"), "amazon-2023"),
            "data: DIR/v.txt: none of its first 1 lines is a JSON object; one object per line is "
            "expected");
}

TEST_F(Errors, NotParquet) {
  EXPECT_EQ(error_of_reviews(write("x.parquet", "user,item\n"), "parquet"),
            "data: DIR/x.parquet: is not a Parquet file, which ingest expects by format = "
            "\"parquet\"");
  EXPECT_EQ(error_of_reviews(write("y.parquet", "PAR1 and no more")),
            "data: DIR/y.parquet: is no whole Parquet file (Invalid Input Error: No magic bytes "
            "found at end of file 'DIR/y.parquet')");
}

TEST_F(Errors, AnUnknownFormat) {
  EXPECT_EQ(error_of_reviews("x.csv", "xls"),
            "usage: format = \"xls\" is not one of: auto, amazon-2023, amazon-2018, amazon-2014, "
            "recbole, csv, tsv, parquet");
}

TEST_F(Errors, AColumnThatIsNotThere) {
  IngestConfig config = two_shops();
  config.source.rating_column = "points";
  EXPECT_EQ(error_of(config),
            "usage: DIR/source.csv: there is no column \"points\" (ingest.source.rating_column); "
            "it has: user_id, item_id, rating");
  config = two_shops();
  config.source.items = write("items.csv", "name,price\na,1\n");
  EXPECT_EQ(error_of(config),
            "data: DIR/items.csv: no column is the item; it has: name, price; name it with "
            "ingest.source.items_query");
}

TEST_F(Errors, SettingsThatContradictEachOther) {
  IngestConfig config = two_shops();
  config.target.query = "SELECT 1";
  EXPECT_EQ(error_of(config),
            "usage: ingest.target: both reviews and query are given; name one of them");
  config.target.query = config.target.reviews = "";
  EXPECT_EQ(error_of(config),
            "usage: ingest.target: neither reviews nor query is given; name one of them");
  config = two_shops();
  config.target.items = config.target.reviews;
  config.target.items_query = "SELECT 1";
  EXPECT_EQ(error_of(config),
            "usage: ingest.target: both items and items_query are given; name one of them");
}

TEST_F(Errors, AQueryThatIsNoSql) {
  IngestConfig config = two_shops();
  config.source.reviews = "";
  config.source.query = "SELEC user";
  EXPECT_EQ(error_of(config),
            "usage: ingest.source.query: Parser Error: syntax error at or near \"user\"");
  config.source.query = fmt::format("SELECT who FROM '{}'", (folder() / "target.csv").string());
  EXPECT_EQ(error_of(config),
            "usage: ingest.source.query: Binder Error: Referenced column \"who\" not found in FROM "
            "clause!; Candidate bindings: \"rating\"");
  config.source.query = "SELECT 'a' AS user, 'i' AS item";
  EXPECT_EQ(error_of(config),
            "data: ingest.source.query: no column is the rating; it has: user, item; name it with "
            "ingest.source.rating_column");
}

TEST_F(Errors, NoUserInBothShops) {
  IngestConfig config = two_shops();
  config.source.reviews = write("other.csv", "user,item,rating\nx,s1,5\ny,s2,3\n");
  EXPECT_EQ(error_of(config),
            "data: ingest: no user is in both domains (such as \"x\" in the source, \"a\" in the "
            "target); both must use the same user ids");
}

TEST_F(Errors, NoReviewLeft) {
  IngestConfig config = two_shops();
  config.min_words = 10;
  EXPECT_EQ(error_of(config),
            "data: ingest.source: no review is left; the step \"reviews under 10 words\" dropped "
            "the last 2; relax ingest.min_words");
  config = two_shops();
  config.min_user_reviews = 20;
  EXPECT_EQ(error_of(config),
            "data: ingest.source: no review is left; the step \"users under 20 reviews\" dropped "
            "the last 2; relax ingest.min_user_reviews");
}

TEST_F(Errors, AMemoryLimitThatIsNone) {
  IngestConfig config = two_shops();
  config.memory_limit = "much";
  EXPECT_EQ(error_of(config),
            "usage: ingest.memory_limit = \"much\" is no amount of memory; write it like 4GB");
}

TEST_F(Errors, AnArtifactThatIsThereSurvivesThem) {
  const Manifest before = run(two_shops());
  IngestConfig config = two_shops();
  config.source.reviews = write("x.csv", "");
  EXPECT_THROW(run(config), Error);
  EXPECT_EQ(read_manifest(out()).content_hash, before.content_hash);
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/row_source.h"

#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class RowSources : public testing::IngestFixture {
 protected:
  // The source reviews and items that come out when `source` is read.
  std::string reviews_of(const DomainSource& source) {
    IngestConfig config = two_shops();
    config.dedupe = "all";
    config.source = source;
    run(config);
    return rows(
        "SELECT id, r.* EXCLUDE (user) FROM '{0}/source/reviews.parquet' r "
        "JOIN '{0}/users.parquet' u USING (user) ORDER BY id, item, rating");
  }

  [[nodiscard]] std::string items() const { return rows("FROM '{}/source/items.parquet'"); }
};

constexpr const char* kAmazon2023 =
    R"({"rating": 5.0, "title": "Good", "text": "I like<br />it", "images": [], "asin": "B9", "parent_asin": "B1", "user_id": "a", "timestamp": 1588687728923}
{"rating": 2.0, "title": null, "text": "", "parent_asin": "B2", "user_id": "b", "timestamp": 1588687728924}
)";

TEST_F(RowSources, Amazon2023) {
  DomainSource source;
  source.reviews = write("Toys.jsonl", kAmazon2023);
  source.items = write(
      "meta_Toys.jsonl",
      R"({"parent_asin": "B1", "title": "Kite &amp; string", "description": ["Flies.", "<b>High</b>"], "categories": ["Toys", "Kites"], "images": [{"thumb": "http://t", "large": "http://l", "hi_res": "http://h"}]}
{"parent_asin": "B3", "title": "Not reviewed"}
)");
  EXPECT_EQ(reviews_of(source), "a|0|5.0|1588687728923|Good|I like it; b|1|2.0|1588687728924||");
  EXPECT_EQ(items(), "0|B1|Kite & string|Flies. High|Toys, Kites|http://h; 1|B2||||");
  EXPECT_EQ(notes_, std::vector<std::string>{"source: 1 items have no row in the items file"});
}

TEST_F(RowSources, GzipIsToldByContentNotByName) {
  DomainSource source;
  source.reviews = write("Toys.jsonl.gz", testing::gzipped(kAmazon2023));
  const std::string expected = "a|0|5.0|1588687728923|Good|I like it; b|1|2.0|1588687728924||";
  EXPECT_EQ(reviews_of(source), expected);
  source.reviews = write("Plain.jsonl.gz", kAmazon2023);
  EXPECT_EQ(reviews_of(source), expected);
  source.reviews = write("Packed.jsonl", testing::gzipped(kAmazon2023));
  EXPECT_EQ(reviews_of(source), expected);
}

TEST_F(RowSources, Amazon2018HasTextOrLists) {
  DomainSource source;
  source.reviews = write(
      "reviews_Toys.json",
      R"({"reviewerID": "a", "asin": "B1", "overall": 4.0, "reviewText": "Fine.", "summary": "Ok", "unixReviewTime": 1158019200}
)");
  source.items = write(
      "meta_Toys.json",
      R"({"asin": "B1", "title": "Kite", "description": ["Flies.", "High."], "category": ["Toys", "Kites"], "imageURLHighRes": ["http://h"]}
)");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|1158019200000|Ok|Fine.");
  EXPECT_EQ(items(), "0|B1|Kite|Flies. High.|Toys, Kites|http://h");
}

TEST_F(RowSources, Amazon2014ItemsArePythonLiterals) {
  DomainSource source;
  source.format = "amazon-2014";
  source.reviews = write(
      "reviews_Toys_5.json",
      R"({"reviewerID": "a", "asin": "B1", "overall": 4.0, "reviewText": "Fine.", "summary": "Ok", "unixReviewTime": 1158019200}
)");
  source.items = write(
      "meta_Toys.json",
      R"({'asin': 'B1', 'title': "Bob's kite", 'price': 9.5, 'imUrl': 'http://i', 'categories': [['Toys', 'Kites'], ['Toys', 'Air']], 'description': None}
)");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|1158019200000|Ok|Fine.");
  EXPECT_EQ(items(), "0|B1|Bob's kite||Toys, Kites, Air|http://i");
}

TEST_F(RowSources, RecBoleHasTypedNamesAndNoQuotes) {
  DomainSource source;
  source.reviews = write("ml.inter",
                         "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                         "a\t7\t3\t881250949\n");
  source.items = write("ml.item",
                       "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
                       "7\t\"Weird Al\" Yankovic\tComedy Music\n");
  EXPECT_EQ(reviews_of(source), "a|0|3.0|881250949000||");
  EXPECT_EQ(items(), "0|7|\"Weird Al\" Yankovic||Comedy Music|");
}

TEST_F(RowSources, CsvWithItsOwnColumnNames) {
  DomainSource source;
  source.reviews = write("x.csv",
                         "who;what;stars given;when;said\r\n"
                         "a;i1;4.5;2020-01-02 00:00:00;\"one; \"\"two\"\"\nthree\"\r\n");
  source.user_column = "who";
  source.item_column = "what";
  source.rating_column = "stars given";
  source.time_column = "when";
  source.text_column = "said";
  EXPECT_EQ(reviews_of(source), "a|0|4.5|1577923200000||one; \"two\" three");
}

TEST_F(RowSources, CsvWithAByteOrderMark) {
  DomainSource source;
  source.reviews = write("x.csv", "\xEF\xBB\xBFuserId,movieId,rating\na,1,4\n");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|0||");
}

TEST_F(RowSources, TsvMayOrMayNotBeQuoted) {
  DomainSource source;
  source.reviews = write("x.tsv", "user\titem\trating\tcomment\na\ti\t4\t\"so\tso\"\n");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|0||so so");
  source.reviews = write("y.tsv", "user\titem\trating\tcomment\na\ti\t4\t\"12\" disc\n");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|0||\"12\" disc");
}

TEST_F(RowSources, ParquetWithListsAndStructs) {
  Database database({});
  database.execute(fmt::format(
      "COPY (SELECT 17 AS user_id, 'i' AS item_id, 4::TINYINT AS rating, "
      "TIMESTAMP '2020-01-02' AS date) TO '{0}/r.parquet'; "
      "COPY (SELECT 'i' AS item_id, 'Kite' AS title, ['Flies.', 'High.'] AS description, "
      "['Toys'] AS categories, {{'hi_res': ['http://h']}} AS images) TO '{0}/i.parquet'",
      folder().string()));
  IngestConfig config = two_shops();
  config.source.reviews = (folder() / "r.parquet").string();
  config.source.items = (folder() / "i.parquet").string();
  config.target.reviews = write("t.csv", "user,item,rating\n17,t,3\n");
  run(config);
  EXPECT_EQ(rows("FROM '{}/source/reviews.parquet'"), "0|0|4.0|1577923200000||");
  EXPECT_EQ(items(), "0|i|Kite|Flies. High.|Toys|http://h");
}

TEST_F(RowSources, QueriesReadAnythingAndArePartOfTheKey) {
  const std::string file = write("all.csv", "u,i,r,genre\na,1,5,Rock\nb,2,4,Pop\na,2,3,Pop\n");
  IngestConfig config;
  config.min_user_reviews = 1;
  config.source.query =
      fmt::format("SELECT u AS user, i AS item, r AS rating FROM '{}' WHERE genre = 'Rock';", file);
  config.source.items_query =
      fmt::format("SELECT DISTINCT i AS item, [genre] AS categories FROM '{}'", file);
  config.target.query =
      fmt::format("SELECT u AS user, i AS item, r AS rating FROM '{}' WHERE genre = 'Pop'", file);
  const Manifest first = run(config);
  EXPECT_EQ(rows("FROM '{}/target/reviews.parquet'"), "0|0|3.0|0||; 1|0|4.0|0||");
  EXPECT_EQ(items(), "0|1|||Rock|");
  write("all.csv", "u,i,r,genre\na,1,5,Rock\nb,2,4,Pop\na,2,1,Pop\n");
  EXPECT_NE(run(config).fingerprint, first.fingerprint);
}

TEST_F(RowSources, FilesOfAQueryAreFoundInItsLiterals) {
  const std::string one = write("one.csv", "a\n1\n");
  const std::string two = write("two.csv", "a\n1\n");
  Database database({});
  EXPECT_EQ(files_in_query(database,
                           fmt::format("SELECT 'x', 'it''s' FROM '{0}/*.csv', '{1}', '{0}/no.csv'",
                                       folder().string(),
                                       one)),
            (std::vector<std::string>{one, two}));
}

TEST_F(RowSources, FileNamesAreNoPatterns) {
  DomainSource source;
  source.reviews = write("a[1]*?'.csv", "user,item,rating\na,i,4\n");
  write("a1.csv", "user,item,rating\nb,i,4\n");
  EXPECT_EQ(reviews_of(source), "a|0|4.0|0||");
}

}  // namespace
}  // namespace crossfade

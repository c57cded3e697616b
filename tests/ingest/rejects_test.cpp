// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/rejects.h"

#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class Rejects : public testing::IngestFixture {
 protected:
  // What the table of rejected rows holds after reading `source`.
  std::string rejected(const DomainSource& source) {
    IngestConfig config = two_shops();
    config.max_bad_fraction = 1.0;
    config.source = source;
    manifest_ = run(config);
    return rows("SELECT line, reason FROM '{}/rejected.parquet' WHERE domain = 'source'");
  }

  [[nodiscard]] std::int64_t count() const { return manifest_.details["source"]["rejected"]; }

 private:
  Manifest manifest_;
};

TEST_F(Rejects, JsonRowsBearTheirLineAndReason) {
  DomainSource source;
  source.reviews = write(
      "x.jsonl",
      "{\"rating\": 5.0, \"parent_asin\": \"B1\", \"user_id\": \"a\", \"timestamp\": 1}\n"
      "{\"rating\": 7, \"parent_asin\": \"B1\", \"user_id\": \"a\"}\n"
      "\n"
      "{\"rating\": NaN, \"parent_asin\": \"B1\", \"user_id\": \"a\"}\n"
      "{\"rating\": 3, \"parent_asin\": \"B1\"}\n"
      "not json\n"
      "{\"rating\": \"abc\", \"parent_asin\": \"B1\", \"user_id\": \"a\"}\n"
      "[1, 2]\n"
      "{\"rating\": 1e400, \"parent_asin\": \"B1\", \"user_id\": \"a\"}\n"
      "{\"rating\": 4, \"parent_asin\": \"B\xff\", \"user_id\": \"a\"}\n"
      "{\"rating\": 4, \"parent_asin\": \"B2\", \"user_id\": \"a\", \"timestamp\": \"soon\"}\n"
      "{\"rating\": null, \"parent_asin\": \"B2\", \"user_id\": \"a\"}\n"
      "{\"rating\": 4, \"parent_asin\": \"\", \"user_id\": \"a\"}\n"
      "{\"rating\": 4, \"parent_asin\": \"B2\", \"user_id\": \"a\", \"time");
  EXPECT_EQ(rejected(source),
            "2|rating = 7 is outside [1, 5]; 4|rating = NaN is outside [1, 5]; "
            "5|user_id is missing; 6|not valid JSON; 7|rating = \"abc\" is not a number; "
            "8|not a JSON object; 9|rating = 1e400 is outside [1, 5]; 10|not valid UTF-8; "
            "11|timestamp = \"soon\" is no time; 12|rating is missing; 13|parent_asin is missing; "
            "14|not valid JSON");
  EXPECT_EQ(count(), 12);
}

TEST_F(Rejects, DelimitedRowsBearTheirLineAndReason) {
  DomainSource source;
  source.reviews = write("x.csv",
                         "user_id,item_id,rating,text\n"
                         "a,i1,5,\"hello, world\"\n"
                         "a,i2,7,\"two\nlines\"\n"
                         "\n"
                         "a,i3,x,b\n"
                         "a,i4\n"
                         "a,i5,3,a,b,c\n"
                         "a,i6,3,\"closed \" too early\n"
                         "a,,4,text\n"
                         "a,i8,3,b\xff\n"
                         ",i9,0.5,last");
  EXPECT_EQ(rejected(source),
            "3|rating = 7 is outside [1, 5]; 6|rating = \"x\" is not a number; "
            "7|has fewer than 4 fields; 8|has more than 4 fields; "
            "9|a quote is not closed or text follows it; 10|item_id is missing; "
            "11|not valid UTF-8; 12|user_id is missing");
  EXPECT_EQ(count(), 8);
}

TEST_F(Rejects, GzipRowsBearTheirLine) {
  DomainSource source;
  source.reviews = write("x.csv.gz", testing::gzipped("user,item,rating\na,i1,5\na,i2\na,i3,9\n"));
  EXPECT_EQ(rejected(source), "3|has fewer than 3 fields; 4|rating = 9 is outside [1, 5]");
}

TEST_F(Rejects, RowsOfAQueryBearTheirPlace) {
  DomainSource source;
  source.query = "SELECT * FROM (VALUES ('a', 'i', 5), ('a', 'j', 6)) v(\"user\", item, rating)";
  EXPECT_EQ(rejected(source), "2|rating = 6 is outside [1, 5]");
}

TEST_F(Rejects, ItemsWithoutAnIdAreListed) {
  DomainSource source = two_shops().source;
  source.items = write("meta.json",
                       "{'asin': 's1', 'title': 'A'}\n"
                       "{'title': 'B'}\n"
                       "{'asin': 's2', 'title': \n"
                       "{'asin': 's2\xff'}\n");
  EXPECT_EQ(rejected(source), "2|asin is missing; 3|not valid Python; 4|not valid UTF-8");
}

TEST_F(Rejects, HalfStarsAndDatesAreFine) {
  DomainSource source;
  source.reviews = write("x.csv",
                         "user,item,rating,date\na,i,0.5e1,2020-01-02\na,j,1.5,1588687728\n"
                         "a,k,2,1588687728923\na,l,3,\n");
  EXPECT_EQ(rejected(source), "");
  EXPECT_EQ(rows("SELECT rating, time_ms FROM '{}/source/reviews.parquet'"),
            "5.0|1577923200000; 1.5|1588687728000; 2.0|1588687728923; 3.0|0");
}

TEST_F(Rejects, TooManyStopTheStage) {
  IngestConfig config = two_shops();
  config.source.reviews = write("x.csv", "user,item,rating\na,i,5\na,j,7\nb,k,4\n");
  EXPECT_EQ(error_of(config),
            "data: DIR/x.csv: 1 of 3 rows rejected, more than ingest.max_bad_fraction = 0.005; "
            "first: line 3: rating = 7 is outside [1, 5]");
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/funnel.h"

#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class Funnel : public testing::IngestFixture {
 protected:
  // Source ratings of user a in the order of items.
  std::string kept(const std::string& dedupe, const std::string& csv) {
    IngestConfig config = two_shops();
    config.dedupe = dedupe;
    config.source.reviews = write("s.csv", csv);
    run(config);
    return rows("SELECT rating FROM '{}/source/reviews.parquet'");
  }
};

TEST_F(Funnel, KeepsOneOfSeveralReviewsOfAnItem) {
  const std::string csv =
      "user,item,rating,time\na,i,1,300\na,i,2,100\na,i,3,100\na,i,4,400\na,i,5,400\na,i,1,200\n";
  EXPECT_EQ(kept("earliest", csv), "2.0");
  EXPECT_EQ(kept("latest", csv), "5.0");
  EXPECT_EQ(kept("first", csv), "1.0");
  EXPECT_EQ(kept("last", csv), "1.0");
  EXPECT_EQ(kept("all", csv), "1.0; 2.0; 3.0; 4.0; 5.0; 1.0");
}

TEST_F(Funnel, WithoutTimesTheOrderOfRowsDecides) {
  const std::string csv = "user,item,rating\na,i,4\na,i,2\n";
  EXPECT_EQ(kept("earliest", csv), "4.0");
  EXPECT_EQ(kept("latest", csv), "2.0");
}

// Users a and b: i1 and i5 have everything, i2 no description, i3 no image, i4 no row at all.
class FilteredFunnel : public Funnel {
 protected:
  [[nodiscard]] IngestConfig config() const {
    IngestConfig config = two_shops();
    config.min_words = 3;
    config.require_description = true;
    config.require_image = true;
    config.min_user_reviews = 2;
    for (DomainSource* domain : {&config.source, &config.target}) {
      domain->reviews = write("reviews.csv",
                              "user,item,rating,text\n"
                              "a,i1,5,one two three\n"
                              "a,i1,4,again two three\n"
                              "a,i5,5,one &amp; <b>three</b>\n"
                              "a,i2,5,one two three\n"
                              "b,i1,3,one two three\n"
                              "b,i3,3,one two three\n"
                              "b,i4,3,one two three four\n"
                              "b,i5,3,one <br/> two\n"
                              "c,i9,9,out of range\n");
      domain->items = write("items.csv",
                            "item,title,description,image\n"
                            "i1,A,text,http://x\n"
                            "i2,B,,http://x\n"
                            "i3,C,text,missing.jpg\n"
                            "i5,D,text,http://x\n");
    }
    config.max_bad_fraction = 0.2;
    return config;
  }
};

TEST_F(FilteredFunnel, CountsWhatEveryStepLeavesAndDrops) {
  const Manifest manifest = run(config());
  const std::string domain_rows =
      "  read                                 0           9           0           0\n"
      "  rejected                             1           8           0           0\n"
      "  duplicates                           1           7           2           5\n"
      "  reviews under 3 words                1           6           2           5\n"
      "  items without description            2           4           2           3\n"
      "  items without image                  1           3           2           2\n"
      "  users under 2 reviews                1           2           1           2\n"
      "  kept                                 0           2           1           2\n";
  EXPECT_EQ(funnel_table(manifest),
            "source                           dropped     reviews       users       items\n" +
                domain_rows +
                "target                           dropped     reviews       users       items\n" +
                domain_rows + "1 users in all, 1 in both domains\n");
  EXPECT_EQ(rows("SELECT id FROM '{}/users.parquet'"), "a");
  EXPECT_EQ(rows("SELECT id FROM '{}/source/items.parquet'"), "i1; i5");
}

TEST_F(FilteredFunnel, MayCountReviewsBeforeItemsAreDropped) {
  IngestConfig config = this->config();
  config.count_before_item_filter = true;
  const Manifest manifest = run(config);
  std::string steps;
  for (const Json& step : manifest.details.at("source").at("funnel")) {
    steps += fmt::format(
        "{} {}; ", step.at("step").get<std::string>(), step.at("rows").get<std::int64_t>());
  }
  EXPECT_EQ(steps,
            "read 9; rejected 8; duplicates 7; reviews under 3 words 6; users under 2 reviews 6; "
            "items without description 4; items without image 3; kept 3; ");
}

}  // namespace
}  // namespace crossfade

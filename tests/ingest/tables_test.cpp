// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/tables.h"

#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

using Tables = testing::IngestFixture;

TEST_F(Tables, WritesTablesWithDenseIdsInByteOrder) {
  IngestConfig config = two_shops();
  config.source.reviews =
      write("s.csv", "user,item,rating,time,title,review\nb,Z,1,9,T,x y\na,a,2,8,,\né,Z,3,7,,\n");
  run(config);
  EXPECT_EQ(rows("FROM '{}/users.parquet'"), "0|a; 1|b; 2|c; 3|é");
  EXPECT_EQ(rows("FROM '{}/source/items.parquet'"), "0|Z||||; 1|a||||");
  EXPECT_EQ(rows("FROM '{}/source/reviews.parquet'"),
            "0|1|2.0|8000||; 1|0|1.0|9000|T|x y; 3|0|3.0|7000||");
  EXPECT_EQ(
      rows("SELECT column_name, column_type FROM (DESCRIBE FROM "
           "'{}/source/reviews.parquet')"),
      "user|INTEGER; item|INTEGER; rating|FLOAT; time_ms|BIGINT; title|VARCHAR; text|VARCHAR");
  EXPECT_EQ(rows("SELECT column_name, column_type FROM (DESCRIBE FROM "
                 "'{}/source/items.parquet')"),
            "item|INTEGER; id|VARCHAR; title|VARCHAR; description|VARCHAR; categories|VARCHAR; "
            "image|VARCHAR");
}

TEST_F(Tables, KeepsTheFullestOfSeveralRowsAboutAnItem) {
  IngestConfig config = two_shops();
  config.source.items = write("items.csv",
                              "item,title,description,image\n"
                              "s1,first,,\n"
                              "s1,second,text,http://x\n"
                              "s1,third,text,http://y\n");
  run(config);
  EXPECT_EQ(rows("FROM '{}/source/items.parquet'"), "0|s1|second|text||http://x; 1|s2||||");
}

TEST_F(Tables, FindsImagesBesideTheItemsFileOrByTheItemsId) {
  std::filesystem::create_directories(folder() / "posters");
  write("posters/one.png", "image");
  write("posters/s2.jpg", "image");
  IngestConfig config = two_shops();
  config.source.items = write("items.csv", "item,image\ns1,posters/one.png\ns2,http://x/s2.jpg\n");
  run(config);
  EXPECT_EQ(rows("SELECT image FROM '{}/source/items.parquet'"),
            "DIR/posters/one.png; http://x/s2.jpg");
  config.source.images = (folder() / "posters").string();
  run(config);
  EXPECT_EQ(rows("SELECT image FROM '{}/source/items.parquet'"), "; DIR/posters/s2.jpg");
}

}  // namespace
}  // namespace crossfade

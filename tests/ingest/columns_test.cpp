// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/columns.h"

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

// "field=column" of what is found.
std::string found(const std::vector<std::string>& columns, const DomainSource& from = {}) {
  std::string out;
  for (const RowField& field : resolve_fields(review_fields(from), columns, "x.csv", "source")) {
    out += field.column.empty() ? "" : fmt::format("{}={} ", field.name, field.column);
  }
  return out;
}

TEST(Columns, AreRecognisedInAnyCaseAndWithRecBolesTypes) {
  EXPECT_EQ(found({"USERID", "MovieId", "Rating", "Timestamp"}),
            "user=USERID item=MovieId rating=Rating time=Timestamp ");
  EXPECT_EQ(found({"user_id:token", "item_id:token", "rating:float"}),
            "user=user_id:token item=item_id:token rating=rating:float ");
}

TEST(Columns, TheItemIsTheParentWhenAFileHasBoth) {
  EXPECT_EQ(found({"asin", "parent_asin", "user_id", "rating"}),
            "user=user_id item=parent_asin rating=rating ");
}

TEST(Columns, FilesOfItemsNameTheItemAsReviewsDoOrJustId) {
  const std::vector<std::string_view> in_reviews = review_fields({})[1].known;
  std::vector<std::string_view> in_items = item_fields()[0].known;
  EXPECT_EQ(in_items.back(), "id");
  in_items.pop_back();
  EXPECT_EQ(in_items, in_reviews);
}

TEST(Columns, ASettingGoesBeforeRecognition) {
  DomainSource from;
  from.item_column = "asin";
  EXPECT_EQ(found({"asin", "parent_asin", "user_id", "rating"}, from),
            "user=user_id item=asin rating=rating ");
}

TEST(Columns, AMissingOneIsAnErrorThatListsTheOthers) {
  testing::expect_error(ErrorKind::kData,
                        "x.csv: no column is the rating; it has: user, item; name it with "
                        "ingest.source.rating_column",
                        [] {
                          static_cast<void>(found({"user", "item"}));
                        });
  DomainSource from;
  from.text_column = "said";
  testing::expect_error(ErrorKind::kUsage,
                        "x.csv: there is no column \"said\" (ingest.source.text_column); it has: "
                        "user, item, rating",
                        [&] {
                          static_cast<void>(found({"user", "item", "rating"}, from));
                        });
}

}  // namespace
}  // namespace crossfade

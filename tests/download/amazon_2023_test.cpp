// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/amazon_2023.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

TEST(Amazon2023, HasTwoFilesPerCategory) {
  const auto files = amazon_2023_files("Movies_and_TV", "http://host/data", "out");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].address, "http://host/data/raw/review_categories/Movies_and_TV.jsonl.gz");
  EXPECT_EQ(files[0].path, "out/Movies_and_TV.jsonl.gz");
  EXPECT_EQ(files[1].address, "http://host/data/raw/meta_categories/meta_Movies_and_TV.jsonl.gz");
  EXPECT_EQ(files[1].path, "out/meta_Movies_and_TV.jsonl.gz");
  EXPECT_EQ(amazon_2023_files("Books", "http://host/", "out")[0].address,
            "http://host/raw/review_categories/Books.jsonl.gz");
}

TEST(Amazon2023, HasCategoriesInOrder) {
  const auto names = amazon_2023_categories();
  EXPECT_EQ(names.size(), 34U);
  EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(Amazon2023, NamesTheNearestCategories) {
  const auto message = [](const std::string& name, const std::string& nearest) {
    testing::expect_error(
        ErrorKind::kUsage,
        "\"" + name + "\" is no category of Amazon Reviews 2023; the nearest are: " + nearest,
        [&] { static_cast<void>(amazon_2023_files(name, "http://a", "out")); });
  };
  message("Boks", "Books, Baby_Products, Video_Games");
  message("movies", "Movies_and_TV, Automotive, Video_Games");
  message("CDs & Vinyl", "CDs_and_Vinyl, Arts_Crafts_and_Sewing, Movies_and_TV");
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "crossfade/documents/documents.h"
#include "crossfade/ingest/ingest.h"

#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

fs::path data_directory() {
  const char* named = std::getenv("CROSSFADE_DATA");
  return named != nullptr ? fs::path(named) : fs::path(CROSSFADE_SOURCE_DIR) / "../shared/data";
}

// Digital music in two domains: items that a rock category names, and the others.
IngestConfig rock_and_other(const fs::path& folder) {
  const std::string reviews = (folder / "reviews_Digital_Music_5.json.gz").string();
  const std::string meta = (folder / "meta_Digital_Music.json.gz").string();
  IngestConfig config;
  config.min_user_reviews = 1;
  for (auto [domain, relation] : {std::pair(&config.source, "IN"), {&config.target, "NOT IN"}}) {
    domain->query = fmt::format(
        "SELECT reviewerID AS user, asin AS item, overall AS rating, unixReviewTime AS time, "
        "summary AS title, reviewText AS text FROM read_json('{}') WHERE asin {} (SELECT asin FROM "
        "read_json('{}') WHERE len(list_filter(categories, lambda path: contains(path[2], "
        "'Rock'))) > 0)",
        reviews,
        relation,
        meta);
  }
  return config;
}

// 6,908 reviews of 1,675 and 1,261 users, 446 of them in both.
TEST(RealReviews, OfDigitalMusicAreEnglish) {
  const fs::path folder = data_directory() / "amazon2014-digital-music";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "no real data in " << folder;
  }
  const testing::TempDirectory out;
  ingest(rock_and_other(folder), out / "ingest", {}, {});
  build_dataset(out / "ingest", out / "dataset", {});
  const Dataset dataset(out / "dataset");
  const Split split = draw_split(dataset, {}, 1);
  build_documents({}, out / "ingest", dataset, split, out / "documents", {});
  const DocumentSet set = open_documents(out / "documents");
  EXPECT_EQ(set.of(Domain::kSource, ReviewField::kText).rows(), 4131U);
  const std::size_t target = set.of(Domain::kTarget, ReviewField::kText).rows();
  EXPECT_EQ(target, training_ratings(dataset, split, Domain::kTarget).items.size());
  EXPECT_LT(target, 2777U);
  EXPECT_GT(set.words(), 10'000U);
  EXPECT_LT(set.words(), 60'000U);
  EXPECT_TRUE(std::ranges::is_sorted(set.counts, std::ranges::greater()));
  EXPECT_GE(std::ranges::min(set.reviews), 2);
  for (const char* word : {"album", "song", "songs", "music", "not"}) {
    const auto number = set.find(word);
    ASSERT_TRUE(number.has_value()) << word;
    EXPECT_LT(*number, 20) << word;
  }
  EXPECT_EQ(set.find("the"), std::nullopt);
  // A review has about 80 words that are no function words, and a title of three.
  const auto per_row = [&](ReviewField field) {
    const ReviewWords& words = set.of(Domain::kSource, field);
    return static_cast<double>(words.words.size()) / static_cast<double>(words.rows());
  };
  EXPECT_GT(per_row(ReviewField::kText), 50.0);
  EXPECT_LT(per_row(ReviewField::kText), 200.0);
  EXPECT_GT(per_row(ReviewField::kTitle), 1.0);
  EXPECT_LT(per_row(ReviewField::kTitle), 6.0);
}

}  // namespace
}  // namespace crossfade

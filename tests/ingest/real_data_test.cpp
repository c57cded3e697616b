// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "crossfade/core/database.h"
#include "crossfade/core/error.h"
#include "crossfade/ingest/funnel.h"
#include "crossfade/ingest/ingest.h"

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

class RealData : public testing::IngestFixture {
 protected:
  void SetUp() override {
    const char* given = std::getenv("CROSSFADE_DATA");
    data_ = given != nullptr ? fs::path(given) : fs::path(CROSSFADE_SOURCE_DIR) / "../shared/data";
    if (!fs::is_directory(data_)) {
      GTEST_SKIP() << "no real data in " << data_ << "; set CROSSFADE_DATA";
    }
  }

  [[nodiscard]] std::string data(const std::string& file) const { return (data_ / file).string(); }

  // Users, items and reviews of a domain.
  static void expect_counts(const Manifest& manifest,
                            const std::string& domain,
                            std::int64_t users,
                            std::int64_t items,
                            std::int64_t reviews) {
    const Json& details = manifest.details.at(domain);
    EXPECT_EQ(details.at("funnel").back().at("users"), users) << funnel_table(manifest);
    EXPECT_EQ(details.at("items"), items) << funnel_table(manifest);
    EXPECT_EQ(details.at("reviews"), reviews) << funnel_table(manifest);
  }

 private:
  fs::path data_;
};

TEST_F(RealData, AmazonBooksAndMoviesHaveTheirPublishedCounts) {
  IngestConfig config;
  config.dedupe = "last";
  config.min_user_reviews = 1;
  config.source.reviews = data("amazon-books-movies/books.inter");
  config.source.items = data("amazon-books-movies/books.items.tsv");
  config.target.reviews = data("amazon-books-movies/movies.inter");
  config.target.items = data("amazon-books-movies/movies.items.tsv");
  const Manifest manifest = run(config);
  expect_counts(manifest, "source", 1426, 723, 31504);
  expect_counts(manifest, "target", 1381, 1338, 62084);
  EXPECT_EQ(manifest.details.at("overlap"), 1329);
  EXPECT_EQ(number("SELECT count(*) FROM '{}/target/items.parquet' WHERE title <> ''"), 576);
  EXPECT_EQ(number("SELECT count(*) FROM '{}/source/items.parquet' WHERE title <> ''"), 284);
}

TEST_F(RealData, MovieLensComedyAndActionHaveTheirPublishedCounts) {
  IngestConfig config;
  config.min_user_reviews = 10;
  for (auto [domain, name] : {std::pair(&config.source, "comedy"), {&config.target, "action"}}) {
    domain->reviews = data(fmt::format("movielens-comedy-action/{}.ratings.tsv", name));
    domain->items = data(fmt::format("movielens-comedy-action/{}.items.tsv", name));
  }
  const Manifest manifest = run(config);
  expect_counts(manifest, "source", 684, 557, 28789);
  expect_counts(manifest, "target", 815, 486, 37800);
  EXPECT_EQ(manifest.details.at("overlap"), 628);
  EXPECT_EQ(number("SELECT count(*) FROM (FROM '{0}/source/items.parquet' UNION ALL "
                   "FROM '{0}/target/items.parquet') WHERE image <> ''"),
            1033);
}

TEST_F(RealData, DigitalMusicIsCutIntoTwoDomainsByCategory) {
  IngestConfig config;
  config.min_user_reviews = 1;
  // A category is a path such as [CDs & Vinyl, Classic Rock, Psychedelic Rock]; its second
  // element is the genre.
  const std::string rock = fmt::format(
      "SELECT asin FROM read_json('{}') "
      "WHERE len(list_filter(categories, lambda path: contains(path[2], 'Rock'))) > 0",
      data("amazon2014-digital-music/meta_Digital_Music.json.gz"));
  for (auto [domain, relation] : {std::pair(&config.source, "IN"), {&config.target, "NOT IN"}}) {
    domain->query = fmt::format(
        "SELECT reviewerID AS user, asin AS item, overall AS rating, unixReviewTime AS time, "
        "summary AS title, reviewText AS text FROM read_json('{}') WHERE asin {} ({})",
        data("amazon2014-digital-music/reviews_Digital_Music_5.json.gz"),
        relation,
        rock);
    domain->items_query = fmt::format(
        "SELECT asin AS item, title, description, categories, imUrl AS image FROM "
        "read_json('{}')",
        data("amazon2014-digital-music/meta_Digital_Music.json.gz"));
  }
  const Manifest manifest = run(config);
  expect_counts(manifest, "source", 1675, 197, 4131);
  expect_counts(manifest, "target", 1261, 185, 2777);
  EXPECT_EQ(manifest.details.at("overlap"), 446);
}

}  // namespace
}  // namespace crossfade

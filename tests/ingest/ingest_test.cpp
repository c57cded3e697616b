// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/ingest.h"

#include <set>

#include <gtest/gtest.h>

#include "crossfade/core/random.h"
#include "crossfade/core/toml.h"

#include "tests/ingest/ingest_fixture.h"

namespace crossfade {
namespace {

class Ingest : public testing::IngestFixture {
 protected:
  // Reviews of 3,000 users with texts, duplicates and equal times; enough for several row groups
  // and for every thread to get work.
  [[nodiscard]] std::string many_reviews(const std::string& name, std::uint64_t stream) const {
    Rng rng = Rng(7).fork("reviews", stream);
    std::string lines;
    for (int row = 0; row < 150'000; ++row) {
      lines += fmt::format(
          "{{\"user_id\": \"u{}\", \"parent_asin\": \"i{}\", \"rating\": {}, \"timestamp\": {}, "
          "\"text\": \"word number {} of the review\"}}\n",
          rng.below(3000),
          rng.below(500),
          1 + rng.below(5),
          rng.below(10),
          row);
    }
    return write(name, lines);
  }
};

TEST_F(Ingest, LeavesNothingButItsFiles) {
  run(two_shops());
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out())) {
    files.insert(entry.path().lexically_relative(out()).string());
  }
  EXPECT_EQ(files,
            (std::set<std::string>{"manifest.json",
                                   "rejected.parquet",
                                   "source",
                                   "source/items.parquet",
                                   "source/reviews.parquet",
                                   "target",
                                   "target/items.parquet",
                                   "target/reviews.parquet",
                                   "users.parquet"}));
}

TEST_F(Ingest, IsSkippedUntilItsInputOrSettingsChange) {
  IngestConfig config = two_shops();
  EXPECT_FALSE(ingest(config, out(), {}, {}).reused);
  EXPECT_TRUE(ingest(config, out(), {}, {}).reused);
  config.dedupe = "last";
  EXPECT_FALSE(ingest(config, out(), {}, {}).reused);
  write("source.csv", "user_id,item_id,rating\na,s1,1\nb,s2,3.5\n");
  EXPECT_FALSE(ingest(config, out(), {}, {}).reused);
}

TEST_F(Ingest, MemoryAndThreadsAreNoReasonToRunAgain) {
  IngestConfig config = two_shops();
  run(config);
  config.threads = 3;
  config.memory_limit = "2GB";
  EXPECT_TRUE(ingest(config, out(), {}, {}).reused);
}

TEST_F(Ingest, GivesTheSameBytesForAnyNumberOfThreads) {
  IngestConfig config;
  config.source.reviews = many_reviews("s.jsonl", 1);
  config.target.reviews = many_reviews("t.jsonl", 2);
  std::set<std::string> hashes;
  for (const std::int64_t threads : {1, 4}) {
    config.threads = threads;
    hashes.insert(
        ingest(config, folder() / fmt::format("out{}", threads), {}, {}).manifest.content_hash);
  }
  config.memory_limit = "150MB";
  hashes.insert(ingest(config, folder() / "small", {}, {}).manifest.content_hash);
  EXPECT_EQ(hashes.size(), 1);
}

TEST_F(Ingest, ReportsItsSteps) {
  std::vector<std::string> steps;
  ingest(two_shops(), out(), [&](const Progress& p) { steps.emplace_back(p.what); }, {});
  EXPECT_EQ(steps.front(), "reading the source reviews");
  EXPECT_EQ(steps.back(), "done");
}

TEST_F(Ingest, SettingsPrintAndParseBackToTheSame) {
  IngestConfig config = two_shops();
  config.source.query = "SELECT 'a\"b'";
  const std::string text = to_toml(config);
  IngestConfig parsed;
  apply_toml(parsed, parse_toml(text, "text"));
  EXPECT_EQ(to_toml(parsed), text);
}

}  // namespace
}  // namespace crossfade

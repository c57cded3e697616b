// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/synth.h"

#include <set>

#include <gtest/gtest.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"
#include "tests/synth/sample_files.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::read_jsonl;
using testing::read_lines;
using testing::read_tree;
using testing::TempDirectory;

SynthConfig tiny() {
  SynthConfig config;
  config.users = 40;
  config.min_reviews = 5;
  config.reviews_per_user = 8;
  config.source_items = 40;
  config.target_items = 40;
  config.image_size = 16;
  config.blemishes.missing_image = 0.9;  // committing a directory takes longer, the more files
  return config;
}

std::vector<std::string> names_of(const Json& row) {
  std::vector<std::string> names;
  for (const auto& [name, value] : row.items()) {
    names.push_back(name);
  }
  return names;
}

std::set<std::string> users_of(const std::vector<Json>& reviews) {
  std::set<std::string> users;
  for (const Json& review : reviews) {
    users.insert(review["user_id"]);
  }
  return users;
}

TEST(Synth, WritesTheReviewFieldsOfTheRawFormat) {
  const TempDirectory directory;
  synthesize(tiny(), directory / "out", {});
  const std::vector<Json> reviews = read_jsonl(directory / "out/source_reviews.jsonl");
  ASSERT_FALSE(reviews.empty());
  for (const Json& review : reviews) {
    EXPECT_EQ(names_of(review),
              (std::vector<std::string>{"rating",
                                        "title",
                                        "text",
                                        "images",
                                        "asin",
                                        "parent_asin",
                                        "user_id",
                                        "timestamp",
                                        "helpful_vote",
                                        "verified_purchase"}));
    EXPECT_GE(review["rating"].get<double>(), 1.0);
    EXPECT_LE(review["rating"].get<double>(), 5.0);
    EXPECT_GT(review["timestamp"].get<std::int64_t>(), 1'420'000'000'000);  // 2015
    EXPECT_LT(review["timestamp"].get<std::int64_t>(), 1'690'000'000'000);  // 2023
    EXPECT_TRUE(review["verified_purchase"].is_boolean());
  }
}

TEST(Synth, WritesTheItemFieldsOfTheRawFormatAndTheirImages) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  config.blemishes = {0, 0, 0, 0, 0, 0, 0, 0};
  const SynthSummary summary = synthesize(config, directory / "out", {});
  const std::vector<Json> items = read_jsonl(directory / "out/target_items.jsonl");
  ASSERT_EQ(items.size(), 40U);
  EXPECT_EQ(summary.target.images, 40);
  for (const Json& item : items) {
    EXPECT_EQ(names_of(item),
              (std::vector<std::string>{"main_category",
                                        "title",
                                        "average_rating",
                                        "rating_number",
                                        "features",
                                        "description",
                                        "price",
                                        "images",
                                        "videos",
                                        "store",
                                        "categories",
                                        "details",
                                        "parent_asin",
                                        "bought_together"}));
    EXPECT_EQ(item["description"].size(), 1U);
    EXPECT_EQ(item["categories"].size(), 2U);
    const std::string image = item["images"][0]["large"];
    EXPECT_TRUE(fs::is_regular_file(directory / "out" / image)) << image;
  }
}

TEST(Synth, ItemsStateTheirReviews) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  config.blemishes.duplicate_reviews = 0.0;
  synthesize(config, directory / "out", {});
  std::map<std::string, std::int64_t> counts;
  for (const Json& review : read_jsonl(directory / "out/source_reviews.jsonl")) {
    ++counts[review["parent_asin"]];
  }
  for (const Json& item : read_jsonl(directory / "out/source_items.jsonl")) {
    EXPECT_EQ(item["rating_number"], counts[item["parent_asin"]]);
  }
}

TEST(Synth, UsersAreInTheShopsOfTheirRole) {
  const TempDirectory directory;
  const SynthSummary summary = synthesize(tiny(), directory / "out", {});
  EXPECT_EQ(summary.overlap_users, 16);  // 0.4 of 40
  EXPECT_EQ(summary.auxiliary_users, 12);
  EXPECT_EQ(summary.side_users, 12);
  const std::vector<std::string> ids = read_lines(directory / "out/truth/users.txt");
  ASSERT_EQ(ids.size(), 40U);
  EXPECT_EQ(users_of(read_jsonl(directory / "out/source_reviews.jsonl")),
            (std::set<std::string>(ids.begin(), ids.begin() + 28)));
  std::set<std::string> target(ids.begin(), ids.begin() + 16);
  target.insert(ids.begin() + 28, ids.end());
  EXPECT_EQ(users_of(read_jsonl(directory / "out/target_reviews.jsonl")), target);
}

TEST(Synth, NobodyReviewsFewerItemsThanTheMinimumOrOneTwice) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  config.blemishes.duplicate_reviews = 0.0;
  const SynthSummary summary = synthesize(config, directory / "out", {});
  std::map<std::string, std::set<std::string>> items;
  const std::vector<Json> reviews = read_jsonl(directory / "out/target_reviews.jsonl");
  for (const Json& review : reviews) {
    EXPECT_TRUE(items[review["user_id"]].insert(review["parent_asin"]).second);
  }
  for (const auto& [user, of_user] : items) {
    EXPECT_GE(of_user.size(), 5U);
    EXPECT_LE(of_user.size(), 10U);  // a quarter of the catalogue
  }
  EXPECT_EQ(summary.target.reviews, static_cast<std::int64_t>(reviews.size()));
}

TEST(Synth, EqualSettingsGiveEqualBytesAndAnotherSeedOthers) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  synthesize(config, directory / "first", {});
  synthesize(config, directory / "second", {});
  config.seed = 8;
  synthesize(config, directory / "other", {});
  const auto first = read_tree(directory / "first");
  EXPECT_EQ(first, read_tree(directory / "second"));
  const auto other = read_tree(directory / "other");
  EXPECT_NE(first.at("target_reviews.jsonl"), other.at("target_reviews.jsonl"));
  EXPECT_NE(first.at("truth/rotation.npy"), other.at("truth/rotation.npy"));
}

TEST(Synth, BlemishesOccurAsOftenAsSet) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  config.users = 100;
  config.blemishes = {.duplicate_reviews = 0.2,
                      .short_reviews = 0.3,
                      .html = 0.5,
                      .odd_fields = 0.4,
                      .missing_description = 0.3,
                      .missing_image = 0.5,
                      .missing_metadata = 0.25,
                      .malformed_lines = 0.1};
  const SynthSummary summary = synthesize(config, directory / "out", {});
  const std::vector<Json> rows = read_jsonl(directory / "out/source_reviews.jsonl");
  const auto reviews = static_cast<double>(summary.source.reviews);
  std::size_t untitled = 0;
  std::size_t words_below_ten = 0;
  for (const Json& row : rows) {
    untitled += row["title"].is_null() ? 1 : 0;
    const std::string text = row["text"];
    words_below_ten += std::ranges::count(text, ' ') < 9 ? 1 : 0;
  }
  const std::size_t lines = read_lines(directory / "out/source_reviews.jsonl").size();
  // About 560 reviews: a deviation is at most 0.021.
  EXPECT_NEAR(static_cast<double>(summary.source.duplicate_reviews) / reviews, 0.2, 0.1);
  EXPECT_NEAR(static_cast<double>(summary.source.malformed_lines) / reviews, 0.1, 0.07);
  EXPECT_EQ(static_cast<std::int64_t>(lines - rows.size()), summary.source.malformed_lines);
  EXPECT_NEAR(static_cast<double>(untitled) / static_cast<double>(rows.size()), 0.4, 0.1);
  EXPECT_NEAR(static_cast<double>(words_below_ten) / static_cast<double>(rows.size()), 0.3, 0.1);
  // 40 items: a deviation is 0.08.
  EXPECT_NEAR(static_cast<double>(summary.source.item_lines) / 40.0, 0.75, 0.3);
  EXPECT_NEAR(static_cast<double>(summary.source.images) / 30.0, 0.5, 0.35);
  EXPECT_NEAR(static_cast<double>(summary.source.missing_descriptions) / 30.0, 0.3, 0.3);
}

TEST(Synth, ReplacesAnEarlierSample) {
  const TempDirectory directory;
  SynthConfig config = tiny();
  synthesize(config, directory / "out", {});
  config.users = 30;
  synthesize(config, directory / "out", {});
  EXPECT_EQ(read_lines(directory / "out/truth/users.txt").size(), 30U);
}

TEST(Synth, RefusesADirectoryWithAnythingElseInIt) {
  const TempDirectory directory;
  const std::string out = (directory / "out").string();
  const auto run = [&] { synthesize(tiny(), out, {}); };
  make_directories(out);
  write_file(directory / "out/notes.md", "mine");
  const std::string refusal =
      out + ": holds notes.md, which synth did not write; name another directory or empty this one";
  expect_error(ErrorKind::kUsage, refusal, run);
  fs::remove(directory / "out/notes.md");
  run();
  write_file(directory / "out/notes.md", "mine");
  expect_error(ErrorKind::kUsage, refusal, run);
  EXPECT_EQ(read_file(directory / "out/notes.md"), "mine");
}

TEST(Synth, RefusesAFileAndAPathThroughAFile) {
  const TempDirectory directory;
  const std::string file = (directory / "file").string();
  write_file(file, "mine");
  expect_error(ErrorKind::kUsage,
               file + ": is a file; name a directory that does not exist yet",
               [&] { synthesize(tiny(), file, {}); });
  expect_error(
      ErrorKind::kIo, file + ": Not a directory", [&] { synthesize(tiny(), file + "/out", {}); });
}

TEST(Synth, AFailureLeavesNothingBehind) {
  const TempDirectory directory;
  const auto stop = [](const Progress& progress) {
    require(progress.unit != "items", ErrorKind::kIo, "stopped");
  };
  EXPECT_THROW(synthesize(tiny(), directory / "out", stop), Error);
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(Synth, SettingsThatCannotBeMetAreRefused) {
  const TempDirectory directory;
  const auto expect_refusal = [&](const std::string& message, auto change) {
    SynthConfig config = tiny();
    change(config);
    expect_error(ErrorKind::kUsage, message, [&] { synthesize(config, directory / "out", {}); });
  };
  expect_refusal("users = 3 is outside [10, 1000000000]",
                 [](SynthConfig& config) { config.users = 3; });
  expect_refusal("map = \"bend\" is not one of: identity, rotate, fold",
                 [](SynthConfig& config) { config.map = "bend"; });
  expect_refusal(
      "overlap_fraction + side_fraction = 1.5 is more than 1; the rest of the users buy in the "
      "source only",
      [](SynthConfig& config) { config.overlap_fraction = config.side_fraction = 0.75; });
  expect_refusal("min_reviews = 9 is more than reviews_per_user = 8; lower it",
                 [](SynthConfig& config) { config.min_reviews = 9; });
  expect_refusal(
      "target_items = 19 is fewer than 4 min_reviews = 20; raise it or lower min_reviews",
      [](SynthConfig& config) { config.target_items = 19; });
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/core/random.h"
#include "crossfade/documents/documents.h"

#include "fixture.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::every_word;
using ::testing::IsEmpty;
using testing::Review;
using testing::Reviews;
using testing::spellings;
using testing::words_of;

class BuildDocuments : public testing::DocumentsFixture {
 protected:
  // The bytes of every data file of the artifact, by name.
  [[nodiscard]] std::map<std::string, std::string> all_bytes() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(this->out())) {
      if (entry.path().extension() == ".npy") {
        out[entry.path().lexically_relative(this->out()).string()] = read_file(entry.path());
      }
    }
    return out;
  }
};

std::string spelt(char prefix, Domain domain, int user, int item) {
  return fmt::format("{}{}u{}i{}", prefix, name_of(domain).front(), user, item);
}

// 40 users of all roles with up to 12 reviews in each shop, some with none; each review has a word
// of its own in its text and another one in its title.
Reviews reviews_with_words_of_their_own() {
  Reviews reviews{.users = 40, .items = 25, .in = {}};
  Rng rng(3);
  for (const Domain domain : kDomains) {
    for (int user = 0; user < 40; ++user) {
      std::set<int> items;
      for (std::uint64_t n = rng.below(13); n > 0; --n) {
        items.insert(static_cast<int>(rng.below(25)));
      }
      for (const int item : items) {
        reviews.in[domain].push_back({.user = user,
                                      .item = item,
                                      .title = spelt('h', domain, user, item),
                                      .text = spelt('b', domain, user, item)});
      }
    }
  }
  return reviews;
}

TEST_F(BuildDocuments, RowsStandInTheOrderOfTrainingRatings) {
  std::vector<Role> roles;
  for (int user = 0; user < 40; ++user) {
    roles.push_back(static_cast<Role>(user % 5));
  }
  write(reviews_with_words_of_their_own(), roles);
  const DocumentSet set = documents();
  for (const Domain domain : kDomains) {
    const Ratings ratings = training_ratings(dataset(), split_, domain);
    ASSERT_GT(ratings.items.size(), 50U);
    ASSERT_EQ(set.of(domain, ReviewField::kText).rows(), ratings.items.size());
    ASSERT_EQ(set.of(domain, ReviewField::kTitle).rows(), ratings.items.size());
    for (int user = 0; user < 40; ++user) {
      const auto last = static_cast<std::size_t>(ratings.offsets[user + 1]);
      for (auto row = static_cast<std::size_t>(ratings.offsets[user]); row < last; ++row) {
        const int item = static_cast<int>(index(ratings.items[row]));
        EXPECT_THAT(words_of(set, domain, row), ElementsAre(spelt('b', domain, user, item)));
        EXPECT_THAT(words_of(set, domain, row, ReviewField::kTitle),
                    ElementsAre(spelt('h', domain, user, item)));
      }
    }
  }
  EXPECT_EQ(set.n_reviews(),
            set.of(Domain::kSource, ReviewField::kText).rows() +
                set.of(Domain::kTarget, ReviewField::kText).rows());
}

// By hand: b 4 times in 2 reviews; a 4 times in 3, of which one has it in text and title; c 2 times
// in 2; d once.
Reviews four_words() {
  return {.users = 1,
          .items = 2,
          .in = {.source = {{.user = 0, .item = 0, .title = "a", .text = "b b b"},
                            {.user = 0, .item = 1, .title = "", .text = "a c"}},
                 .target = {{.user = 0, .item = 1, .title = "a", .text = "d b a c"}}}};
}

TEST_F(BuildDocuments, NumbersWordsByOccurrencesThenBySpelling) {
  write(four_words());
  const DocumentSet set = documents();
  EXPECT_THAT(spellings(set), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(set.counts, ElementsAre(4, 4, 2, 1));
  EXPECT_THAT(set.reviews, ElementsAre(3, 2, 2, 1));
  EXPECT_THAT(set.of(Domain::kTarget, ReviewField::kText).words, ElementsAre(3, 1, 0, 2));
}

TEST_F(BuildDocuments, TiesAreInTheOrderOfBytesWhateverCameFirst) {
  write_texts({"zebra \u00e9t\u00e9 apple apples 10 9"}, {"\u4e2d apple"});
  // Decomposed, the accent begins with an e and sorts before the z.
  EXPECT_THAT(spellings(documents()),
              ElementsAre("apple", "10", "9", "apples", "e\u0301te\u0301", "zebra", "\u4e2d"));
}

TEST_F(BuildDocuments, KeepsTitlesApartFromTexts) {
  write(four_words());
  const DocumentSet set = documents();
  EXPECT_THAT(words_of(set, Domain::kSource, 0), ElementsAre("b", "b", "b"));
  EXPECT_THAT(words_of(set, Domain::kSource, 0, ReviewField::kTitle), ElementsAre("a"));
  EXPECT_THAT(words_of(set, Domain::kSource, 1, ReviewField::kTitle), IsEmpty());
  EXPECT_THAT(words_of(set, Domain::kTarget, 0), ElementsAre("d", "b", "a", "c"));
}

TEST_F(BuildDocuments, LeavesOutWordsOfFewReviewsHoweverOftenTheyOccur) {
  write(four_words());
  DocumentsConfig config = every_word();
  config.min_reviews = 3;
  const ArtifactState state = build(config);
  const DocumentSet set = open_documents(out());
  EXPECT_THAT(spellings(set), ElementsAre("a"));
  EXPECT_THAT(set.counts, ElementsAre(4));
  EXPECT_THAT(words_of(set, Domain::kSource, 0), IsEmpty());
  EXPECT_THAT(words_of(set, Domain::kTarget, 0), ElementsAre("a"));
  EXPECT_EQ(state.manifest.details.dump(),
            R"({"words":1,"different_words":4,"source":{"text":1,"title":1},)"
            R"("target":{"text":1,"title":1}})");
}

TEST_F(BuildDocuments, LeavesOutStopWordsOfTextsAndTitles) {
  write({.users = 1,
         .items = 1,
         .in = {.source = {{.user = 0,
                            .item = 0,
                            .title = "It's THE best",
                            .text = "I do not like Stra\u00dfenbahn"}},
                .target = {{.user = 0, .item = 0, .title = "", .text = "der Film, best"}}}});
  DocumentsConfig config = every_word();
  config.stop_words = "english";
  config.more_stop_words = {"STRASSENBAHN", "der die das"};
  const DocumentSet set = documents(config);
  EXPECT_THAT(words_of(set, Domain::kSource, 0), ElementsAre("not", "like"));
  EXPECT_THAT(words_of(set, Domain::kSource, 0, ReviewField::kTitle), ElementsAre("best"));
  EXPECT_THAT(words_of(set, Domain::kTarget, 0), ElementsAre("film", "best"));
}

TEST_F(BuildDocuments, FoldsWordsOfEveryLanguage) {
  write_texts({"caf\u00e9 CAFE\u0301 STRASSE", "\u9ed2\u6fa4\u660e"}, {"stra\u00dfe \u6fa4"});
  const DocumentSet set = documents();
  EXPECT_THAT(words_of(set, Domain::kSource, 0),
              ElementsAre("cafe\u0301", "cafe\u0301", "strasse"));
  EXPECT_THAT(words_of(set, Domain::kSource, 1), ElementsAre("\u9ed2", "\u6fa4", "\u660e"));
  EXPECT_THAT(words_of(set, Domain::kTarget, 0), ElementsAre("strasse", "\u6fa4"));
  EXPECT_EQ(set.counts[static_cast<std::size_t>(*set.find("\u6fa4"))], 2);
}

// Ingest writes no such texts, as its database refuses them; a table of bytes can hold them.
TEST_F(BuildDocuments, BytesThatAreNoUtf8SeparateWords) {
  write_texts({"-"}, {"end"});
  const fs::path file = ingest() / "source" / "reviews.parquet";
  Database database = testing::small_database();
  testing::write_parquet(
      database,
      file,
      "\"user\" INTEGER, item INTEGER, rating FLOAT, time_ms BIGINT, title BLOB, text BLOB",
      {R"(0, 0, 4.0, NULL, '\xC3'::BLOB, 'one\xFFtwo\xC3(three\xE2\x82'::BLOB)"});
  const DocumentSet set = documents();
  EXPECT_THAT(words_of(set, Domain::kSource, 0), ElementsAre("one", "two", "three"));
  EXPECT_THAT(words_of(set, Domain::kSource, 0, ReviewField::kTitle), IsEmpty());
}

TEST_F(BuildDocuments, ReviewsWithoutWordsAreEmptyRows) {
  write_texts({"", "one", " ... \U0001F600", "", "two"}, {"", "", "three"});
  const DocumentSet set = documents();
  EXPECT_THAT(set.of(Domain::kSource, ReviewField::kText).offsets, ElementsAre(0, 0, 1, 1, 1, 2));
  EXPECT_THAT(set.of(Domain::kTarget, ReviewField::kText).offsets, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(set.of(Domain::kSource, ReviewField::kTitle).offsets, Each(0));
  EXPECT_THAT(words_of(set, Domain::kSource, 4), ElementsAre("two"));
}

// Users 0 to 4 have the roles in order, users 5 and 6 train both shops.
const std::vector<Role> kAllRoles{
    Role::kSourceOnly, Role::kSide, Role::kOverlap, Role::kValidation, Role::kTest};

// Every user reviews two items in both shops; what `secret` says yes to holds canaries.
template <typename Secret>
Reviews reviews_with_canaries(const Secret& secret) {
  Reviews reviews{.users = 7, .items = 2, .in = {}};
  for (const Domain domain : kDomains) {
    for (int user = 0; user < 7; ++user) {
      const bool hidden = secret(domain, user);
      for (int item = 0; item < 2; ++item) {
        reviews.in[domain].push_back(
            {.user = user,
             .item = item,
             .title = hidden ? "kanarie canary" : fmt::format("head{}", user),
             .text = hidden ? "canary canary common" : fmt::format("user{} common", user)});
      }
    }
  }
  return reviews;
}

// The target reviews of held-out users, and of the user who is taken to have none; the source
// reviews of the user whose source is hidden.
bool is_hidden(Domain domain, int user) {
  return domain == Domain::kTarget ? user == 0 || user == 3 || user == 4 : user == 1;
}

TEST_F(BuildDocuments, NeverReadWhatTheSplitHides) {
  write(reviews_with_canaries(is_hidden), kAllRoles);
  const DocumentSet set = documents();
  EXPECT_EQ(set.find("canary"), std::nullopt);
  EXPECT_EQ(set.find("kanarie"), std::nullopt);
  EXPECT_EQ(set.counts[static_cast<std::size_t>(*set.find("common"))], 2 * (6 + 4));
  for (const char* word : {"user0", "user1", "user3", "user4", "head0", "head1", "head4"}) {
    EXPECT_NE(set.find(word), std::nullopt) << word;  // Of the shop that may be seen.
  }
  for (const auto& entry : fs::recursive_directory_iterator(out())) {
    if (entry.is_regular_file()) {
      EXPECT_EQ(read_file(entry.path()).find("canary"), std::string::npos) << entry.path();
    }
  }
}

TEST_F(BuildDocuments, AreTheSameBytesWhateverTheHiddenReviewsSay) {
  write(reviews_with_canaries(is_hidden), kAllRoles);
  build();
  const auto with_canaries = all_bytes();
  EXPECT_EQ(with_canaries.size(), 12U);
  write(reviews_with_canaries([](Domain, int) { return false; }), kAllRoles);
  build();
  EXPECT_EQ(all_bytes(), with_canaries);
}

// The counterpart that shows the two tests above can fail.
TEST_F(BuildDocuments, DoReadWhatTrains) {
  write(reviews_with_canaries(is_hidden));
  EXPECT_NE(documents().find("canary"), std::nullopt);
}

TEST_F(BuildDocuments, TakesUsersOfOneShopAsTheyAre) {
  write({.users = 3,
         .items = 1,
         .in = {.source = {{.user = 0, .item = 0, .title = "", .text = "left"}},
                .target = {{.user = 2, .item = 0, .title = "", .text = "right"}}}},
        {Role::kSourceOnly, Role::kSourceOnly, Role::kSide});
  const DocumentSet set = documents();
  EXPECT_THAT(words_of(set, Domain::kSource, 0), ElementsAre("left"));
  EXPECT_THAT(words_of(set, Domain::kTarget, 0), ElementsAre("right"));
}

TEST_F(BuildDocuments, IsReusedUntilASettingOrTheSplitChanges) {
  write(reviews_with_canaries(is_hidden), kAllRoles);
  DocumentsConfig config = every_word();
  EXPECT_FALSE(build(config).reused);
  EXPECT_TRUE(build(config).reused);
  config.min_reviews = 2;
  EXPECT_FALSE(build(config).reused);
  config.stop_words = "english";
  EXPECT_FALSE(build(config).reused);
  config.more_stop_words = {"common"};
  EXPECT_FALSE(build(config).reused);
  EXPECT_TRUE(build(config).reused);
  std::swap(split_.roles[4], split_.roles[5]);
  EXPECT_FALSE(build(config).reused);
}

TEST_F(BuildDocuments, IsMadeAnewWhenTheVectorsFileChanges) {
  write(four_words());
  DocumentsConfig config = every_word();
  EXPECT_FALSE(build(config).reused);
  config.vectors = write_beside("vectors.txt", "a 1 2\n");
  EXPECT_FALSE(build(config).reused);
  EXPECT_TRUE(build(config).reused);
  write_file(config.vectors, "a 1 3\n");
  EXPECT_FALSE(build(config).reused);
  EXPECT_EQ(open_documents(out()).vectors->values[1], 3.0F);
  EXPECT_TRUE(build(config).reused);
  config.vectors.clear();
  EXPECT_FALSE(build(config).reused);
  EXPECT_FALSE(open_documents(out()).vectors.has_value());
}

TEST_F(BuildDocuments, GivesWordsTheVectorsOfAFile) {
  write(four_words());
  DocumentsConfig config = every_word();
  config.vectors = write_beside("vectors.txt", "4 2\nC 0.5 -1\nzebra 9 9\nA 2 3e-1\nc 7 7\n");
  const ArtifactState state = build(config);
  const DocumentSet set = open_documents(out());
  ASSERT_TRUE(set.vectors.has_value());
  EXPECT_EQ(set.vectors->width, 2U);
  EXPECT_THAT(set.vectors->known, ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(set.vectors->values, ElementsAre(2.0F, 0.3F, 0.0F, 0.0F, 0.5F, -1.0F, 0.0F, 0.0F));
  EXPECT_THAT(
      notes_,
      ElementsAre(fmt::format("{}: has vectors of 2 of 4 words of the reviews", config.vectors)));
  EXPECT_EQ(state.manifest.details.at("vectors"), 2);
}

TEST_F(BuildDocuments, LeavesNoScratchBehind) {
  write(four_words());
  build();
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(out())) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_THAT(names,
              ElementsAre("counts.npy",
                          "manifest.json",
                          "reviews.npy",
                          "source",
                          "spelling_bytes.npy",
                          "spelling_offsets.npy",
                          "target"));
}

// 50,000 reviews of each shop, made by the database: review r of a user says "w<r % 1000> of r".
TEST_F(BuildDocuments, ReadsAHundredThousandReviewsAndSaysHowFarItIs) {
  constexpr int kUsers = 500;
  write({.users = kUsers, .items = 100, .in = {}});
  for (const Domain domain : kDomains) {
    testing::small_database().execute(fmt::format(
        "COPY (SELECT (range // 100)::INTEGER AS \"user\", (range % 100)::INTEGER AS item, "
        "4::FLOAT AS rating, NULL::BIGINT AS time_ms, 'title' AS title, printf('w%d of %d', range "
        "% 1000, range) AS text "
        "FROM range({})) TO {} (FORMAT parquet)",
        kUsers * 100,
        sql_quote((ingest() / name_of(domain) / "reviews.parquet").string())));
  }
  fs::remove_all(folder_ / "dataset");
  build_dataset(ingest(), folder_ / "dataset", {});
  std::vector<std::string> reports;
  on_progress_ = [&](const Progress& progress) {
    reports.push_back(
        fmt::format("{} {}/{} {}", progress.what, progress.done, progress.total, progress.unit));
  };
  DocumentsConfig config = every_word();
  config.min_reviews = 100;
  const DocumentSet set = documents(config);
  EXPECT_EQ(set.n_reviews(), 100'000U);
  EXPECT_EQ(set.words(), 1002U);  // "of", "title" and 1000 words of 2 * 50 reviews each.
  EXPECT_EQ(set.word(0), "of");
  EXPECT_EQ(set.word(1), "title");
  EXPECT_THAT(words_of(set, Domain::kTarget, 49'999), ElementsAre("w999", "of"));
  ASSERT_EQ(reports.size(), 12U);  // Every 8192 reviews.
  EXPECT_EQ(reports.front(), "reading source reviews 8192/50000 reviews");
  EXPECT_EQ(reports.back(), "reading target reviews 49152/50000 reviews");
}

}  // namespace
}  // namespace crossfade

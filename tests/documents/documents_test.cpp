// SPDX-License-Identifier: Apache-2.0
#include "crossfade/documents/documents.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "fixture.h"
#include "tests/core/expect_error.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::every_word;
using testing::expect_error;

// Three words: "good" twice, "film" and "caf\u00e9" once, with vectors of width 2. Built once;
// every test damages a copy.
class OpenDocuments : public ::testing::Test {
 protected:
  class Built : public testing::DocumentsFixture {
   public:
    Built() {
      write_texts({"good film", "good"}, {"caf\u00e9"});
      DocumentsConfig config = every_word();
      config.vectors = write_beside("vectors.txt", "good 1 2\n");
      build(config);
    }

    using DocumentsFixture::ingest;
    using DocumentsFixture::out;

    void TestBody() override {}
  };

  static void SetUpTestSuite() { built_ = std::make_unique<Built>(); }

  static void TearDownTestSuite() { built_.reset(); }

  OpenDocuments() { fs::copy(built_->out(), out(), fs::copy_options::recursive); }

  [[nodiscard]] static fs::path ingest() { return built_->ingest(); }

  [[nodiscard]] fs::path out() const { return folder_ / "documents"; }

  [[nodiscard]] fs::path file(const std::string& name) const { return out() / name; }

  template <typename T>
  void replace(const std::string& name, const std::vector<T>& values) const {
    write_npy<T>(file(name), values);
  }

  // Expects that opening finds that `what` do not fit together.
  void expect_misfit(const std::string& what) const {
    expect_error(
        ErrorKind::kData,
        fmt::format(
            "{}: {} do not fit together; remove the directory and run again", out().string(), what),
        [&] { (void)open_documents(out()); });
  }

 private:
  static inline std::unique_ptr<Built> built_;
  testing::TempDirectory folder_;
};

TEST_F(OpenDocuments, GivesWhatWasBuilt) {
  const DocumentSet set = open_documents(out());
  EXPECT_EQ(set.words(), 3U);
  EXPECT_EQ(set.n_reviews(), 3U);
  EXPECT_THAT(set.counts, ElementsAre(2, 1, 1));
  EXPECT_THAT(set.of(Domain::kSource, ReviewField::kText).offsets, ElementsAre(0, 2, 3));
  EXPECT_THAT(set.of(Domain::kSource, ReviewField::kText).words, ElementsAre(0, 2, 0));
  EXPECT_THAT(set.of(Domain::kTarget, ReviewField::kText).of(0), ElementsAre(1));
  ASSERT_TRUE(set.vectors.has_value());
  EXPECT_THAT(set.vectors->known, ElementsAre(1, 0, 0));
}

TEST_F(OpenDocuments, FindsWordsAsReviewsSpellThem) {
  const DocumentSet set = open_documents(out());
  EXPECT_EQ(set.find("good"), 0);
  EXPECT_EQ(set.find("cafe\u0301"), 1);
  EXPECT_EQ(set.find("film"), 2);
  for (const char* absent : {"", "goo", "goodf", "Good", "caf\u00e9"}) {
    EXPECT_EQ(set.find(absent), std::nullopt) << absent;
  }
}

TEST_F(OpenDocuments, StaysValidWhenItIsMoved) {
  DocumentSet first = open_documents(out());
  const DocumentSet second = std::move(first);
  EXPECT_THAT(testing::spellings(second), ElementsAre("good", "cafe\u0301", "film"));
  EXPECT_EQ(second.vectors->values[1], 2.0F);
}

TEST_F(OpenDocuments, NamesItsFields) {
  EXPECT_EQ(name_of(ReviewField::kText), "text");
  EXPECT_EQ(name_of(ReviewField::kTitle), "title");
}

TEST_F(OpenDocuments, RefusesAnotherArtifact) {
  expect_error(ErrorKind::kData,
               fmt::format("{}: is an artifact of stage ingest, not documents", ingest().string()),
               [&] { (void)open_documents(ingest()); });
}

TEST_F(OpenDocuments, RefusesADirectoryWithoutManifest) {
  fs::remove(file("manifest.json"));
  expect_error(ErrorKind::kIo,
               fmt::format("{}: there is no manifest.json; is this a directory that crossfade "
                           "made?",
                           out().string()),
               [&] { (void)open_documents(out()); });
}

TEST_F(OpenDocuments, RefusesFilesThatAreMissingOrCutOff) {
  for (const char* name : {"spelling_bytes.npy",
                           "spelling_offsets.npy",
                           "counts.npy",
                           "reviews.npy",
                           "vectors.npy",
                           "known.npy",
                           "source/text_offsets.npy",
                           "source/title_words.npy",
                           "target/text_words.npy",
                           "target/title_offsets.npy"}) {
    const std::string whole = read_file(file(name));
    write_file(file(name), whole.substr(0, 100));
    expect_error(ErrorKind::kData,
                 fmt::format("{}: the header is cut off", file(name).string()),
                 [&] { (void)open_documents(out()); });
    write_file(file(name), "");
    expect_error(ErrorKind::kData,
                 fmt::format("{}: is empty or no regular file", file(name).string()),
                 [&] { (void)open_documents(out()); });
    fs::remove(file(name));
    if (name != std::string("vectors.npy")) {  // Without it, there just are no vectors.
      expect_error(ErrorKind::kIo,
                   fmt::format("{}: No such file or directory", file(name).string()),
                   [&] { (void)open_documents(out()); });
    }
    write_file(file(name), whole);
  }
  EXPECT_NO_THROW((void)open_documents(out()));
}

TEST_F(OpenDocuments, RefusesNumbersOfAnotherType) {
  replace<std::int32_t>("counts.npy", {2, 1, 1});
  expect_error(ErrorKind::kData,
               fmt::format("{}: holds <i4, not <i8", file("counts.npy").string()),
               [&] { (void)open_documents(out()); });
}

TEST_F(OpenDocuments, RefusesWordsAndCountsThatDoNotFit) {
  replace<std::int64_t>("counts.npy", {2, 1});
  expect_misfit("the words and their counts");
  replace<std::int64_t>("counts.npy", {2, 1, 1});
  replace<std::int64_t>("reviews.npy", {2, 1, 1, 1});
  expect_misfit("the words and their counts");
}

TEST_F(OpenDocuments, RefusesSpellingsThatDoNotFit) {
  replace<std::int64_t>("spelling_offsets.npy", {0, 4, 10, 15});
  expect_misfit("the words and their spellings");
  replace<std::int64_t>("spelling_offsets.npy", {1, 4, 10, 14});
  expect_misfit("the words and their spellings");
  replace<std::int64_t>("spelling_offsets.npy", {0, 10, 4, 14});
  expect_misfit("the words and their spellings");
}

TEST_F(OpenDocuments, RefusesWordsAndOffsetsThatDoNotFit) {
  for (const std::vector<std::int64_t>& offsets :
       {std::vector<std::int64_t>{}, {1, 2, 3}, {0, 2, 2}, {0, 2, 4}}) {
    replace("source/text_offsets.npy", offsets);
    expect_misfit("words and their offsets");
  }
  replace<std::int64_t>("source/text_offsets.npy", {0, 2, 3});
  EXPECT_NO_THROW((void)open_documents(out()));
}

TEST_F(OpenDocuments, RefusesVectorsThatDoNotFit) {
  replace<std::uint8_t>("known.npy", {1, 0});
  expect_misfit("the words and their vectors");
  replace<std::uint8_t>("known.npy", {1, 0, 0});
  replace<float>("vectors.npy", {1, 2, 3, 4});
  expect_misfit("the words and their vectors");
}

}  // namespace
}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/part_file.h"

#include <gmock/gmock.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempDirectory;

HttpHead head(int status, const std::string& etag, const std::string& range = "") {
  HttpHead out;
  out.status = status;
  out.length = 6;
  out.etag = etag;
  out.content_range = range;
  out.last_modified = "Mon";
  return out;
}

class PartFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] PartFile open(const std::string& address = "http://a") const {
    return {folder_.path() / "f.gz", address};
  }

  // A first process that got three of six bytes.
  void get_half(const std::string& etag) const {
    PartFile part = open();
    EXPECT_THAT(part.resume_headers(), IsEmpty());
    EXPECT_EQ(part.begin(head(200, etag)), "");
    part.append("abc");
  }

  TempDirectory folder_;
};

TEST_F(PartFileTest, GoesOnWhereItWas) {
  get_half("\"tag\"");
  PartFile part = open();
  EXPECT_EQ(part.size(), 3);
  EXPECT_EQ(part.total(), 6);
  EXPECT_THAT(part.resume_headers(), ElementsAre("Range: bytes=3-", "If-Range: \"tag\""));
  EXPECT_EQ(part.begin(head(206, "\"tag\"", "bytes 3-5/6")), "");
  part.append("def");
  part.commit();
  EXPECT_EQ(read_file(folder_.path() / "f.gz"), "abcdef");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(PartFileTest, StartsAnewForAnotherFile) {
  get_half("\"tag\"");
  PartFile part = open();
  EXPECT_EQ(part.begin(head(200, "\"other\"")), "");
  EXPECT_EQ(part.size(), 0);
  part.append("xyz");
  EXPECT_THAT(open().resume_headers(), ElementsAre("Range: bytes=3-", "If-Range: \"other\""));
  EXPECT_EQ(open("http://b").size(), 0);
}

TEST_F(PartFileTest, NamesTheDateWhereTheTagIsWeak) {
  get_half("W/\"tag\"");
  EXPECT_THAT(open().resume_headers(), ElementsAre("Range: bytes=3-", "If-Range: Mon"));
}

TEST_F(PartFileTest, RefusesAPartThatDoesNotFit) {
  get_half("\"tag\"");
  PartFile part = open();
  EXPECT_EQ(part.begin(head(206, "\"tag\"", "bytes 2-5/6")),
            "the server answers with \"bytes 2-5/6\", not with \"bytes 3-.../6\"");
  EXPECT_EQ(part.begin(head(206, "\"tag\"", "bytes 3-5/7")),
            "the server answers with \"bytes 3-5/7\", not with \"bytes 3-.../6\"");
  EXPECT_EQ(part.begin(head(206, "\"tag\"")),
            "the server answers with \"\", not with \"bytes 3-.../6\"");
}

TEST_F(PartFileTest, DropsWhatNothingIsKnownAbout) {
  get_half("\"tag\"");
  write_file(folder_.path() / "f.gz.part.json", "{");
  EXPECT_EQ(open().size(), 0);
  get_half("\"tag\"");
  fs::remove(folder_.path() / "f.gz.part.json");
  EXPECT_EQ(open().size(), 0);
}

TEST_F(PartFileTest, SaysWhatCannotBeWritten) {
  testing::expect_error(
      ErrorKind::kIo,
      (folder_.path() / "none/f.gz.part").string() + ": No such file or directory",
      [&] { const PartFile part(folder_.path() / "none/f.gz", "http://a"); });
}

}  // namespace
}  // namespace crossfade

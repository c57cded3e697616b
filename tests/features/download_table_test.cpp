// SPDX-License-Identifier: Apache-2.0
#include "crossfade/features/download_table.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crossfade/core/files.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::TempDirectory;

DownloadRow stored(const std::string& item, const std::string& address, const std::string& file) {
  return {.item = item,
          .address = address,
          .outcome = DownloadOutcome::kStored,
          .file = file,
          .bytes = 7,
          .reason = ""};
}

DownloadRow failed(const std::string& item, const std::string& address) {
  return {.item = item,
          .address = address,
          .outcome = DownloadOutcome::kFailed,
          .file = "",
          .bytes = 0,
          .reason = "status 404"};
}

std::vector<DownloadRow> parse(const std::string& text, std::size_t* whole = nullptr) {
  std::vector<DownloadRow> rows;
  const std::size_t bytes = parse_download_table(
      text, "images.tsv", [&](DownloadRow&& row) { rows.push_back(std::move(row)); });
  if (whole != nullptr) {
    *whole = bytes;
  }
  return rows;
}

TEST(DownloadTable, GivesBackWhatWasWritten) {
  DownloadRow odd = failed("tab\there", "http://a/\\n \n\r\\");
  odd.reason = "begins with \"\t\"";
  const std::string text = download_table_header() + to_line(odd) + to_line(stored("b", "c", "d"));
  const std::vector<DownloadRow> rows = parse(text);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].item, odd.item);
  EXPECT_EQ(rows[0].address, odd.address);
  EXPECT_EQ(rows[0].reason, odd.reason);
  EXPECT_EQ(rows[0].outcome, DownloadOutcome::kFailed);
  EXPECT_EQ(rows[1].file, "d");
  EXPECT_EQ(rows[1].bytes, 7);
}

TEST(DownloadTable, LeavesALineThatWasCutOut) {
  const std::string whole = download_table_header() + to_line(stored("a", "b", "c"));
  const std::string text = whole + to_line(failed("d", "e"));
  for (std::size_t size = whole.size(); size < text.size(); ++size) {
    std::size_t used = 0;
    EXPECT_EQ(parse(text.substr(0, size), &used).size(), 1U);
    EXPECT_EQ(used, whole.size());
  }
  EXPECT_TRUE(parse(download_table_header().substr(0, 9)).empty());
}

TEST(DownloadTable, SaysWhereItIsDamaged) {
  expect_error(ErrorKind::kData,
               "images.tsv:1: is not the header of a table of downloads; name another folder",
               [] { parse("item\tcolour\n"); });
  for (const std::string line : {"a\tb\n",
                                 "a\tb\tc\td\t1\tx\n",
                                 "a\tb\tstored\td\tx\tf\n",
                                 "a\tb\tstored\td\t1\tx\tf\n",
                                 "\n"}) {
    expect_error(ErrorKind::kData,
                 "images.tsv:3: is damaged; remove the line, and its image is fetched again",
                 [&] { parse(download_table_header() + to_line(failed("a", "b")) + line); });
  }
}

TEST(DownloadedImages, AreFoundByAddressThenByItem) {
  const TempDirectory folder;
  write_file(download_table_file(folder.path()),
             download_table_header() + to_line(stored("source/1", "http://a", "a.png")) +
                 to_line(stored("2", "http://b", "b.png")) + to_line(failed("3", "http://c")) +
                 to_line(stored("4", "http://d", "d.png")) + to_line(failed("4", "http://d")));
  const DownloadedImages images(folder.path());
  const auto find = [&](const char* image, Domain domain, const char* item) {
    const std::string file = images.find(image, domain, item);
    return file.empty() ? file : std::filesystem::path(file).filename().string();
  };
  EXPECT_EQ(find("http://a", Domain::kTarget, "9"), "a.png");
  EXPECT_EQ(find("", Domain::kSource, "1"), "a.png");
  EXPECT_EQ(find("", Domain::kTarget, "1"), "");
  EXPECT_EQ(find("", Domain::kSource, "2"), "b.png");
  EXPECT_EQ(find("http://other", Domain::kTarget, "2"), "b.png");
  EXPECT_EQ(find("http://c", Domain::kTarget, "3"), "");
  EXPECT_EQ(find("http://d", Domain::kTarget, "4"), "");
}

TEST(DownloadedImages, AreNoFolderWithoutATable) {
  const TempDirectory folder;
  expect_error(ErrorKind::kIo,
               folder.path().string() +
                   ": there is no images.tsv; features.image.downloads names a folder of "
                   "`crossfade download images`",
               [&] { const DownloadedImages images(folder.path()); });
}

}  // namespace
}  // namespace crossfade

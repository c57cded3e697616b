// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/ledger.h"

#include <gmock/gmock.h>

#include "crossfade/core/files.h"

#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempDirectory;

DownloadResult stored(ImageStore& store) {
  return {.outcome = DownloadOutcome::kStored, .text = store.put("abc", "png"), .bytes = 3};
}

std::vector<std::string> lines_of(const TempDirectory& folder) {
  std::vector<std::string> lines;
  const auto file = download_table_file(folder.path());
  parse_download_table(read_file(file), file, [&](DownloadRow&& row) {
    lines.push_back(fmt::format("{} {} {}", row.item, row.address, name_of(row.outcome)));
  });
  return lines;
}

// One run: wants, says what each address gave, and returns the addresses that were to be fetched.
std::vector<std::string> run(const TempDirectory& folder,
                             const std::vector<std::pair<std::string, std::string>>& wanted,
                             DownloadOutcome outcome,
                             bool retry_failed = false) {
  ImageStore store(folder.path());
  Ledger ledger(folder.path());
  for (const auto& [item, address] : wanted) {
    ledger.want(item, address);
  }
  std::vector<std::string> fetched;
  for (const std::size_t number : ledger.plan(store, retry_failed)) {
    fetched.push_back(ledger[number].address);
    ledger.record(number,
                  outcome == DownloadOutcome::kStored
                      ? stored(store)
                      : DownloadResult{.outcome = outcome, .text = "reason"});
  }
  ledger.finish();
  return fetched;
}

TEST(Ledger, FetchesAnAddressOnceForAllItems) {
  const TempDirectory folder;
  EXPECT_THAT(
      run(folder, {{"1", "b"}, {"2", "a"}, {"3", "b"}, {"3", "b"}}, DownloadOutcome::kStored),
      ElementsAre("b", "a"));
  EXPECT_THAT(lines_of(folder), ElementsAre("1 b stored", "3 b stored", "2 a stored"));
}

TEST(Ledger, KnowsWhatAnEarlierRunFinished) {
  const TempDirectory folder;
  run(folder, {{"1", "a"}}, DownloadOutcome::kStored);
  run(folder, {{"2", "b"}}, DownloadOutcome::kFailed);
  run(folder, {{"3", "c"}}, DownloadOutcome::kPostponed);
  EXPECT_THAT(
      run(folder, {{"1", "a"}, {"9", "a"}, {"2", "b"}, {"3", "c"}}, DownloadOutcome::kPostponed),
      ElementsAre("c"));
  EXPECT_THAT(lines_of(folder),
              ElementsAre("1 a stored", "9 a stored", "2 b failed", "3 c postponed"));
  EXPECT_THAT(run(folder, {{"2", "b"}}, DownloadOutcome::kStored, true), ElementsAre("b"));
  EXPECT_THAT(lines_of(folder),
              ElementsAre("1 a stored", "9 a stored", "2 b stored", "3 c postponed"));
}

TEST(Ledger, AsksAgainForAFileThatIsGone) {
  const TempDirectory folder;
  run(folder, {{"1", "a"}}, DownloadOutcome::kStored);
  EXPECT_THAT(run(folder, {{"1", "a"}}, DownloadOutcome::kStored), IsEmpty());
  std::filesystem::remove_all(folder.path() / "files");
  EXPECT_THAT(run(folder, {{"1", "a"}}, DownloadOutcome::kStored), ElementsAre("a"));
}

TEST(Ledger, GoesOnAfterATableThatWasCut) {
  const TempDirectory folder;
  run(folder, {{"1", "a"}, {"2", "b"}}, DownloadOutcome::kStored);
  const auto file = download_table_file(folder.path());
  const std::string text = read_file(file);
  for (std::size_t size = 0; size < text.size(); ++size) {
    write_file(file, text.substr(0, size));
    run(folder, {{"1", "a"}, {"2", "b"}}, DownloadOutcome::kStored);
    EXPECT_THAT(lines_of(folder), ElementsAre("1 a stored", "2 b stored")) << size;
  }
}

}  // namespace
}  // namespace crossfade

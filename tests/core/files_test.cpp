// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/files.h"

#include <csignal>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

// The number of a process that has ended.
pid_t ended_process() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Files, ReadsWhatItWroteToTheByte) {
  const testing::TempDirectory temp;
  const std::string content = std::string("line\n\0\xff", 7) + std::string(200000, 'x');
  write_file(temp / "file", content);
  EXPECT_EQ(read_file(temp / "file"), content);
  write_file(temp / "file", "");
  EXPECT_EQ(read_file(temp / "file"), "");
  EXPECT_THAT(names_in(temp.path()), ElementsAre("file"));
}

TEST(Files, RefusalsNameTheFileAndTheReason) {
  const testing::TempDirectory temp;
  testing::expect_error(ErrorKind::kIo,
                        (temp / "none").string() + ": No such file or directory",
                        [&] { static_cast<void>(read_file(temp / "none")); });
  testing::expect_error(ErrorKind::kIo, temp.path().string() + ": is a directory", [&] {
    static_cast<void>(read_file(temp.path()));
  });
}

TEST(Files, AWriteThatFailsLeavesTheOldFileAndNothingElse) {
  const testing::TempDirectory temp;
  fs::create_directory(temp / "taken");
  write_file(temp / "taken/inside", "old");
  testing::expect_error(ErrorKind::kIo, (temp / "taken").string() + ": Is a directory", [&] {
    write_file(temp / "taken", "new");
  });
  EXPECT_EQ(read_file(temp / "taken/inside"), "old");
  EXPECT_THAT(names_in(temp.path()), ElementsAre("taken"));
}

TEST(Files, AWriteRemovesWhatKilledProcessesLeftOfTheSameFile) {
  const testing::TempDirectory temp;
  const std::string of_the_living = fmt::format(".file.tmp-{}", ::getppid());
  write_file(temp / fmt::format(".file.tmp-{}", ended_process()), "half");
  write_file(temp / of_the_living, "half");
  write_file(temp / ".other.tmp-1", "half");
  write_file(temp / "file", "whole");
  EXPECT_THAT(names_in(temp.path()), ElementsAre(of_the_living, ".other.tmp-1", "file"));
}

// A size limit kills the child in the middle of the file.
TEST(Files, WhatAKilledWriteLeavesIsGoneAfterTheNextWrite) {
  const testing::TempDirectory temp;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{.rlim_cur = 10, .rlim_max = 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const rlimit no_core_dump{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core_dump);
    ::signal(SIGXFSZ, SIG_DFL);
    write_file(temp / "file", std::string(100, 'x'));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(names_in(temp.path()), ElementsAre(fmt::format(".file.tmp-{}", child)));
  write_file(temp / "file", "whole");
  EXPECT_THAT(names_in(temp.path()), ElementsAre("file"));
}

TEST(Files, ADirectoryCannotStandWhereAFileIs) {
  const testing::TempDirectory temp;
  write_file(temp / "file", "");
  testing::expect_error(ErrorKind::kIo, (temp / "file/below").string() + ": Not a directory", [&] {
    make_directories(temp / "file/below");
  });
}

TEST(StagedDirectory, AppearsWholeOnCommitAndReplacesTheOlderOne) {
  const testing::TempDirectory temp;
  for (const char* content : {"first", "second"}) {
    StagedDirectory staged(temp / "made");
    EXPECT_THAT(names_in(staged.path()), IsEmpty());
    write_file(staged.path() / content, content);
    EXPECT_FALSE(fs::exists(temp / ("made/" + std::string(content))));
    staged.commit();
    EXPECT_THAT(names_in(temp / "made"), ElementsAre(content));
  }
  EXPECT_THAT(names_in(temp.path()), ElementsAre("made"));
}

TEST(StagedDirectory, LeavesNothingWithoutACommit) {
  const testing::TempDirectory temp;
  {
    const StagedDirectory staged(temp / "parents/are/made/x");
    write_file(staged.path() / "file", "content");
  }
  EXPECT_THAT(names_in(temp / "parents/are/made"), IsEmpty());
}

TEST(StagedDirectory, TakesATrailingSlash) {
  const testing::TempDirectory temp;
  StagedDirectory staged(temp / "made/");
  staged.commit();
  EXPECT_THAT(names_in(temp.path()), ElementsAre("made"));
}

TEST(StagedDirectory, RemovesWhatKilledProcessesLeft) {
  const testing::TempDirectory temp;
  const auto leftover = temp / fmt::format(".made.tmp-{}", ended_process());
  const auto of_the_living = temp / fmt::format(".made.tmp-{}", ::getppid());
  const auto of_another_artifact = temp / ".other.tmp-1";
  for (const fs::path& path : {leftover, of_the_living, of_another_artifact}) {
    fs::create_directory(path);
    write_file(path / "file", "half");
  }
  const StagedDirectory staged(temp / "made");
  EXPECT_FALSE(fs::exists(leftover));
  EXPECT_TRUE(fs::exists(of_the_living / "file"));
  EXPECT_TRUE(fs::exists(of_another_artifact / "file"));
}

TEST(StagedDirectory, ALeftoverWithOurOwnProcessNumberIsEmptied) {
  const testing::TempDirectory temp;
  const auto leftover = temp / fmt::format(".made.tmp-{}", ::getpid());
  fs::create_directory(leftover);
  write_file(leftover / "file", "half");
  const StagedDirectory staged(temp / "made");
  EXPECT_THAT(names_in(staged.path()), IsEmpty());
}

TEST(StagedDirectory, AllUnderConstructionCanBeDiscardedAtOnce) {
  const testing::TempDirectory temp;
  const StagedDirectory one(temp / "one");
  const StagedDirectory two(temp / "two");
  write_file(two.path() / "file", "content");
  discard_staged();
  EXPECT_THAT(names_in(temp.path()), IsEmpty());
}

TEST(Files, PeakMemoryIsAPlausibleNumberOfBytes) {
  EXPECT_GT(peak_memory_bytes(), 1 << 20);
}

}  // namespace
}  // namespace crossfade

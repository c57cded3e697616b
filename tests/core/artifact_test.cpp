// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/artifact.h"

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "crossfade/core/hash.h"
#include "crossfade/core/version.h"

#include "tests/core/expect_error.h"
#include "tests/core/temp_directory.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

const ArtifactKey kKey{.stage = "demo", .config = "k = 1\n", .inputs = {{"reviews", "abc"}}};

class Artifact : public ::testing::Test {
 protected:
  ArtifactState ensure(const ArtifactKey& key, const std::string& content = "content") {
    return ensure_artifact(directory_, key, [&](const fs::path& out) {
      ++builds_;
      write_file(out / "data", content);
      return Json{{"rows", 3}};
    });
  }

  testing::TempDirectory temp_;
  fs::path directory_ = temp_ / "artifact";
  int builds_ = 0;
};

TEST_F(Artifact, IsBuiltOnceForOneKey) {
  const ArtifactState first = ensure(kKey);
  const ArtifactState second = ensure(kKey);
  EXPECT_FALSE(first.reused);
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(builds_, 1);
  EXPECT_EQ(second.manifest.stage, "demo");
  EXPECT_EQ(second.manifest.fingerprint, kKey.fingerprint());
  EXPECT_EQ(second.manifest.content_hash, first.manifest.content_hash);
  EXPECT_EQ(second.manifest.details["rows"], 3);
}

TEST_F(Artifact, IsBuiltOnceForThreadsThatAskTogether) {
  std::atomic<int> builds{0};
  std::atomic<int> reused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const ArtifactState state = ensure_artifact(directory_, kKey, [&](const fs::path& out) {
        ++builds;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        write_file(out / "data", "content");
        return Json{{"rows", 3}};
      });
      reused += state.reused ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(builds, 1);
  EXPECT_EQ(reused, 3);
}

TEST_F(Artifact, IsBuiltAgainWhenAnythingInItsKeyChanges) {
  std::set<std::string> fingerprints = {kKey.fingerprint()};
  ArtifactKey key = kKey;
  key.stage = "other";
  fingerprints.insert(key.fingerprint());
  key = kKey;
  key.config = "k = 2\n";
  fingerprints.insert(key.fingerprint());
  key = kKey;
  key.inputs[0].hash = "abd";
  fingerprints.insert(key.fingerprint());
  EXPECT_EQ(fingerprints.size(), 4U);
  ensure(kKey);
  EXPECT_FALSE(ensure(key).reused);
  EXPECT_EQ(builds_, 2);
}

TEST_F(Artifact, TheNameOfAnInputIsNotPartOfItsKey) {
  ArtifactKey moved = kKey;
  moved.inputs[0].name = "elsewhere/reviews";
  EXPECT_EQ(moved.fingerprint(), kKey.fingerprint());
}

TEST_F(Artifact, TheContentHashTellsNamesAndBytesApart) {
  const std::string hash = ensure(kKey, "a").manifest.content_hash;
  fs::remove_all(directory_);
  EXPECT_EQ(ensure(kKey, "a").manifest.content_hash, hash);
  fs::remove_all(directory_);
  EXPECT_NE(ensure(kKey, "b").manifest.content_hash, hash);
}

TEST_F(Artifact, ABuildThatFailsLeavesTheOlderOneAlone) {
  ensure(kKey);
  ArtifactKey key = kKey;
  key.config = "k = 2\n";
  testing::expect_error(ErrorKind::kData, "half way", [&] {
    ensure_artifact(directory_, key, [](const fs::path& out) -> Json {
      write_file(out / "data", "half");
      fail(ErrorKind::kData, "half way");
    });
  });
  EXPECT_EQ(read_file(directory_ / "data"), "content");
  EXPECT_TRUE(ensure(kKey).reused);
  EXPECT_EQ(std::distance(fs::directory_iterator(temp_.path()), {}), 1);
}

TEST_F(Artifact, NoManifestIsNoArtifact) {
  EXPECT_FALSE(find_manifest(directory_).has_value());
  testing::expect_error(
      ErrorKind::kIo,
      directory_.string() + ": there is no manifest.json; is this a directory that crossfade made?",
      [&] { static_cast<void>(read_manifest(directory_)); });
}

TEST_F(Artifact, ADamagedManifestIsRefused) {
  ensure(kKey);
  const fs::path file = directory_ / "manifest.json";
  const std::string message = file.string() + ": is damaged; remove its directory and run again";
  const Json incomplete = {{"format", kArtifactFormat}, {"stage", "demo"}};
  for (const std::string& content : {std::string("{\"format\": 1, \"sta"),
                                     incomplete.dump(),
                                     std::string("[]"),
                                     std::string("3"),
                                     std::string("{\"format\": \"one\"}")}) {
    write_file(file, content);
    testing::expect_error(ErrorKind::kData, message, [&] { ensure(kKey); });
  }
}

TEST_F(Artifact, AnArtifactOfAnotherVersionIsRefused) {
  ensure(kKey);
  write_file(directory_ / "manifest.json", R"({"format": 99, "version": "9.9.9"})");
  testing::expect_error(ErrorKind::kData,
                        fmt::format("{}: was written by crossfade 9.9.9 (format 99), this is {} "
                                    "(format {}); remove the directory or name another one",
                                    directory_.string(),
                                    kVersion,
                                    kArtifactFormat),
                        [&] { ensure(kKey); });
}

TEST_F(Artifact, AnInputIsHashedByContentAndAgainWhenItChanges) {
  const fs::path cache = temp_ / "cache/hashes.json";
  write_file(temp_ / "in", "one");
  EXPECT_EQ(hash_input(temp_ / "in", cache).hash, hash_text("one"));
  EXPECT_EQ(hash_input(temp_ / "in", cache).hash, hash_text("one"));
  write_file(temp_ / "in", "two");
  EXPECT_EQ(hash_input(temp_ / "in", cache).hash, hash_text("two"));
  write_file(cache, "not json");
  EXPECT_EQ(hash_input(temp_ / "in", cache).hash, hash_text("two"));
}

TEST_F(Artifact, InputsThatAreNoFilesAreNamed) {
  testing::expect_error(ErrorKind::kIo,
                        (temp_ / "none").string() + ": No such file or directory",
                        [&] { static_cast<void>(hash_input(temp_ / "none", temp_ / "cache")); });
  testing::expect_error(ErrorKind::kIo,
                        temp_.path().string() + ": is a directory; a file is expected",
                        [&] { static_cast<void>(hash_input(temp_.path(), temp_ / "cache")); });
}

}  // namespace
}  // namespace crossfade

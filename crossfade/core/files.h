// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

namespace crossfade {

/// The whole file as bytes.
/// @throws Error  kIo, naming the file and the system's reason; a directory is refused.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Writes `content` to a temporary name beside `file`, flushes it to the disk and renames it, so
/// that a reader sees the old file or the new one and nothing between. What killed processes left
/// of the same file is removed.
/// @throws Error  kIo.
void write_file(const std::filesystem::path& file, std::string_view content);

/// Flushes the finished file `from` to the disk and renames it to `to`, on the same file system: a
/// reader sees an older `to` or all of the new one.
/// @throws Error  kIo.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates `directory` and its parents.
/// @throws Error  kIo.
void make_directories(const std::filesystem::path& directory);

/// A directory under construction. It has a temporary name beside its final one until `commit`;
/// when it is destroyed without a commit, it is removed. Leftovers of killed processes are
/// removed when the next one begins.
class StagedDirectory {
 public:
  /// @throws Error  kIo.
  explicit StagedDirectory(std::filesystem::path final_path);
  ~StagedDirectory();
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return staging_; }

  /// Flushes what was written and renames it to the final name; an existing directory of that
  /// name is replaced.
  void commit();

 private:
  std::filesystem::path final_;
  std::filesystem::path staging_;
};

/// Removes every StagedDirectory and every file of write_file still under construction: for a
/// signal handler's thread, right before the process ends. While the result lives, no other
/// thread can begin, finish or abandon one.
std::unique_lock<std::mutex> discard_staged() noexcept;

/// The most memory this process has held so far, in bytes.
[[nodiscard]] std::int64_t peak_memory_bytes();

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace crossfade {

/// Keeps other downloads out of a folder while it lives. The system lets go of it when the process
/// ends, however it ends; the empty file `.lock` stays.
class FolderLock {
 public:
  /// Creates `directory` if it is not there.
  /// @throws Error  kIo when another process holds the lock, or it cannot be written there.
  explicit FolderLock(const std::filesystem::path& directory);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

}  // namespace crossfade

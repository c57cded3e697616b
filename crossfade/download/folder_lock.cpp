// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/folder_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"

namespace crossfade {

FolderLock::FolderLock(const std::filesystem::path& directory) {
  make_directories(directory);
  const std::filesystem::path lock = directory / ".lock";
  file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  require(file_ >= 0, ErrorKind::kIo, "{}: {}", lock.string(), std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    fail(ErrorKind::kIo,
         "{}: another download is at work in this folder; wait for it or name another folder",
         directory.string());
  }
}

FolderLock::~FolderLock() {
  ::close(file_);
}

}  // namespace crossfade

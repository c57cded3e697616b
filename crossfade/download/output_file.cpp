// SPDX-License-Identifier: Apache-2.0
#include "crossfade/download/output_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade {

OutputFile::OutputFile(std::filesystem::path file, std::int64_t size)
    : path_(std::move(file)),
      size_(size),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  check(file_ >= 0);
  if (::ftruncate(file_, size) != 0) {
    const int reason = errno;
    ::close(file_);
    fail(ErrorKind::kIo, "{}: {}", path_.string(), std::strerror(reason));
  }
}

OutputFile::~OutputFile() {
  ::close(file_);
}

void OutputFile::check(bool good) const {
  require(good, ErrorKind::kIo, "{}: {}", path_.string(), std::strerror(errno));
}

void OutputFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file_, bytes.data(), bytes.size());
    check(put > 0);
    size_ += put;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void OutputFile::clear() {
  check(::ftruncate(file_, 0) == 0);
  size_ = 0;
}

void OutputFile::flush_to_disk() {
  check(::fsync(file_) == 0);
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/synth/line_file.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

}  // namespace

LineFile::LineFile(std::filesystem::path file)
    : file_(std::move(file)),
      descriptor_(::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  require(descriptor_ >= 0, ErrorKind::kIo, "{}: {}", file_.string(), std::strerror(errno));
  buffer_.reserve(kBufferBytes + kBufferBytes / 16);
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void LineFile::end_line() {
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) {
    write_buffer();
  }
}

void LineFile::finish() {
  write_buffer();
  const int status = ::close(std::exchange(descriptor_, -1));
  require(status == 0, ErrorKind::kIo, "{}: {}", file_.string(), std::strerror(errno));
}

std::int64_t LineFile::bytes() const noexcept {
  return written_ + static_cast<std::int64_t>(buffer_.size());
}

void LineFile::write_buffer() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(descriptor_, rest.data(), rest.size());
    require(put > 0, ErrorKind::kIo, "{}: {}", file_.string(), std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  written_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/gzip_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <zlib.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

constexpr unsigned kBufferSize = 1 << 18;

gzFile open(const std::filesystem::path& file) {
  require(!std::filesystem::is_directory(file),
          ErrorKind::kIo,
          "{}: is a directory; a file is expected",
          file.string());
  gzFile stream = gzopen(file.c_str(), "rbe");
  require(stream != nullptr, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  gzbuffer(stream, kBufferSize);
  return stream;
}

}  // namespace

struct GzipFile::State {
  std::filesystem::path file;
  gzFile stream;
  std::string buffer = std::string(kBufferSize, '\0');
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int64_t filled = 0;

  ~State() { gzclose_r(stream); }

  // Refills an empty buffer; false at the end of the file.
  bool fill() {
    if (begin < end) {
      return true;
    }
    const int got = gzread(stream, buffer.data(), kBufferSize);
    int code = Z_OK;
    std::string_view reason = gzerror(stream, &code);
    reason.remove_prefix(std::min(reason.size(), file.string().size() + 2));  // "FILE: reason"
    require(code != Z_ERRNO, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
    require(code != Z_BUF_ERROR,
            ErrorKind::kData,
            "{}: the gzip file is cut short; fetch it again",
            file.string());
    require(got >= 0 && code == Z_OK,
            ErrorKind::kData,
            "{}: the gzip file is damaged ({}); fetch it again",
            file.string(),
            reason);
    begin = 0;
    end = static_cast<std::size_t>(got);
    filled += got;
    return got > 0;
  }
};

bool is_gzip(const std::filesystem::path& file) {
  gzFile stream = open(file);
  unsigned char first = 0;
  const bool readable = gzread(stream, &first, 1) >= 0;
  const bool direct = gzdirect(stream) == 1;
  const int reason = errno;
  gzclose_r(stream);
  require(readable || !direct, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(reason));
  return !direct;
}

GzipFile::GzipFile(const std::filesystem::path& file)
    : state_(new State{.file = file, .stream = open(file)}) {}

GzipFile::~GzipFile() = default;

std::string GzipFile::read(std::size_t size) {
  std::string out;
  while (out.size() < size && state_->fill()) {
    const std::size_t part = std::min(size - out.size(), state_->end - state_->begin);
    out.append(state_->buffer, state_->begin, part);
    state_->begin += part;
  }
  return out;
}

std::optional<std::string> GzipFile::next_line() {
  std::string line;
  bool any = false;
  while (state_->fill()) {
    any = true;
    const char* data = state_->buffer.data() + state_->begin;
    const std::size_t left = state_->end - state_->begin;
    const void* newline = std::memchr(data, '\n', left);
    if (newline != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) - data);
      line.append(data, length);
      state_->begin += length + 1;
      break;
    }
    line.append(data, left);
    state_->begin = state_->end;
  }
  if (!any) {
    return std::nullopt;
  }
  if (!line.empty() && line.back() == '\r') {
    line.pop_back();
  }
  return line;
}

std::int64_t GzipFile::offset() const noexcept {
  return state_->filled - static_cast<std::int64_t>(state_->end - state_->begin);
}

void verify_gzip(const std::filesystem::path& file) {
  GzipFile stream(file);
  while (!stream.read(kBufferSize).empty()) {
  }
}

}  // namespace crossfade

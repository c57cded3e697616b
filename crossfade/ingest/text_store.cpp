// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/text_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferSize = std::size_t{1} << 20;
constexpr std::size_t kBuffers = 16;
constexpr std::int64_t kNothing = -1;  // The number of two empty texts.

// Most pairs are read whole by a first guess of this many bytes.
constexpr std::size_t kFirstRead = 1024;

// How a pair begins; title and text follow.
struct Header {
  std::uint32_t title = 0;
  std::uint32_t text = 0;

  [[nodiscard]] std::size_t size() const {
    return sizeof(Header) + std::size_t{title} + std::size_t{text};
  }
};

// Consecutive bytes of the file that are not written yet. Few threads meet at one.
struct Buffer {
  std::mutex mutex;
  std::string bytes;
  std::int64_t begin = 0;
  std::size_t room = 0;
};

std::pair<std::string_view, std::string_view> split(Header header, const char* pair) {
  const char* title = pair + sizeof header;
  return {{title, header.title}, {title + header.title, header.text}};
}

Header header_of(const char* pair) {
  Header header;
  std::memcpy(&header, pair, sizeof header);
  return header;
}

}  // namespace

struct TextStore::State {
  fs::path file;
  int descriptor = -1;
  std::atomic<std::int64_t> size = 0;
  std::array<Buffer, kBuffers> buffers;
  const char* map = nullptr;

  ~State() {
    if (map != nullptr) {
      ::munmap(const_cast<char*>(map), static_cast<std::size_t>(size));
    }
    if (descriptor >= 0) {
      ::close(descriptor);
      std::error_code ignored;
      fs::remove(file, ignored);
    }
  }

  void check(bool success) const {
    require(success, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
  }

  void flush(Buffer& buffer) const {
    for (std::size_t done = 0; done < buffer.bytes.size();) {
      const ssize_t put = ::pwrite(descriptor,
                                   buffer.bytes.data() + done,
                                   buffer.bytes.size() - done,
                                   buffer.begin + static_cast<std::int64_t>(done));
      check(put > 0);
      done += static_cast<std::size_t>(put);
    }
    buffer.bytes.clear();
    buffer.room = 0;
  }

  // Makes room for a pair of `needed` bytes.
  void reserve(Buffer& buffer, std::size_t needed) {
    if (buffer.bytes.size() + needed <= buffer.room) {
      return;
    }
    flush(buffer);
    buffer.room = std::max(needed, kBufferSize);
    buffer.bytes.reserve(buffer.room);
    buffer.begin = size.fetch_add(static_cast<std::int64_t>(buffer.room));
  }

  // Fills `buffer` with up to `wanted` bytes from `number` on; less at the end of the file.
  void read(std::int64_t number, std::size_t wanted, std::string& buffer) const {
    buffer.resize(wanted);
    std::size_t done = 0;
    while (done < wanted) {
      const ssize_t got = ::pread(descriptor,
                                  buffer.data() + done,
                                  wanted - done,
                                  number + static_cast<std::int64_t>(done));
      check(got >= 0);
      if (got == 0) {
        break;
      }
      done += static_cast<std::size_t>(got);
    }
  }
};

TextStore::TextStore(fs::path file) : state_(std::make_unique<State>()) {
  state_->file = std::move(file);
  state_->descriptor = ::open(state_->file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  state_->check(state_->descriptor >= 0);
}

TextStore::~TextStore() = default;

std::int64_t TextStore::keep(std::string_view title, std::string_view text) {
  if (title.empty() && text.empty()) {
    return kNothing;
  }
  const Header header{.title = static_cast<std::uint32_t>(title.size()),
                      .text = static_cast<std::uint32_t>(text.size())};
  const std::size_t thread = std::hash<std::thread::id>()(std::this_thread::get_id());
  Buffer& buffer = state_->buffers[thread % kBuffers];
  const std::scoped_lock lock(buffer.mutex);
  state_->reserve(buffer, header.size());
  const std::int64_t number = buffer.begin + static_cast<std::int64_t>(buffer.bytes.size());
  buffer.bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  buffer.bytes += title;
  buffer.bytes += text;
  return number;
}

void TextStore::seal(std::int64_t map_limit) {
  for (Buffer& buffer : state_->buffers) {
    state_->flush(buffer);
    buffer.bytes.shrink_to_fit();
  }
  const std::int64_t size = state_->size;
  if (size == 0 || size > map_limit) {
    return;
  }
  // The last buffers were not full.
  state_->check(::ftruncate(state_->descriptor, size) == 0);
  void* map =
      ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_SHARED, state_->descriptor, 0);
  state_->check(map != MAP_FAILED);
  state_->map = static_cast<const char*>(map);
}

std::pair<std::string_view, std::string_view> TextStore::find(std::int64_t number,
                                                              std::string& buffer) const {
  if (number == kNothing) {
    return {};
  }
  if (state_->map != nullptr) {
    return split(header_of(state_->map + number), state_->map + number);
  }
  state_->read(number, kFirstRead, buffer);
  const Header header = header_of(buffer.data());
  if (header.size() > kFirstRead) {
    state_->read(number, header.size(), buffer);
  }
  return split(header, buffer.data());
}

}  // namespace crossfade

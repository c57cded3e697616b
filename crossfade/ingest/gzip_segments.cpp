// SPDX-License-Identifier: Apache-2.0
#include "crossfade/ingest/gzip_segments.h"

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "crossfade/core/error.h"
#include "crossfade/ingest/gzip_file.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceSize = std::size_t{1} << 18;
constexpr std::size_t kMostAhead = 2;

// A file being written. It is read again in a moment, so nothing flushes it to the disk.
class Output {
 public:
  explicit Output(fs::path file)
      : file_(std::move(file)), stream_(std::fopen(file_.c_str(), "wb")) {
    check(stream_ != nullptr);
  }

  ~Output() {
    if (stream_ != nullptr) {
      std::fclose(stream_);
    }
  }

  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void append(std::string_view bytes) {
    check(std::fwrite(bytes.data(), 1, bytes.size(), stream_) == bytes.size());
  }

  void close() { check(std::fclose(std::exchange(stream_, nullptr)) == 0); }

 private:
  void check(bool success) const {
    require(success, ErrorKind::kIo, "{}: {}", file_.string(), std::strerror(errno));
  }

  fs::path file_;
  std::FILE* stream_;
};

}  // namespace

struct GzipSegments::State {
  fs::path file;
  fs::path directory;
  std::size_t size;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<fs::path> ready;
  fs::path in_use;
  std::exception_ptr error;
  bool ended = false;
  bool abandoned = false;
  std::thread thread;

  // Writes the next segment; false when nothing is left.
  bool write_segment(GzipFile& input, const fs::path& segment) const {
    std::string piece = input.read(kPieceSize);
    if (piece.empty()) {
      return false;
    }
    Output output(segment);
    for (std::size_t written = 0;;) {
      output.append(piece);
      written += piece.size();
      if (written >= size) {
        break;
      }
      piece = input.read(kPieceSize);
      if (piece.empty()) {
        break;
      }
    }
    if (const std::optional<std::string> rest = input.next_line()) {
      output.append(*rest + '\n');
    }
    output.close();
    return true;
  }

  // Waits until the reader needs another segment; false when it needs none.
  bool is_wanted() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return abandoned || ready.size() < kMostAhead; });
    return !abandoned;
  }

  void inflate() {
    std::exception_ptr thrown;
    try {
      GzipFile input(file);
      for (int number = 0; is_wanted(); ++number) {
        fs::path segment = directory / fmt::format("segment-{}", number);
        if (!write_segment(input, segment)) {
          break;
        }
        const std::scoped_lock lock(mutex);
        ready.push_back(std::move(segment));
        changed.notify_all();
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::scoped_lock lock(mutex);
    error = thrown;
    ended = true;
    changed.notify_all();
  }

  void remove_used() {
    std::error_code ignored;
    fs::remove(in_use, ignored);
  }
};

GzipSegments::GzipSegments(fs::path file, fs::path directory, std::size_t size)
    : state_(std::make_unique<State>()) {
  state_->file = std::move(file);
  state_->directory = std::move(directory);
  state_->size = size;
  state_->thread = std::thread([state = state_.get()] { state->inflate(); });
}

GzipSegments::~GzipSegments() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->abandoned = true;
    state_->changed.notify_all();
  }
  state_->thread.join();
  state_->remove_used();
  for (const fs::path& segment : state_->ready) {
    std::error_code ignored;
    fs::remove(segment, ignored);
  }
}

std::optional<fs::path> GzipSegments::next() {
  State& state = *state_;
  state.remove_used();
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.ended || !state.ready.empty(); });
  if (state.ready.empty()) {
    if (state.error) {
      std::rethrow_exception(state.error);
    }
    return std::nullopt;
  }
  state.in_use = std::move(state.ready.front());
  state.ready.pop_front();
  state.changed.notify_all();
  return state.in_use;
}

}  // namespace crossfade

// SPDX-License-Identifier: Apache-2.0
#include "crossfade/core/files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crossfade/core/error.h"

namespace crossfade {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& file, int flags) : Descriptor(file, flags, file) {}

  // `shown` stands for `file` in errors.
  Descriptor(const fs::path& file, int flags, const fs::path& shown)
      : value_(::open(file.c_str(), flags, 0644)) {
    require(value_ >= 0, ErrorKind::kIo, "{}: {}", shown.string(), std::strerror(errno));
  }

  ~Descriptor() { ::close(value_); }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

void flush_to_disk(const fs::path& path) {
  const Descriptor file(path, O_RDONLY | O_CLOEXEC);
  const bool flushed = ::fsync(file.get()) == 0;
  require(flushed, ErrorKind::kIo, "{}: {}", path.string(), std::strerror(errno));
}

// A flush per file costs milliseconds; past some number of files (images) it is cheaper to flush
// the whole file system, other programs' data included.
void flush_tree_to_disk(const fs::path& directory) {
  constexpr std::size_t kManyFiles = 100;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  if (files.size() <= kManyFiles) {
    std::ranges::for_each(files, flush_to_disk);
    return;
  }
  const Descriptor any(directory, O_RDONLY | O_CLOEXEC);
  const bool flushed = ::syncfs(any.get()) == 0;
  require(flushed, ErrorKind::kIo, "{}: {}", directory.string(), std::strerror(errno));
}

struct Staged {
  std::mutex mutex;
  std::vector<fs::path> paths;
};

Staged& staged() {
  static Staged all;
  return all;
}

// ".<name>.tmp-<pid>" beside the final name.
std::string staging_prefix(const fs::path& final_path) {
  return fmt::format(".{}.tmp-", final_path.filename().string());
}

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

void remove_leftovers(const fs::path& final_path) {
  const std::string prefix = staging_prefix(final_path);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_of(final_path), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) {
      continue;
    }
    pid_t pid = 0;
    const char* digits = name.c_str() + prefix.size();
    std::from_chars(digits, name.c_str() + name.size(), pid);
    const bool owner_is_gone = pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH);
    if (owner_is_gone) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

// A temporary name for what becomes `final_path`, free of leftovers and known to discard_staged.
fs::path begin_staging(const fs::path& final_path) {
  remove_leftovers(final_path);
  fs::path staging =
      directory_of(final_path) / (staging_prefix(final_path) + std::to_string(::getpid()));
  const std::scoped_lock lock(staged().mutex);
  std::error_code ignored;
  // A killed process can have had this very number, in a container it often has.
  fs::remove_all(staging, ignored);
  staged().paths.push_back(staging);
  return staging;
}

void abandon_staging(const fs::path& staging) {
  const std::scoped_lock lock(staged().mutex);
  std::error_code ignored;
  if (std::erase(staged().paths, staging) > 0) {
    fs::remove_all(staging, ignored);
  }
}

// Errors name `final_path`, which a user knows.
void write_and_flush(const fs::path& staging,
                     const fs::path& final_path,
                     std::string_view content) {
  const Descriptor output(staging, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, final_path);
  while (!content.empty()) {
    const ssize_t put = ::write(output.get(), content.data(), content.size());
    require(put > 0, ErrorKind::kIo, "{}: {}", final_path.string(), std::strerror(errno));
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  const bool flushed = ::fsync(output.get()) == 0;
  require(flushed, ErrorKind::kIo, "{}: {}", final_path.string(), std::strerror(errno));
}

}  // namespace

std::string read_file(const fs::path& file) {
  require(!fs::is_directory(file), ErrorKind::kIo, "{}: is a directory", file.string());
  const Descriptor input(file, O_RDONLY | O_CLOEXEC);
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(input.get(), buffer, sizeof buffer);
    require(got >= 0, ErrorKind::kIo, "{}: {}", file.string(), std::strerror(errno));
    if (got == 0) {
      return content;
    }
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

void write_file(const fs::path& file, std::string_view content) {
  const fs::path staging = begin_staging(file);
  try {
    write_and_flush(staging, file, content);
    const std::scoped_lock lock(staged().mutex);
    std::error_code code;
    fs::rename(staging, file, code);
    require(!code, ErrorKind::kIo, "{}: {}", file.string(), code.message());
    std::erase(staged().paths, staging);
  } catch (const Error&) {
    abandon_staging(staging);
    throw;
  }
}

void move_file(const fs::path& from, const fs::path& to) {
  flush_to_disk(from);
  std::error_code code;
  fs::rename(from, to, code);
  require(!code, ErrorKind::kIo, "{}: {}", to.string(), code.message());
}

void make_directories(const fs::path& directory) {
  std::error_code code;
  fs::create_directories(directory, code);
  require(!code, ErrorKind::kIo, "{}: {}", directory.string(), code.message());
}

StagedDirectory::StagedDirectory(fs::path final_path) : final_(fs::absolute(final_path)) {
  final_ = final_.lexically_normal();
  if (!final_.has_filename()) {
    final_ = final_.parent_path();
  }
  make_directories(final_.parent_path());
  staging_ = begin_staging(final_);
  std::error_code code;
  fs::create_directory(staging_, code);
  if (code) {
    abandon_staging(staging_);
    fail(ErrorKind::kIo, "{}: {}", staging_.string(), code.message());
  }
}

StagedDirectory::~StagedDirectory() {
  abandon_staging(staging_);
}

void StagedDirectory::commit() {
  flush_tree_to_disk(staging_);
  const std::scoped_lock lock(staged().mutex);
  // An older directory is moved out of the way whole: emptied in place, it would look complete
  // to whoever starts after a crash, manifest and all.
  const fs::path older = final_.parent_path() / (staging_prefix(final_) + "0");
  std::error_code code;
  fs::remove_all(older, code);
  if (fs::exists(final_)) {
    fs::rename(final_, older, code);
    require(!code, ErrorKind::kIo, "{}: {}", final_.string(), code.message());
  }
  fs::rename(staging_, final_, code);
  require(!code, ErrorKind::kIo, "{}: {}", final_.string(), code.message());
  flush_to_disk(final_.parent_path());
  std::erase(staged().paths, staging_);
  fs::remove_all(older, code);
}

std::unique_lock<std::mutex> discard_staged() noexcept {
  std::unique_lock lock(staged().mutex);
  for (const fs::path& path : staged().paths) {
    std::error_code ignored;
    // A writer that is still running may add a file while the directory is emptied.
    for (int attempt = 0; attempt < 3 && fs::exists(path, ignored); ++attempt) {
      fs::remove_all(path, ignored);
    }
  }
  return lock;
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace crossfade

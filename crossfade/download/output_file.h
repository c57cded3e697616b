// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace crossfade {

/// A file that grows at its end. What was written before a process was killed is there after it.
class OutputFile {
 public:
  /// Opens `file`, which is created if it is not there, and cuts it to `size` bytes.
  /// @throws Error  kIo.
  OutputFile(std::filesystem::path file, std::int64_t size);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// @throws Error  kIo; some of `bytes` may then be written.
  void append(std::string_view bytes);

  /// Cuts the file to nothing.
  void clear();

  /// Waits until the disk has it all.
  void flush_to_disk();

  [[nodiscard]] std::int64_t size() const noexcept { return size_; }

 private:
  void check(bool good) const;

  std::filesystem::path path_;
  std::int64_t size_;
  int file_;
};

}  // namespace crossfade

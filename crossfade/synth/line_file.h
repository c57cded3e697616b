// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace crossfade {

/// A text file written front to back, a line at a time, through a buffer of about a megabyte.
class LineFile {
 public:
  /// @throws Error  kIo when it cannot be created.
  explicit LineFile(std::filesystem::path file);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Where the current line is appended to; what stood there before must stay.
  [[nodiscard]] std::string& text() noexcept { return buffer_; }

  /// Ends the current line.
  /// @throws Error  kIo, naming the file, when the disk is full.
  void end_line();

  /// Writes what is left and closes the file; without it the file is incomplete.
  /// @throws Error  kIo.
  void finish();

  /// Bytes of all ended lines.
  [[nodiscard]] std::int64_t bytes() const noexcept;

 private:
  void write_buffer();

  std::filesystem::path file_;
  int descriptor_;
  std::int64_t written_ = 0;
  std::string buffer_;
};

}  // namespace crossfade

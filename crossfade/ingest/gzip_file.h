// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace crossfade {

/// Whether the content of `file` is gzip, whatever its name says.
/// @throws Error  kIo when it is missing, unreadable or a directory.
[[nodiscard]] bool is_gzip(const std::filesystem::path& file);

/// Reads a plain or gzip file, told apart by content, in one pass.
class GzipFile {
 public:
  /// @throws Error  kIo.
  explicit GzipFile(const std::filesystem::path& file);
  ~GzipFile();
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  /// Up to `size` further bytes; "" at the end.
  /// @throws Error  kData when a gzip stream is cut short or damaged, kIo.
  [[nodiscard]] std::string read(std::size_t size);

  /// The next line without its line end, or nothing at the end of the file.
  /// @throws Error  as `read`.
  [[nodiscard]] std::optional<std::string> next_line();

  /// How many bytes of content have been read.
  [[nodiscard]] std::int64_t offset() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a gzip file to its end, checking its length and checksum.
/// @throws Error  as GzipFile::read.
void verify_gzip(const std::filesystem::path& file);

}  // namespace crossfade

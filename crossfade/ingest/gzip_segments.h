// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

namespace crossfade {

/// The lines of a gzip file as a row of small plain files. A thread inflates the file once, checks
/// its length and checksum on the way, and stays at most two segments ahead of the reader.
class GzipSegments {
 public:
  static constexpr std::size_t kSegmentSize = std::size_t{1} << 26;

  /// Inflates `file` into `directory`, which exists and in which names that begin with "segment-"
  /// are free. A segment has `size` bytes and the rest of the line that they end in.
  GzipSegments(std::filesystem::path file,
               std::filesystem::path directory,
               std::size_t size = kSegmentSize);
  ~GzipSegments();
  GzipSegments(const GzipSegments&) = delete;
  GzipSegments& operator=(const GzipSegments&) = delete;

  /// The next segment, or nothing after the last. Removes the one before.
  /// @throws Error  as GzipFile::read; kIo when the disk is full.
  [[nodiscard]] std::optional<std::filesystem::path> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossfade

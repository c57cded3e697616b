// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossfade/download/http.h"
#include "crossfade/download/output_file.h"

namespace crossfade {

/// A file that has not arrived whole: `<path>.part`, and `<path>.part.json` with what it is a part
/// of: address, size and validators.
class PartFile {
 public:
  /// Opens what there is of the file at `address`; a part of anything else is dropped.
  /// @throws Error  kIo.
  PartFile(std::filesystem::path path, std::string address);

  [[nodiscard]] std::int64_t size() const { return output_->size(); }

  /// Of the whole file; -1 = not known.
  [[nodiscard]] std::int64_t total() const { return total_; }

  /// The headers that ask for the rest, if the part can be continued and is not empty.
  [[nodiscard]] std::vector<std::string> resume_headers() const;

  /// Gets ready for the body of an answer: goes on for status 206, starts anew for 200.
  /// Returns why that cannot be: the answer is another part than the one asked for.
  /// @throws Error  kIo; also when the file does not fit on the disk.
  [[nodiscard]] std::string begin(const HttpHead& head);

  void append(std::string_view bytes) { output_->append(bytes); }

  /// Drops the part.
  void restart();

  /// Gives the file its name.
  void commit();

  [[nodiscard]] const std::filesystem::path& path() const { return part_; }

 private:
  void load();
  void save() const;

  std::filesystem::path final_;
  std::filesystem::path part_;
  std::filesystem::path state_;
  std::string address_;
  std::string validator_;  ///< For If-Range: a strong ETag, or a date; "" = cannot be continued.
  std::int64_t total_ = -1;
  std::optional<OutputFile> output_;
};

}  // namespace crossfade

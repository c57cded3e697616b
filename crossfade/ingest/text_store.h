// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace crossfade {

/// Title and text of reviews in a file, so that what is filtered and sorted is numbers: a text is
/// moved once in and once out. In memory are 16 buffers of 1 MB while texts come in; afterwards
/// nothing, or the file's pages, when it is no larger than the limit given to `seal`.
class TextStore {
 public:
  /// Creates `file`, which goes with the object.
  /// @throws Error  kIo.
  explicit TextStore(std::filesystem::path file);
  ~TextStore();
  TextStore(const TextStore&) = delete;
  TextStore& operator=(const TextStore&) = delete;

  /// Stores a pair of texts; returns its number, which depends on the order of calls. May be called
  /// by several threads at once.
  /// @throws Error  kIo when the disk is full.
  std::int64_t keep(std::string_view title, std::string_view text);

  /// Ends storing. A file of at most `map_limit` bytes is mapped into memory, a larger one read
  /// pair by pair.
  /// @throws Error  kIo.
  void seal(std::int64_t map_limit);

  /// The pair that `keep` gave `number`; after `seal`. The views point into the map or into
  /// `buffer`. May be called by several threads at once.
  /// @throws Error  kIo.
  [[nodiscard]] std::pair<std::string_view, std::string_view> find(std::int64_t number,
                                                                   std::string& buffer) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossfade

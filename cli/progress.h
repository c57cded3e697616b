// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "crossfade/core/progress.h"

namespace crossfade::cli {

/// Prints progress to standard error: on a terminal one line that is redrawn, elsewhere a plain
/// line every few seconds. Remarks and finished steps always get a line of their own.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(bool quiet);
  ~ProgressPrinter();
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  /// The state of a job that is under way.
  void show(const Progress& progress);

  /// A line that stays.
  void line(std::string_view text);

  /// The two as callbacks; they must not outlive the printer.
  [[nodiscard]] OnProgress on_progress();
  [[nodiscard]] OnNote on_note();

 private:
  void erase();

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::string last_what_;
  std::chrono::steady_clock::time_point last_;
  std::chrono::steady_clock::time_point began_;
  std::int64_t began_at_ = 0;
};

}  // namespace crossfade::cli

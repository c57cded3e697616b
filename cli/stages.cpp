// SPDX-License-Identifier: Apache-2.0
#include "cli/stages.h"

#include <string>

#include <fmt/core.h>

namespace crossfade::cli {

void print_stage(ProgressPrinter& progress, const StageReport& stage) {
  const std::string state = stage.reused ? "up to date" : fmt::format("{:.1f} s", stage.seconds);
  progress.line(stage.summary.empty()
                    ? fmt::format("{:<28} {}", stage.stage, state)
                    : fmt::format("{:<28} {:<10}  {}", stage.stage, state, stage.summary));
}

}  // namespace crossfade::cli

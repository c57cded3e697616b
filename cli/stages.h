// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossfade/pipeline/run.h"

#include "cli/progress.h"

namespace crossfade::cli {

/// The line of a stage that has ended: its name, how long it took, what came of it.
void print_stage(ProgressPrinter& progress, const StageReport& stage);

}  // namespace crossfade::cli

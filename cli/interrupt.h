// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace crossfade::cli {

/// Makes ctrl-C (SIGINT) and SIGTERM end the program at once and cleanly: half-written
/// directories are removed, checkpoints stay, and a line says how to go on. Call it before any
/// other thread starts.
void handle_interrupts();

}  // namespace crossfade::cli

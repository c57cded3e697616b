// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace crossfade::cli {

/// Makes ctrl-C (SIGINT) and SIGTERM end the program at once and cleanly: half-written files and
/// directories are removed, checkpoints stay, and a line says how to go on. A file over the size
/// limit becomes an error of the write instead of the end of the process. Call it before any
/// other thread starts.
void handle_signals();

}  // namespace crossfade::cli

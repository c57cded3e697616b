// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <cstdio>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "crossfade/core/error.h"
#include "crossfade/core/files.h"

namespace crossfade::cli {
namespace {

int signal_pipe[2];

void pass_on(int number) {
  const auto byte = static_cast<unsigned char>(number);
  static_cast<void>(!::write(signal_pipe[1], &byte, 1));
}

}  // namespace

void handle_signals() {
  // A file over the limit of `ulimit -f` is then an error of the write, as a full disk is.
  ::signal(SIGXFSZ, SIG_IGN);
  // A handler may do almost nothing, so it wakes a thread that may. Blocking the signals instead
  // would miss the threads that libraries (BLAS) start before main.
  require(::pipe(signal_pipe) == 0, ErrorKind::kIo, "cannot open a pipe for signals");
  struct sigaction action {};
  action.sa_handler = pass_on;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::thread([] {
    unsigned char number = 0;
    while (::read(signal_pipe[0], &number, 1) != 1) {
    }
    const auto held = discard_staged();
    std::fputs("\ncrossfade: interrupted; the same command goes on from here\n", stderr);
    std::fflush(stderr);
    constexpr int kSignalBase = 128;
    ::_exit(kSignalBase + number);
  }).detach();
}

}  // namespace crossfade::cli

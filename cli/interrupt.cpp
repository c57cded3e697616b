// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <cstdio>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "crossfade/core/files.h"

namespace crossfade::cli {

void handle_interrupts() {
  // All threads block the signals; one waits for them, so it may do what a handler may not.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    discard_staged_directories();
    std::fputs("\ncrossfade: interrupted; the same command goes on from here\n", stderr);
    std::fflush(stderr);
    constexpr int kSignalBase = 128;
    ::_exit(kSignalBase + signal);
  }).detach();
}

}  // namespace crossfade::cli

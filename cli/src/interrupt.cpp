// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <csignal>

namespace millrace::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void note_interrupt(int) {
  interrupted = 1;
}

} // namespace

void watch_for_interrupt() noexcept {
  struct sigaction handling {};
  handling.sa_handler = &note_interrupt;
  // Back to the default after the first one, for whoever cannot wait for a step to end.
  handling.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&handling.sa_mask);
  sigaction(SIGINT, &handling, nullptr);
  sigaction(SIGTERM, &handling, nullptr);
}

bool is_interrupted() noexcept {
  return interrupted != 0;
}

} // namespace millrace::cli

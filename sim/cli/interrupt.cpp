// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/interrupt.hpp"

namespace quatrain::cli {
namespace {

// A signal handler has no other way to say anything.
volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_interrupt(int) {
    interrupted = 1;
    std::signal(SIGINT, SIG_DFL);
}

}  // namespace

const volatile std::sig_atomic_t& catch_interrupt() {
    std::signal(SIGINT, on_interrupt);
    return interrupted;
}

}  // namespace quatrain::cli

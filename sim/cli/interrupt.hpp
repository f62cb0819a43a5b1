// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace quatrain::cli {

/// From now on the first Ctrl-C sets the flag that this returns, and a second one ends the program
/// at once.
const volatile std::sig_atomic_t& catch_interrupt();

}  // namespace quatrain::cli

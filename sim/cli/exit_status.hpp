// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace quatrain::cli {

/// What the shell sees.
enum ExitStatus : int {
    exit_done = 0,
    exit_check_failed = 1,  ///< the run finished, but bits differ from the golden reference, or a
                            ///< number was no number
    exit_bad_input = 2,
    exit_internal = 3,  ///< the machine made no progress, or a check inside the simulator failed
    exit_interrupted = 130,  ///< as shells report an interrupt
};

/// The user's mistake: one line.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Ctrl-C ended what the program waited for: one line.
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace quatrain::cli

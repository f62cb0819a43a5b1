// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"
#include "sim/run/progress.hpp"
#include "sim/run/run.hpp"
#include "sim/run/step_image.hpp"
#include "sim/run/timeline.hpp"

namespace quatrain::run {

/// Executes the program on the machine of the options (timed or not, by events or by clock edges)
/// with what the memory holds. `timeline`: null for none. Throws InternalError for what only a
/// wrong program or machine can cause, and what the blocks throw.
machine::MachineResult simulate(const RunOptions& options, const compiler::Program& program,
                                StepMemory& memory, Progress& progress,
                                TimelineRecorder* timeline = nullptr);

}  // namespace quatrain::run

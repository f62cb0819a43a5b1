// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine.hpp"

namespace quatrain::machine {

/// Throws ParamError when the parameters of a block contradict each other or leave the range that
/// the machine needs.
void validate(const MachineParams& params);
/// Throws std::invalid_argument unless there are contents for the machine's scratchpad, where a run
/// needs them.
void validate(const MachineParams& params, const Settings& settings,
              const scratchpad::ScratchpadImage* scratchpad);

}  // namespace quatrain::machine

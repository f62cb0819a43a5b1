// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/machine/machine_params.hpp"

namespace quatrain::machine {

/// Throws ParamError when the parameters of a block contradict each other or leave the range that
/// the machine needs.
void validate(const MachineParams& params);

}  // namespace quatrain::machine

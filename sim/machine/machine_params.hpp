// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"

namespace quatrain::machine {

/// What the machine is built from: every block's parameters, and the clock.
using MachineParams = config::Architecture;

}  // namespace quatrain::machine

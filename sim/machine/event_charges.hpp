// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/mac_events.hpp"
#include "sim/machine/footprint.hpp"
#include "sim/machine/pass_cost.hpp"

namespace quatrain::machine {

/// Adds every event that follows from the instruction alone: not cycles, not what depends on the
/// data. `cost`: of the pass, ignored for other instructions. `footprint`: of the instruction.
void charge(const MachineParams& params, std::int64_t core, isa::Engine engine,
            const isa::Instruction& instruction, const PassCost& cost, const Footprint& footprint,
            EventCounts& events);

}  // namespace quatrain::machine

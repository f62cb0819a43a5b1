// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/machine_params.hpp"
#include "sim/machine/region.hpp"

#include <vector>

namespace quatrain::machine {

using Footprint = std::vector<Access>;

/// The bytes that an instruction of `engine` reads and writes while it executes. Sub-byte elements
/// count their whole byte; a moving stream counts the whole tensor rows that its vectors can reach.
Footprint footprint(const MachineParams& params, isa::Engine engine,
                    const isa::Instruction& instruction);

/// Takes the accesses in the next core out of a footprint.
Footprint split_off_next_core(Footprint& footprint);

/// Throws BufferError, DramError or ScratchpadError when an access lies outside its memory.
void check_bounds(const MachineParams& params, const Footprint& footprint);

}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/instruction.hpp"
#include "sim/machine/machine_params.hpp"

#include <cstdint>

namespace quatrain::machine {

/// Cycles that an instruction of the vector queue, a Drain or a VectorInstruction, executes for, in
/// the scaling units or the vector unit. Throws std::bad_variant_access for any other.
std::int64_t vector_cycles(const MachineParams& params, const isa::Instruction& instruction);

}  // namespace quatrain::machine

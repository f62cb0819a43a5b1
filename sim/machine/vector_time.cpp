// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/vector_time.hpp"

#include "rtl_models/scaling_unit/timing.hpp"
#include "rtl_models/vector_unit/timing.hpp"

namespace quatrain::machine {

std::int64_t vector_cycles(const MachineParams& params, const isa::Instruction& instruction) {
    if (const auto* drain = std::get_if<isa::Drain>(&instruction.body))
        return scaling_unit::cycles(params.scaling_unit, *drain);
    const auto& vector = std::get<isa::VectorInstruction>(instruction.body);
    return scaling_unit::executes(vector.operation)
               ? scaling_unit::cycles(params.scaling_unit, vector)
               : vector_unit::cycles(params.vector_unit, vector);
}

}  // namespace quatrain::machine

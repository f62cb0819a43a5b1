// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/function.hpp"

#include "rtl_models/scaling_unit/execution.hpp"
#include "rtl_models/scaling_unit/timing.hpp"

#include <fmt/format.h>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorOperation;

void dispatch(Execution& run) {
    switch (run.instruction().operation) {
        case VectorOperation::weight_statistics:
            return weight_statistics(run);
        case VectorOperation::weight_scale:
            return weight_scale(run);
        case VectorOperation::quantise_weight:
            return quantise_weight(run);
        case VectorOperation::quantise_gradient:
            return quantise_gradient(run);
        case VectorOperation::update_gradscale:
            return update_gradscale(run);
        case VectorOperation::gradscale_vote:
            return gradscale_vote(run);
        case VectorOperation::add_votes:
            return add_votes(run);
        case VectorOperation::apply_gradscale:
            return apply_gradscale(run);
        case VectorOperation::least_vote:
            return least_vote(run);
        case VectorOperation::activation_scale:
            return activation_scale(run);
        case VectorOperation::quantise_activation:
            return quantise_activation(run);
        default:
            run.reject("belongs to the vector unit");
    }
}

}  // namespace

Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory, Scratch& scratch,
                int threads) {
    Execution run(instruction, memory, scratch, threads);
    if (instruction.rows < 0 || instruction.columns < 0)
        run.reject(fmt::format("rows x columns = {} x {}: must not be negative", instruction.rows,
                               instruction.columns));
    dispatch(run);
    return {faults(scratch), elements(instruction)};
}

Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory) {
    Scratch scratch;
    return execute(instruction, memory, scratch, 1);
}

}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#include "sim/run/timed_step.hpp"

#include "sim/run/lasting_tensors.hpp"
#include "sim/run/rows.hpp"
#include "sim/run/simulate.hpp"

namespace quatrain::run {

TimedStep TimedMachine::step(const golden::Tensors& lasting, const datasets::Batch& batch,
                             double learning_rate, Progress& progress) const {
    StepMemory memory(options_.architecture, program_);
    memory.load(step_inputs(program_.graph, lasting, batch, learning_rate));
    const machine::MachineResult simulated = simulate(options_, program_, memory, progress);
    return {.result = make_result(options_, program_, simulated),
            .lasting = lasting_tensors(program_.graph, memory)};
}

}  // namespace quatrain::run

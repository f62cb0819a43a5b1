// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/engines.hpp"

#include "sim/machine/vector_time.hpp"

namespace quatrain::machine {

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, dma::Direction direction, CoreState& core,
                     std::span<const OperatorQueues> operators, MemoryController& memory)
    : Engine(name, direction == dma::Direction::load ? isa::Engine::load : isa::Engine::store, core,
             operators),
      direction_(direction),
      memory_(memory) {
    memory.connect(core.index, direction, *this);
}

void DmaEngine::execute(Issued& issued) {
    memory_.start(core_.index, direction_, std::get<isa::DmaTransfer>(issued.instruction.body));
}

ArrayEngine::ArrayEngine(const sc_core::sc_module_name& name, CoreState& core,
                         std::span<const OperatorQueues> operators)
    : Engine(name, isa::Engine::array, core, operators), timeline_(core.machine.params.array) {}

void ArrayEngine::execute(Issued& issued) {
    // The array moves in the cycle after the issue; the next pass's issue cycle hides behind this
    // pass.
    const std::int64_t start = issued.issue + 1;
    mac_array::PassTimes times{};
    if (const auto* pass = std::get_if<isa::OutputStationaryPass>(&issued.instruction.body)) {
        times = timeline_.output_stationary(start, pass->resume, issued.cost.stream_cycles);
    } else {
        times = timeline_.weight_stationary(start, issued.cost.preload_cycles,
                                            issued.cost.stream_cycles);
    }
    issued.done = times.done;
    schedule_retirement();
    issue_next(times.next_issue - 1 - issued.issue);
}

VectorEngine::VectorEngine(const sc_core::sc_module_name& name, CoreState& core,
                           std::span<const OperatorQueues> operators)
    : Engine(name, isa::Engine::vector, core, operators) {}

void VectorEngine::execute(Issued& issued) {
    const std::int64_t cycles = vector_cycles(machine_.params, issued.instruction);
    issued.done = issued.issue + 1 + cycles;
    schedule_retirement();
    issue_next(issued.done - issued.issue);
}

}  // namespace quatrain::machine

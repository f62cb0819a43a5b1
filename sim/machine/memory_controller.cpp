// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_controller.hpp"

namespace quatrain::machine {

MemoryController::MemoryController(const sc_core::sc_module_name& name, MachineState& machine,
                                   const Settings& settings)
    : sc_module(name),
      machine_(machine),
      memory_(machine.params, settings),
      listeners_(static_cast<std::size_t>(2 * machine.params.cores)) {
    SC_HAS_PROCESS(MemoryController);
    SC_METHOD(update);
    sensitive << update_event_;
    dont_initialize();
}

void MemoryController::connect(std::int64_t core, dma::Direction direction,
                               TransferListener& listening) {
    listener(core, direction) = &listening;
}

void MemoryController::start(std::int64_t core, dma::Direction direction,
                             const isa::DmaTransfer& transfer) {
    memory_.start(direction, transfer, machine_.now(), core);
    update_event_.notify(sc_core::SC_ZERO_TIME);
}

void MemoryController::update() {
    machine_.guarded([this] {
        for (const MemorySystem::Notice& notice : memory_.take(machine_.now())) {
            TransferListener& hears = *listener(notice.core, notice.direction);
            if (notice.kind == MemorySystem::Notice::Kind::complete)
                hears.transfer_complete();
            else
                hears.last_burst_issued();
        }
        if (!memory_.quiet()) look_ahead();
    });
}

/// Nobody can start a transfer before something else happens: the memory can run until then.
void MemoryController::look_ahead() {
    const sc_core::sc_time idle = sc_core::sc_time_to_pending_activity();
    if (idle == sc_core::SC_ZERO_TIME) {  // in this very cycle, even
        update_event_.notify(sc_core::SC_ZERO_TIME);
        return;
    }
    const auto free_cycles = static_cast<std::int64_t>(idle.value() / machine_.period.value());
    const std::int64_t limit = machine_.now() + free_cycles;
    const std::int64_t next = memory_.advance(limit).value_or(limit);
    update_event_.notify(machine_.cycles(next - machine_.now()));
}

}  // namespace quatrain::machine

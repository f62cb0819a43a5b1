// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_controller.hpp"

namespace quatrain::machine {

MemoryController::MemoryController(const sc_core::sc_module_name& name, CoreState& core,
                                   const Settings& settings)
    : sc_module(name), core_(core), memory_(core.params, settings) {
    SC_HAS_PROCESS(MemoryController);
    SC_METHOD(update);
    sensitive << update_event_;
    dont_initialize();
}

void MemoryController::connect(dma::Direction direction, TransferListener& listener) {
    listeners_[static_cast<std::size_t>(direction)] = &listener;
}

void MemoryController::start(dma::Direction direction, const isa::DmaTransfer& transfer) {
    memory_.start(direction, transfer, core_.now());
    update_event_.notify(sc_core::SC_ZERO_TIME);
}

void MemoryController::update() {
    core_.guarded([this] {
        for (const MemorySystem::Notice& notice : memory_.take(core_.now())) {
            TransferListener& listener = *listeners_[static_cast<std::size_t>(notice.direction)];
            if (notice.kind == MemorySystem::Notice::Kind::complete)
                listener.transfer_complete();
            else
                listener.last_burst_issued();
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
    const auto free_cycles = static_cast<std::int64_t>(idle.value() / core_.period.value());
    const std::int64_t limit = core_.now() + free_cycles;
    const std::int64_t next = memory_.advance(limit).value_or(limit);
    update_event_.notify(core_.cycles(next - core_.now()));
}

}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_controller.hpp"

namespace quatrain::machine {

MemoryController::MemoryController(const sc_core::sc_module_name& name, CoreState& core)
    : sc_module(name), core_(core), memory_(core.params.dma, core.params.dram) {
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
        if (const auto next = memory_.next_cycle())
            update_event_.notify(core_.cycles(*next - core_.now()));
    });
}

}  // namespace quatrain::machine

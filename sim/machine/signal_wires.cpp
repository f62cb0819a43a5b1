// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/signal_wires.hpp"

#include "sim/machine/core_state.hpp"

namespace quatrain::machine {

SignalWires::SignalWires(const sc_core::sc_module_name& name, MachineState& machine,
                         std::int64_t cycles, std::function<void(const isa::SemaphoreUse&)> arrive)
    : sc_module(name), machine_(machine), cycles_(cycles), arrive_(std::move(arrive)) {
    SC_HAS_PROCESS(SignalWires);
    SC_METHOD(deliver);
    sensitive << arrival_event_;
    dont_initialize();
}

void SignalWires::send(const isa::SemaphoreUse& signal) {
    travelling_.push_back({machine_.now() + cycles_, signal});
    if (travelling_.size() == 1) wake();
}

void SignalWires::deliver() {
    machine_.guarded([this] {
        for (; !travelling_.empty() && travelling_.front().arrival <= machine_.now();
             travelling_.pop_front())
            arrive_(travelling_.front().signal);
        if (!travelling_.empty()) wake();
    });
}

void SignalWires::wake() {
    arrival_event_.notify(machine_.cycles(travelling_.front().arrival - machine_.now()));
}

}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/isa/semaphore.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>

namespace quatrain::machine {

struct MachineState;

/// The wires from a core to a neighbour on which its signals travel: each arrives so many cycles
/// after it was sent.
class SignalWires final : public sc_core::sc_module {
public:
    SignalWires(const sc_core::sc_module_name& name, MachineState& machine, std::int64_t cycles,
                std::function<void(const isa::SemaphoreUse&)> arrive);

    /// Sends a signal in this cycle.
    void send(const isa::SemaphoreUse& signal);

private:
    struct Travelling {
        std::int64_t arrival = 0;  ///< [cycles]
        isa::SemaphoreUse signal;
    };

    void deliver();
    void wake();

    MachineState& machine_;
    std::int64_t cycles_;
    std::function<void(const isa::SemaphoreUse&)> arrive_;
    std::deque<Travelling> travelling_;
    sc_core::sc_event arrival_event_{"arrival_event"};
};

}  // namespace quatrain::machine

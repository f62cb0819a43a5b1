// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/sequencer/function.hpp"
#include "sim/machine/buffer_hazards.hpp"
#include "sim/machine/datapath.hpp"
#include "sim/machine/ledger.hpp"
#include "sim/machine/pass_cost.hpp"
#include "sim/machine/signal_wires.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <systemc>

namespace quatrain::machine {

/// What everything in a machine shares while it runs.
struct MachineState {
    const MachineParams& params;
    Ledger& ledger;
    sc_core::sc_time period;
    PassCosts pass_costs{params};
    std::exception_ptr failure{};  ///< the first error: everything stands still from then on

    /// The current cycle.
    std::int64_t now() const {
        return static_cast<std::int64_t>(sc_core::sc_time_stamp().value() / period.value());
    }
    sc_core::sc_time cycles(std::int64_t count) const {
        return static_cast<double>(count) * period;
    }
    bool halted() const { return failure || ledger.stopped(); }

    /// Runs a process body. An exception must not unwind through the SystemC kernel, which would
    /// lose its type.
    template <class Body>
    void guarded(Body&& body) {
        if (halted()) return;
        try {
            body();
        } catch (...) {
            failure = std::current_exception();
        }
    }
};

/// What the engines of one core share while it runs.
struct CoreState {
    MachineState& machine;
    std::int64_t index;
    Datapath* datapath;  ///< null: no numerics

    sequencer::SemaphoreFile semaphores{};
    sc_core::sc_event semaphores_changed{};
    BufferHazards hazards{};
    // Of several cores: the next one on the ring, and the wires to both neighbours.
    CoreState* next = nullptr;
    SignalWires* to_next = nullptr;
    SignalWires* to_previous = nullptr;

    /// An instruction is done: releases what it signals, here or, some cycles later, at a
    /// neighbour.
    void release(std::span<const isa::SemaphoreUse> signals) {
        for (const isa::SemaphoreUse& one : signals) {
            SignalWires* const wires = wires_to(isa::receiver(one.semaphore));
            wires ? wires->send(one) : arrive(one);
        }
    }
    /// Null to the core itself, and to the neighbours of an only core.
    SignalWires* wires_to(isa::Receiver receiver) const {
        if (receiver == isa::Receiver::own) return nullptr;
        return receiver == isa::Receiver::next ? to_next : to_previous;
    }
    /// A signal is there.
    void arrive(const isa::SemaphoreUse& signal) {
        semaphores.release({&signal, 1});
        semaphores_changed.notify(sc_core::SC_ZERO_TIME);
    }
};

}  // namespace quatrain::machine

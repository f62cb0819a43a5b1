// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/sequencer/function.hpp"
#include "sim/machine/buffer_hazards.hpp"
#include "sim/machine/datapath.hpp"
#include "sim/machine/ledger.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <systemc>

namespace quatrain::machine {

/// What the engines of one core share while it runs.
struct CoreState {
    const MachineParams& params;
    Ledger& ledger;
    Datapath* datapath;  ///< null: no numerics
    sc_core::sc_time period;

    sequencer::SemaphoreFile semaphores{};
    sc_core::sc_event semaphores_changed{"semaphores_changed"};
    BufferHazards hazards{};
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

}  // namespace quatrain::machine

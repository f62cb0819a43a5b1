// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/mac_array/clocked_pass.hpp"

#include <exception>
#include <systemc>

namespace quatrain::mac_array {

/// Of the array's port to the accumulator buffer: a word in and a word out for every column.
PortWidth accumulator_width(const Params& params);

/// The array's pins: what the two clocked arrays share.
///
/// A pass is issued in a cycle with ready = start = 1 and moves the array from the next cycle on. A
/// beat passes in a cycle in which valid and ready are both 1. In a cycle with preload_go the
/// streamer serves the stationary rows of the oldest pass not preloaded (weight stationary), in one
/// with stream_go the moving vectors (output stationary: and the stationary rows, step by step,
/// both in one cycle) of the oldest pass not streamed. `done` is 1 in the cycle after the one in
/// which a pass's last result was written.
class ArrayPins : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> start{"start"};
    sc_core::sc_in<Command> pass{"pass"};
    sc_core::sc_out<bool> ready{"ready"};  ///< combinational in the beats' valid
    sc_core::sc_in<OperandBeat> stationary{"stationary"};
    sc_core::sc_in<OperandBeat> moving{"moving"};
    sc_core::sc_out<bool> stationary_ready{"stationary_ready"};
    sc_core::sc_out<bool> moving_ready{"moving_ready"};
    sc_core::sc_out<bool> preload_go{"preload_go"};
    sc_core::sc_out<bool> stream_go{"stream_go"};
    sc_core::sc_out<bool> done{"done"};
    ClockedPort accumulators;

    /// The first error in a process; the array stands still from then on.
    std::exception_ptr failure() const { return failure_; }

protected:
    ArrayPins(const sc_core::sc_module_name& name, const Params& params)
        : sc_module(name), accumulators("accumulators", accumulator_width(params)) {}

    /// Runs body unless something has failed; keeps what it throws.
    template <class Body>
    void guarded(Body body) {
        if (failure_) return;
        try {
            body();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

private:
    std::exception_ptr failure_;
};

}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/mac_array/clocked_control.hpp"

#include <exception>
#include <systemc>

namespace quatrain::mac_array {

/// Of the array's port to the accumulator buffer: a word in and a word out for every column.
PortWidth accumulator_width(const Params& params);

/// The array's pins and its control, without PEs: what the two clocked arrays share.
///
/// A pass is issued in a cycle with ready = start = 1 and moves the array from the next cycle on. A
/// beat passes in a cycle in which valid and ready are both 1. In a cycle with preload_go the
/// streamer serves the stationary rows of the oldest pass not preloaded (weight stationary), in one
/// with stream_go the moving vectors (output stationary: and the stationary rows, step by step,
/// both in one cycle) of the oldest pass not streamed. `done` is 1 in the cycle after the one in
/// which a pass's last result was written.
class ArrayShell : public sc_core::sc_module {
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

    ArrayShell(const sc_core::sc_module_name& name, const Params& params);

    /// The events of the oldest done pass; removes them. Throws std::logic_error when no pass is
    /// done.
    EventCounts take_counts() { return control_.take_counts(); }
    /// The first error in a process; the array stands still from then on.
    std::exception_ptr failure() const { return failure_; }
    /// As Control::probe().
    void probe(Probes& probes, const std::string& block) const { control_.probe(probes, block); }

protected:
    /// Shows entry() to the modules inside; runs whenever it changes, also before the pins have
    /// settled.
    virtual void show() {}
    /// The clock edge of everything but the control. The beats fit.
    virtual void work(const Entry&) {}
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

    /// What enters the array in this cycle.
    Entry entry() const { return control_.entry(valid()); }
    /// The beats that pass hold all the codes that this entry takes from them.
    bool beats_fit(const Entry& entry) const;
    // What enters a row or a column of the array: control, and the codes of the beat that passes.
    // The beats fit.
    void enter_row(const Entry& entry, std::int64_t row, MovingStep& step) const;
    void enter_column(const Entry& entry, std::int64_t column, StationaryStep& step) const;
    /// WS: rounds the sum that leaves the bottom of a column into the accumulator buffer.
    void round(const StepControl& control, std::int64_t column, std::uint32_t sum);
    /// OS: writes a result to the accumulator buffer.
    void drain(const StepControl& control, std::int64_t row, std::int64_t column,
               std::uint32_t code);
    /// OS: reads a result from the accumulator buffer.
    std::uint32_t resume(const ResumeRow& row, std::int64_t column);

    /// The address of a column's accumulator, as it shows at the port. Throws std::overflow_error
    /// when it does not fit the pins.
    std::int64_t port_address(std::int64_t row_address, std::int64_t column) const;

    Params params_;
    int accumulator_bits_;
    Control control_;  ///< its counts are for the report: no hardware, no pins

private:
    void combine();
    void advance();
    Control::Valid valid() const;

    std::exception_ptr failure_;
    sc_core::sc_signal<std::uint64_t> state_{"state"};  ///< changes with the control's registers
    std::uint64_t edges_ = 0;
};

}  // namespace quatrain::mac_array

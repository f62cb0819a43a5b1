// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/mac_array/clocked_control.hpp"
#include "rtl_models/mac_array/clocked_pins.hpp"

#include <systemc>

namespace quatrain::mac_array {

/// A clocked array without PEs: its control, the beats that enter, and what PEs do at the
/// accumulator buffer.
class ArrayShell : public ArrayPins {
public:
    ArrayShell(const sc_core::sc_module_name& name, const Params& params);

    /// The events of the oldest done pass; removes them. Throws std::logic_error when no pass is
    /// done.
    EventCounts take_counts() { return control_.events().take(); }
    /// As Control::probe().
    void probe(Probes& probes, const std::string& block) const { control_.probe(probes, block); }

protected:
    /// The clock edge of everything but the control. The beats fit.
    virtual void work(const Entry& entry) = 0;

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

    Params params_;
    int accumulator_bits_;
    Control control_;

private:
    void combine();
    void advance();
    Control::Valid valid() const;

    sc_core::sc_signal<std::uint64_t> state_{"state"};  ///< changes with the control's registers
    std::uint64_t edges_ = 0;
};

}  // namespace quatrain::mac_array

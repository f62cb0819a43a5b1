// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_step.hpp"

namespace quatrain::mac_array {

std::ostream& operator<<(std::ostream& stream, const MovingStep& step) {
    stream << (step.control.valid ? "valid" : "idle") << " pass " << step.control.pass;
    for (const std::uint32_t code : step.codes) stream << ' ' << code;
    return stream;
}

std::ostream& operator<<(std::ostream& stream, const StationaryStep& step) {
    if (step.load) stream << "row " << step.row;
    for (const std::uint32_t code : step.codes) stream << ' ' << code;
    return stream;
}

std::ostream& operator<<(std::ostream& stream, const ResumeRow& row) {
    return row.valid ? stream << "row " << row.row : stream << "idle";
}

// The codes of a step come and go with it: a trace file keeps addresses, so it gets the control
// only.
void sc_trace(sc_core::sc_trace_file* file, const MovingStep& step, const std::string& name) {
    sc_core::sc_trace(file, step.control.valid, name + ".valid");
    sc_core::sc_trace(file, step.control.take_over, name + ".take_over");
    sc_core::sc_trace(file, step.control.last, name + ".last");
    sc_core::sc_trace(file, step.control.pass, name + ".pass");
}

void sc_trace(sc_core::sc_trace_file* file, const StationaryStep& step, const std::string& name) {
    sc_core::sc_trace(file, step.load, name + ".load");
    sc_core::sc_trace(file, step.row, name + ".row");
}

void sc_trace(sc_core::sc_trace_file* file, const ResumeRow& row, const std::string& name) {
    sc_core::sc_trace(file, row.valid, name + ".valid");
    sc_core::sc_trace(file, row.row, name + ".row");
}

}  // namespace quatrain::mac_array

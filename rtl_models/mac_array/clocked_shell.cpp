// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_shell.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::mac_array {

ArrayShell::ArrayShell(const sc_core::sc_module_name& name, const Params& params)
    : ArrayPins(name, params),
      params_(params),
      accumulator_bits_(accumulator_bits(params.accumulator)),
      control_(params) {
    SC_HAS_PROCESS(ArrayShell);
    SC_METHOD(combine);
    sensitive << state_ << stationary << moving;
    SC_METHOD(advance);
    sensitive << clock.pos();
    dont_initialize();
}

Control::Valid ArrayShell::valid() const {
    return {.stationary = stationary.read().valid, .moving = moving.read().valid};
}

void ArrayShell::combine() {
    guarded([this] { ready.write(control_.ready(valid())); });
}

void ArrayShell::advance() {
    guarded([this] {
        const Entry entering = entry();
        if (!beats_fit(entering)) {
            throw std::out_of_range(fmt::format(
                "beats of {} moving and {} stationary codes: must have {} per row and {} per "
                "column",
                moving.read().codes.size(), stationary.read().codes.size(), entering.moving_lanes,
                entering.stationary_lanes));
        }
        work(entering);
        control_.edge(valid(), start.read() ? &pass.read() : nullptr);
        preload_go.write(control_.preload_go());
        stream_go.write(control_.stream_go());
        stationary_ready.write(control_.stationary_ready());
        moving_ready.write(control_.moving_ready());
        done.write(control_.done());
        state_.write(++edges_);
    });
}

bool ArrayShell::beats_fit(const Entry& entry) const {
    return static_cast<std::int64_t>(moving.read().codes.size()) >=
               params_.rows * entry.moving_lanes &&
           static_cast<std::int64_t>(stationary.read().codes.size()) >=
               params_.cols * entry.stationary_lanes;
}

void ArrayShell::enter_row(const Entry& entry, std::int64_t row, MovingStep& step) const {
    step.control = entry.moving;
    if (entry.moving_lanes == 0) return;
    const std::uint32_t* first = moving.read().codes.data() + row * entry.moving_lanes;
    step.codes.assign(first, first + entry.moving_lanes);
}

void ArrayShell::enter_column(const Entry& entry, std::int64_t column, StationaryStep& step) const {
    step = entry.stationary;
    const std::uint32_t* first = stationary.read().codes.data() + column;
    for (std::int64_t lane = 0; lane < entry.stationary_lanes; ++lane)
        step.codes.push_back(first[lane * params_.cols]);
}

void ArrayShell::round(const StepControl& control, std::int64_t column, std::uint32_t sum) {
    const bool exists = control.valid && control.dataflow == Dataflow::weight_stationary &&
                        column < control.columns;
    if (!exists) return;
    const std::int64_t address = port_address(control.accumulators + column * accumulator_bits_);
    EventCounts& counts = control_.events().of(control.pass);
    std::uint32_t code = 0;
    if (control.accumulate) {
        code = accumulators->read(address, accumulator_bits_);
        counts[Event::accumulator_read_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    }
    accumulators->write(address, accumulator_bits_,
                        round_into_accumulator(params_.accumulator, control, code, sum));
    counts[Event::accumulator_write_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    ++counts[Event::accumulator_adds];
}

void ArrayShell::drain(const StepControl& control, std::int64_t row, std::int64_t column,
                       std::uint32_t code) {
    if (row >= control.outputs || column >= control.columns) return;
    accumulators->write(
        port_address(control.accumulators + row * control.row_stride + column * accumulator_bits_),
        accumulator_bits_, code);
    EventCounts& counts = control_.events().of(control.pass);
    counts[Event::accumulator_write_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    counts[Event::result_register_bits] += static_cast<std::uint64_t>(accumulator_bits_);
}

std::uint32_t ArrayShell::resume(const ResumeRow& row, std::int64_t column) {
    EventCounts& counts = control_.events().of(row.pass);
    counts[Event::accumulator_read_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    counts[Event::result_register_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    return accumulators->read(port_address(row.accumulators + column * accumulator_bits_),
                              accumulator_bits_);
}

}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_shell.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::mac_array {

ArrayShell::ArrayShell(const sc_core::sc_module_name& name, const Params& params)
    : sc_module(name),
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
    guarded([this] {
        ready.write(control_.ready(valid()));
        show(control_.entry(valid()));
    });
}

void ArrayShell::advance() {
    guarded([this] {
        work(control_.entry(valid()));
        control_.edge(valid(), start.read() ? &pass.read() : nullptr);
        preload_go.write(control_.preload_go());
        stream_go.write(control_.stream_go());
        stationary_ready.write(control_.stationary_ready());
        moving_ready.write(control_.moving_ready());
        done.write(control_.done());
        state_.write(++edges_);
    });
}

void ArrayShell::enter_row(const Entry& entry, std::int64_t row, MovingStep& step) const {
    step.control = entry.moving;
    if (entry.moving_lanes == 0) return;
    const auto& codes = moving.read().codes;
    const auto lanes = static_cast<std::size_t>(entry.moving_lanes);
    const std::size_t first = static_cast<std::size_t>(row) * lanes;
    if (first + lanes > codes.size()) {
        throw std::out_of_range(fmt::format("moving beat of {} codes: row {} takes [{}, {})",
                                            codes.size(), row, first, first + lanes));
    }
    step.codes.assign(codes.data() + first, codes.data() + first + lanes);
}

void ArrayShell::enter_column(const Entry& entry, std::int64_t column, StationaryStep& step) const {
    step = entry.stationary;
    if (entry.stationary_lanes == 0) return;
    const auto& codes = stationary.read().codes;
    const auto lanes = static_cast<std::size_t>(entry.stationary_lanes);
    const auto cols = static_cast<std::size_t>(params_.cols);
    if (lanes * cols > codes.size()) {
        throw std::out_of_range(fmt::format("stationary beat of {} codes: must have {} x {}",
                                            codes.size(), lanes, cols));
    }
    step.codes.resize(lanes);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        step.codes[lane] = codes[lane * cols + static_cast<std::size_t>(column)];
}

void ArrayShell::round(const StepControl& control, std::int64_t column, std::uint32_t sum) {
    const bool exists = control.valid && control.dataflow == Dataflow::weight_stationary &&
                        column < control.columns;
    if (!exists) return;
    const std::int64_t address = control.accumulators + column * accumulator_bits_;
    EventCounts& counts = control_.counts(control.pass);
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
        control.accumulators + row * control.row_stride + column * accumulator_bits_,
        accumulator_bits_, code);
    EventCounts& counts = control_.counts(control.pass);
    counts[Event::accumulator_write_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    counts[Event::result_register_bits] += static_cast<std::uint64_t>(accumulator_bits_);
}

std::uint32_t ArrayShell::resume(const ResumeRow& row, std::int64_t column) {
    EventCounts& counts = control_.counts(row.pass);
    counts[Event::accumulator_read_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    counts[Event::result_register_bits] += static_cast<std::uint64_t>(accumulator_bits_);
    return accumulators->read(row.accumulators + column * accumulator_bits_, accumulator_bits_);
}

}  // namespace quatrain::mac_array

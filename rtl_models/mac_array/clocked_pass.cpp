// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_pass.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/mac_array/mac_events.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

using numerics::Format;

void require_fits(std::string_view what, std::int64_t value, std::int64_t limit) {
    if (value < 1 || value > limit) {
        throw std::invalid_argument(
            fmt::format("{} = {}: the array takes 1..{}", what, value, limit));
    }
}

/// A number of vectors or pixels.
std::int64_t step_count(std::string_view what, std::int64_t value) {
    if (value < 1) {
        throw std::invalid_argument(fmt::format("{} = {}: must be at least 1", what, value));
    }
    return in_unsigned(fmt::format("array {}", what), value, step_count_bits);
}

Mode mode_of(const Params& params, Format moving, Format stationary) {
    if (numerics::product_kind(moving, stationary) == numerics::ProductKind::floating) {
        if (params.accumulator == Accumulator::int32)
            throw std::invalid_argument("accumulator = int32: serves the 4-bit mode only");
        return Mode::floating;
    }
    if (moving == Format::fp4_r4) return Mode::moving_logarithmic;
    if (stationary == Format::fp4_r4) return Mode::stationary_logarithmic;
    return Mode::integer;
}

/// Accumulator strides and addresses are bytes in the program, bits at the port.
constexpr std::int64_t byte_bits = 8;

std::int64_t first_address(std::int64_t bytes) {
    return byte_bits * in_unsigned("array accumulator_address", bytes, buffer_address_bits);
}

std::int64_t stride_of(std::int64_t bytes) {
    return byte_bits * in_unsigned("array accumulator_stride", bytes, buffer_address_bits);
}

Pass decode(const Params& params, const isa::WeightStationaryPass& body) {
    Pass pass;
    pass.control.dataflow = Dataflow::weight_stationary;
    pass.control.mode = mode_of(params, body.moving_format, body.stationary_format);
    pass.lanes = mac_array::lanes(params, body.moving_format, body.stationary_format);
    require_fits("k_count", body.k_count, params.rows * pass.lanes);
    require_fits("columns", body.columns, params.cols);
    pass.control.moving_format = body.moving_format;
    pass.control.stationary_format = body.stationary_format;
    pass.control.accumulate = body.accumulate;
    pass.control.lanes = static_cast<std::int16_t>(pass.lanes);
    pass.control.k_count = static_cast<std::int32_t>(body.k_count);
    pass.control.columns = static_cast<std::int16_t>(body.columns);
    pass.control.accumulators = first_address(body.accumulator_address);
    pass.stride = stride_of(body.accumulator_stride);
    pass.steps = step_count("vectors", body.vectors);
    pass.rows = ceil_div(body.k_count, pass.lanes);
    pass.overlaps = params.double_stationary;
    return pass;
}

Pass decode(const Params& params, const isa::OutputStationaryPass& body) {
    Pass pass;
    pass.control.dataflow = Dataflow::output_stationary;
    pass.control.mode = mode_of(params, body.moving_format, body.stationary_format);
    pass.lanes = mac_array::lanes(params, body.moving_format, body.stationary_format);
    require_fits("outputs", body.outputs, params.rows);
    require_fits("columns", body.columns, params.cols);
    pass.control.moving_format = body.moving_format;
    pass.control.stationary_format = body.stationary_format;
    pass.control.outputs = static_cast<std::int16_t>(body.outputs);
    pass.control.columns = static_cast<std::int16_t>(body.columns);
    pass.control.accumulators = first_address(body.accumulator_address);
    pass.control.row_stride = pass.stride = stride_of(body.accumulator_stride);
    pass.pixels = step_count("pixels", body.pixels);
    pass.steps = ceil_div(body.pixels, pass.lanes);
    pass.resume = body.resume;
    pass.overlaps = params.double_result;
    return pass;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

std::int64_t accumulator_address(std::int64_t bits) {
    return in_unsigned("array accumulator address", bits, accumulator_address_bits);
}

std::int64_t port_address(std::int64_t bits) {
    return in_unsigned("array accumulator port address", bits, accumulator_address_bits);
}

Pass decode(const Params& params, const Command& command, std::uint64_t number) {
    Pass pass =
        std::visit([&params](const auto& body) { return decode(params, body); }, command.body);
    pass.control.pass = number;
    return pass;
}

void PassEvents::begin(const StepControl& control) {
    const auto [macs, zero_macs] = mac_events(control.moving_format, control.stationary_format);
    records_.push_back({.counts = {}, .macs = macs, .zero_macs = zero_macs});
}

void PassEvents::finish() {
    record(finished_++).done = true;
}

void PassEvents::charge(const ProcessingElement::Work& work, std::uint64_t moving,
                        std::uint64_t load) {
    if (work.macs > 0) {
        Record& of_step = record(moving);
        of_step.counts[of_step.macs] += work.macs;
        of_step.counts[of_step.zero_macs] += work.zero_macs;
        of_step.counts[Event::accumulator_adds] += work.accumulator_adds;
    }
    if (work.stationary_register_bits > 0)
        of(load)[Event::stationary_register_bits] += work.stationary_register_bits;
}

EventCounts PassEvents::take() {
    if (records_.empty() || !records_.front().done)
        throw std::logic_error("take_counts: no pass is done");
    const EventCounts counts = records_.front().counts;
    records_.pop_front();
    ++first_record_;
    return counts;
}

}  // namespace quatrain::mac_array

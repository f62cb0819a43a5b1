// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_control.hpp"

#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/mac_array/function.hpp"

#include <fmt/format.h>
#include <algorithm>
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

std::int64_t accumulator_address(std::int64_t bits) {
    return in_unsigned("array accumulator address", bits, accumulator_address_bits);
}

Mode mode_of(const Params& params, Format moving, Format stationary) {
    if (numerics::product_kind(moving, stationary) == numerics::ProductKind::sixteen_bit) {
        if (params.accumulator == Accumulator::int32) {
            throw std::invalid_argument("accumulator = int32: cannot serve 16-bit operands");
        }
        return Mode::sixteen_bit;
    }
    if (moving == Format::fp4_r4) return Mode::moving_logarithmic;
    if (stationary == Format::fp4_r4) return Mode::stationary_logarithmic;
    return Mode::integer;
}

std::pair<Event, Event> mac_events(Mode mode) {
    switch (mode) {
        case Mode::integer:
            return {Event::macs_uint4_int4, Event::zero_macs_uint4_int4};
        case Mode::sixteen_bit:
            return {Event::macs_sixteen_bit, Event::zero_macs_sixteen_bit};
        default:
            return {Event::macs_int4_fp4, Event::zero_macs_int4_fp4};
    }
}

/// Accumulator strides and addresses are bytes in the program, bits at the port.
constexpr std::int64_t byte_bits = 8;

std::int64_t first_address(std::int64_t bytes) {
    return byte_bits * in_unsigned("array accumulator_address", bytes, buffer_address_bits);
}

std::int64_t stride_of(std::int64_t bytes) {
    return byte_bits * in_unsigned("array accumulator_stride", bytes, buffer_address_bits);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

Control::Control(const Params& params)
    : params_(params),
      completion_(params.rows + params.cols - 2),
      since_last_step_(params.rows + params.cols) {
    in_unsigned("array rows", params.rows, position_bits);
    in_unsigned("array columns", params.cols, position_bits);
    for (const std::int64_t lanes : {params.lanes_4bit, params.lanes_16bit})
        in_range("array lanes", lanes, 1, max_lanes);
}

// ---- issue

Control::Pass Control::decode(const isa::WeightStationaryPass& body) const {
    Pass pass;
    pass.control.dataflow = Dataflow::weight_stationary;
    pass.control.mode = mode_of(params_, body.moving_format, body.stationary_format);
    pass.lanes = mac_array::lanes(params_, body.moving_format, body.stationary_format);
    require_fits("k_count", body.k_count, params_.rows * pass.lanes);
    require_fits("columns", body.columns, params_.cols);
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
    pass.overlaps = params_.double_stationary;
    return pass;
}

Control::Pass Control::decode(const isa::OutputStationaryPass& body) const {
    Pass pass;
    pass.control.dataflow = Dataflow::output_stationary;
    pass.control.mode = mode_of(params_, body.moving_format, body.stationary_format);
    pass.lanes = mac_array::lanes(params_, body.moving_format, body.stationary_format);
    require_fits("outputs", body.outputs, params_.rows);
    require_fits("columns", body.columns, params_.cols);
    pass.control.moving_format = body.moving_format;
    pass.control.stationary_format = body.stationary_format;
    pass.control.outputs = static_cast<std::int16_t>(body.outputs);
    pass.control.columns = static_cast<std::int16_t>(body.columns);
    pass.control.accumulators = first_address(body.accumulator_address);
    pass.control.row_stride = pass.stride = stride_of(body.accumulator_stride);
    pass.pixels = step_count("pixels", body.pixels);
    pass.steps = ceil_div(body.pixels, pass.lanes);
    pass.resume = body.resume;
    pass.overlaps = params_.double_result;
    return pass;
}

Control::Pass Control::decode(const Command& command) const {
    Pass pass = std::visit([this](const auto& body) { return decode(body); }, command.body);
    pass.number = pass.control.pass = issued_;
    pass.follows_alike = newest_ && newest_->control.dataflow == pass.control.dataflow;
    return pass;
}

void Control::issue(const Command& command) {
    if (waiting_) {
        throw std::logic_error(
            fmt::format("pass {}: issued although the array is not ready", command.id));
    }
    newest_ = decode(command);
    waiting_ = Waiting{.pass = *newest_};
    ++issued_;
    ++in_flight_;
    const auto [macs, zero_macs] = mac_events(newest_->control.mode);
    records_.push_back({.counts = {}, .macs = macs, .zero_macs = zero_macs});
}

// ---- combinational

/// A pass without the second register, or of the other dataflow than the one before, needs the
/// array to itself.
bool Control::may_begin(const Pass& pass, std::int64_t earlier_passes) const {
    return (pass.overlaps && pass.follows_alike) || earlier_passes == 0;
}

bool Control::is_loaded(const Waiting& waiting, std::int64_t earlier_passes) const {
    const bool output_stationary = waiting.pass.control.dataflow == Dataflow::output_stationary;
    if (output_stationary && !waiting.pass.resume) return may_begin(waiting.pass, earlier_passes);
    return waiting.cycles >= params_.rows && waiting.beats == waiting.pass.rows;
}

Control::Progress Control::progress(const Valid& valid) const {
    Progress progress;
    progress.loads = preload_go() && valid.stationary;
    if (streaming_) {
        const bool output_stationary =
            streaming_->pass.control.dataflow == Dataflow::output_stationary;
        progress.steps = moving_ready() && valid.moving && (valid.stationary || !output_stationary);
        progress.last = progress.steps && streaming_->beats + 1 == streaming_->pass.steps;
    }
    progress.completes = completion_.out(progress.last ? 1 : 0) != 0;
    if (waiting_ && (!streaming_ || progress.last)) {
        Waiting after = *waiting_;
        if (after.preloads) {
            ++after.cycles;
            after.beats += progress.loads ? 1 : 0;
        }
        progress.starts = is_loaded(after, in_flight_ - 1 - (progress.completes ? 1 : 0));
    }
    return progress;
}

bool Control::ready(const Valid& valid) const {
    if (!newest_) return true;
    const Progress now = progress(valid);
    if (!newest_->overlaps) return in_flight_ == (now.completes ? 1 : 0);
    return !waiting_ || now.starts;
}

StepControl Control::step_control(const Progress& progress) const {
    if (!streaming_) return {};
    const Pass& pass = streaming_->pass;
    const bool output_stationary = pass.control.dataflow == Dataflow::output_stationary;
    StepControl control = pass.control;
    control.valid = progress.steps;
    control.last = progress.last;
    if (output_stationary) {
        const std::int64_t pixels_left = pass.pixels - streaming_->beats * pass.lanes;
        control.lanes = static_cast<std::int16_t>(std::min(pass.lanes, pixels_left));
        control.first = streaming_->beats == 0 && !pass.resume;
        control.rounds = control.last || (streaming_->beats + 1) * pass.lanes % params_.chunk == 0;
    } else {
        control.take_over = streaming_->starts;
        control.accumulators =
            accumulator_address(control.accumulators + streaming_->beats * pass.stride);
    }
    return control;
}

Entry Control::entry(const Valid& valid) const {
    const Progress now = progress(valid);
    Entry entry;
    entry.moving = step_control(now);
    if (now.steps) {
        entry.moving_lanes = streaming_->pass.lanes;
        if (entry.moving.dataflow == Dataflow::output_stationary)
            entry.stationary_lanes = streaming_->pass.lanes;
    }
    if (!waiting_ || !waiting_->preloads) return entry;
    const Pass& pass = waiting_->pass;
    if (now.loads) {
        entry.stationary_lanes = pass.lanes;
        const std::int64_t elements_left = pass.control.k_count - waiting_->beats * pass.lanes;
        entry.stationary.load = true;
        entry.stationary.row = static_cast<std::int16_t>(waiting_->beats);
        entry.stationary.lanes = static_cast<std::int16_t>(std::min(pass.lanes, elements_left));
        entry.stationary.columns = pass.control.columns;
        entry.stationary.element_bits =
            static_cast<std::int16_t>(numerics::bits(pass.control.stationary_format));
        entry.stationary.pass = pass.number;
    }
    if (pass.resume && waiting_->cycles < pass.control.outputs) {
        entry.resume = {.valid = true,
                        .row = static_cast<std::int16_t>(waiting_->cycles),
                        .columns = pass.control.columns,
                        .accumulators = accumulator_address(pass.control.accumulators +
                                                            waiting_->cycles * pass.stride),
                        .pass = pass.number};
    }
    return entry;
}

// ---- registers

bool Control::preload_go() const {
    return waiting_ && waiting_->preloads && waiting_->beats < waiting_->pass.rows;
}

bool Control::moving_ready() const {
    if (!streaming_) return false;
    const bool last = streaming_->beats + 1 == streaming_->pass.steps;
    const bool held = streaming_->pass.control.dataflow == Dataflow::output_stationary && last &&
                      since_last_step_ < std::max(params_.rows, params_.cols - 1);
    return !held;
}

bool Control::stationary_ready() const {
    if (preload_go()) return true;
    return streaming_ && streaming_->pass.control.dataflow == Dataflow::output_stationary &&
           moving_ready();
}

/// From the next cycle on, if the waiting pass may.
void Control::begin_preload() {
    if (!waiting_ || waiting_->preloads || !may_begin(waiting_->pass, in_flight_ - 1)) return;
    if (waiting_->pass.control.dataflow == Dataflow::weight_stationary) {
        waiting_->preloads = true;
    } else if (waiting_->pass.resume) {
        // Behind the drain of the pass before, row by row.
        waiting_->preloads = !streaming_ && since_last_step_ >= params_.cols;
    }
}

void Control::edge(const Valid& valid, const Command* issued) {
    const Progress now = progress(valid);
    completion_.shift(now.last ? 1 : 0);
    done_ = now.completes;
    if (now.completes) {
        record(completed_++).done = true;
        --in_flight_;
    }
    if (waiting_ && waiting_->preloads) {
        waiting_->cycles = std::min(waiting_->cycles + 1, params_.rows);
        waiting_->beats += now.loads ? 1 : 0;
    }
    since_last_step_ = std::min(since_last_step_ + 1, params_.rows + params_.cols);
    if (streaming_) {
        streaming_->starts = false;
        streaming_->beats += now.steps ? 1 : 0;
        if (now.last) {
            if (streaming_->pass.control.dataflow == Dataflow::output_stationary)
                since_last_step_ = 1;
            streaming_.reset();
        }
    }
    const auto stream = [this] {
        streaming_ = Streaming{.pass = waiting_->pass};
        waiting_.reset();
    };
    if (now.starts) stream();
    if (issued != nullptr) {
        issue(*issued);
        if (!streaming_ && is_loaded(*waiting_, in_flight_ - 1)) stream();
    }
    begin_preload();
}

// ---- counts

EventCounts& Control::counts(std::uint64_t pass) {
    return record(pass).counts;
}

void Control::charge(const ProcessingElement::Work& work, std::uint64_t moving,
                     std::uint64_t load) {
    if (work.macs > 0) {
        Record& of_step = record(moving);
        of_step.counts[of_step.macs] += work.macs;
        of_step.counts[of_step.zero_macs] += work.zero_macs;
        of_step.counts[Event::accumulator_adds] += work.accumulator_adds;
    }
    if (work.stationary_register_bits > 0)
        counts(load)[Event::stationary_register_bits] += work.stationary_register_bits;
}

EventCounts Control::take_counts() {
    if (records_.empty() || !records_.front().done)
        throw std::logic_error("take_counts: no pass is done");
    const EventCounts counts = records_.front().counts;
    records_.pop_front();
    ++first_record_;
    return counts;
}

}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace quatrain::operand_streamer {
namespace {

std::size_t index(std::int64_t value) {
    return static_cast<std::size_t>(value);
}

void check_fits(std::string_view field, std::int64_t value, std::int64_t most) {
    if (value >= 1 && value <= most) return;
    throw std::invalid_argument(
        fmt::format("streamer {} = {}: must be from 1 to {}", field, value, most));
}

}  // namespace

std::int64_t ArrayShape::lanes(numerics::Format moving, numerics::Format stationary) const {
    const std::array by_mode{lanes_4bit, lanes_8bit, lanes_16bit, lanes_32bit};
    const std::int64_t lanes =
        by_mode.at(index(static_cast<std::int64_t>(numerics::precision(moving, stationary))));
    if (lanes == 0)
        throw std::invalid_argument(
            fmt::format("streamer formats = {} x {}: the array has no mode "
                        "for them",
                        numerics::name(moving), numerics::name(stationary)));
    return lanes;
}

std::int64_t ArrayShape::most_lanes() const {
    return std::max({lanes_4bit, lanes_8bit, lanes_16bit, lanes_32bit});
}

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << "pass " << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

ClockedStreamer::ClockedStreamer(const sc_core::sc_module_name& name, const Params& params,
                                 const ArrayShape& array)
    : sc_module(name),
      params_(params),
      array_(array),
      moving_step_(params, index(array.rows * array.most_lanes())),
      stationary_step_(params, index(array.cols * array.most_lanes())) {
    moving_beat_.codes.resize(moving_step_.codes());
    stationary_beat_.codes.resize(stationary_step_.codes());
    moving.initialize(moving_beat_);
    stationary.initialize(stationary_beat_);
    moving_step_.request(false, moving_asked_);
    stationary_step_.request(false, stationary_asked_);
    moving_requests.initialize(moving_asked_);
    stationary_requests.initialize(stationary_asked_);
    SC_HAS_PROCESS(ClockedStreamer);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
    SC_METHOD(request);
    sensitive << preload_go << stream_go << state_;
    SC_METHOD(show);
    sensitive << preload_go << stream_go << moving_grants << stationary_grants << state_;
}

EventCounts ClockedStreamer::take_counts() {
    if (done_counts_.empty()) throw std::logic_error("streamer: no pass is done");
    const EventCounts counts = done_counts_.front();
    done_counts_.pop_front();
    return counts;
}

template <class Body>
void ClockedStreamer::guarded(Body body) {
    if (failure_) return;
    try {
        body();
    } catch (...) {
        // Nothing may unwind through the kernel.
        failure_ = std::current_exception();
    }
}

void ClockedStreamer::edge() {
    guarded([this] {
        // Both sides look at the pins and at the registers of the cycle that ends.
        Slot* const preload = preloading();
        Slot* const stream = streaming();
        if (preload != nullptr) preload_edge(*preload);
        if (stream != nullptr) stream_edge(*stream);
        if (start.read()) take_pass();
        open_steps();
        state_.write(++state_number_);
    });
}

void ClockedStreamer::request() {
    guarded([this] {
        const Slot* const stream = stream_go.read() ? streaming() : nullptr;
        const bool preload = preload_go.read() && preloading() != nullptr;
        const bool both_sides = stream != nullptr && !stream->weight_stationary;
        moving_step_.request(stream != nullptr, moving_asked_);
        stationary_step_.request(preload || both_sides, stationary_asked_);
        moving_requests.write(moving_asked_);
        stationary_requests.write(stationary_asked_);
    });
}

void ClockedStreamer::show() {
    guarded([this] {
        Slot* const stream = streaming();
        Slot* const preload = preloading();
        const bool stream_valid = stream != nullptr && shows(*stream);
        const bool both_sides = stream_valid && !stream->weight_stationary;
        const bool preload_valid = preload != nullptr && shows_preload();
        fill(moving_beat_, stream_valid, stream_valid && stream->beats_left == 1, moving_step_,
             moving_grants.read());
        fill(stationary_beat_, both_sides || preload_valid,
             both_sides ? stream->beats_left == 1 : preload_valid && preload->preload_left == 1,
             stationary_step_, stationary_grants.read());
        moving.write(moving_beat_);
        stationary.write(stationary_beat_);
    });
}

void ClockedStreamer::fill(OperandBeat& beat, bool valid, bool last, const StepRegisters& step,
                           const WordGrants& grants) {
    beat.valid = valid;
    beat.last = last;
    if (valid)
        step.codes_with(grants, beat.codes);
    else
        std::ranges::fill(beat.codes, std::uint32_t{0});
}

ClockedStreamer::Slot* ClockedStreamer::streaming() {
    if (slots_.empty() || slots_.front().preload_left > 0) return nullptr;
    return &slots_.front();
}

ClockedStreamer::Slot* ClockedStreamer::preloading() {
    // An output-stationary pass has the stationary side until it has streamed.
    for (Slot& slot : slots_) {
        if (!slot.weight_stationary) return nullptr;
        if (slot.preload_left > 0) return &slot;
    }
    return nullptr;
}

bool ClockedStreamer::shows(const Slot& slot) const {
    if (stream_shown_) return true;
    return stream_go.read() && moving_step_.completed_by(moving_grants.read()) &&
           (slot.weight_stationary || stationary_step_.completed_by(stationary_grants.read()));
}

bool ClockedStreamer::shows_preload() const {
    return preload_shown_ ||
           (preload_go.read() && stationary_step_.completed_by(stationary_grants.read()));
}

void ClockedStreamer::accept(StepRegisters& step, const WordGrants& grants, Event bits,
                             EventCounts& counts) const {
    const StepRegisters::Accepted accepted = step.accept(grants);
    counts[bits] += static_cast<std::uint64_t>(accepted.words * 8 * params_.word_bytes);
    counts[Event::bank_conflict_cycles] += static_cast<std::uint64_t>(accepted.conflict_cycles);
}

void ClockedStreamer::preload_edge(Slot& slot) {
    const bool valid = shows_preload();
    if (preload_go.read())
        accept(stationary_step_, stationary_grants.read(), Event::stationary_read_bits,
               slot.counts);
    const bool passes = valid && stationary_ready.read();
    preload_shown_ = valid && !passes;
    if (!passes) return;
    --slot.preload_left;
    stationary_open_ = false;
}

void ClockedStreamer::stream_edge(Slot& slot) {
    const bool both_sides = !slot.weight_stationary;
    const bool valid = shows(slot);
    if (stream_go.read()) {
        accept(moving_step_, moving_grants.read(), Event::moving_read_bits, slot.counts);
        if (both_sides)
            accept(stationary_step_, stationary_grants.read(), Event::stationary_read_bits,
                   slot.counts);
        if (!valid) ++slot.counts[Event::streamer_stall_cycles];
    }
    const bool passes = valid && moving_ready.read() && (!both_sides || stationary_ready.read());
    stream_shown_ = valid && !passes;
    if (!passes) return;
    moving_open_ = false;
    if (both_sides) stationary_open_ = false;
    if (--slot.beats_left > 0) return;
    done_counts_.push_back(slot.counts);
    slots_.pop_front();
}

void ClockedStreamer::take_pass() {
    if (slots_.size() == pass_registers)
        throw std::overflow_error(
            fmt::format("streamer pass registers = {}: pass {} finds all {} in use",
                        pass_registers + 1, pass.read().id, pass_registers));
    slots_.push_back(
        std::visit([this](const auto& body) { return make_slot(body); }, pass.read().body));
}

ClockedStreamer::Slot ClockedStreamer::make_slot(const isa::WeightStationaryPass& body) const {
    const int moving_bits = numerics::bits(body.moving_format);
    const int stationary_bits = numerics::bits(body.stationary_format);
    const std::int64_t lanes = array_.lanes(body.moving_format, body.stationary_format);
    const std::int64_t k_count = body.k_count;
    check_fits("k_count", k_count, array_.rows * lanes);
    check_fits("columns", body.columns, array_.cols);
    return {.weight_stationary = true,
            .moving_bits = moving_bits,
            .stationary_bits = stationary_bits,
            .lanes = lanes,
            .columns = body.columns,
            .vectors_left = at_least_one("streamer vectors", body.vectors, count_bits),
            .rows_left = k_count,
            .beats_left = body.vectors,
            .preload_left = ceil_div(k_count, lanes),
            .moving = {body.moving, moving_bits, body.k_offset, k_count},
            .stationary = {body.stationary_address, body.stationary_stride, stationary_bits},
            .counts = {}};
}

ClockedStreamer::Slot ClockedStreamer::make_slot(const isa::OutputStationaryPass& body) const {
    const int moving_bits = numerics::bits(body.moving_format);
    const int stationary_bits = numerics::bits(body.stationary_format);
    const std::int64_t lanes = array_.lanes(body.moving_format, body.stationary_format);
    const std::int64_t pixels = at_least_one("streamer pixels", body.pixels, count_bits);
    check_fits("outputs", body.outputs, array_.rows);
    check_fits("columns", body.columns, array_.cols);
    return {.weight_stationary = false,
            .moving_bits = moving_bits,
            .stationary_bits = stationary_bits,
            .lanes = lanes,
            .columns = body.columns,
            .vectors_left = pixels,
            .rows_left = pixels,
            .beats_left = ceil_div(pixels, lanes),
            .preload_left = 0,
            .moving = {body.moving, moving_bits, body.k_offset, body.outputs},
            .stationary = {body.stationary_address, body.stationary_stride, stationary_bits},
            .counts = {}};
}

void ClockedStreamer::open_steps() {
    if (!moving_open_ && !slots_.empty()) open_moving(slots_.front());
    if (stationary_open_ || slots_.empty()) return;
    if (!slots_.front().weight_stationary)
        open_stationary(slots_.front());
    else if (Slot* const slot = preloading())
        open_stationary(*slot);
}

void ClockedStreamer::open_moving(Slot& slot) {
    moving_open_ = true;
    moving_step_.open(slot.moving_bits);
    // Element k of a weight-stationary vector belongs to row k / lanes; a step of the other
    // dataflow has one vector per lane.
    const std::int64_t vectors =
        slot.weight_stationary ? 1 : std::min(slot.lanes, slot.vectors_left);
    const std::int64_t code_stride = slot.weight_stationary ? 1 : slot.lanes;
    for (std::int64_t lane = 0; lane < vectors; ++lane) {
        slot.moving.for_each_element([&](std::int64_t k, std::int64_t element) {
            moving_step_.place(index(k * code_stride + lane), element);
        });
        slot.moving.next_vector();
    }
    slot.vectors_left -= vectors;
    moving_step_.close();
}

void ClockedStreamer::open_stationary(Slot& slot) {
    stationary_open_ = true;
    stationary_step_.open(slot.stationary_bits);
    const std::int64_t rows = std::min(slot.lanes, slot.rows_left);
    for (std::int64_t lane = 0; lane < rows; ++lane) {
        const std::int64_t element = slot.stationary.first_element();
        for (std::int64_t column = 0; column < slot.columns; ++column)
            stationary_step_.place(index(lane * array_.cols + column), element + column);
        slot.stationary.next_row();
    }
    slot.rows_left -= rows;
    stationary_step_.close();
}

}  // namespace quatrain::operand_streamer

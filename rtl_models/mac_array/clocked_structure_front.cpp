// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_structure_front.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::mac_array::structure {
namespace {

/// One step towards the end, where the token stays.
void shift(std::vector<bool>& token) {
    token.back() = token.back() || token[token.size() - 2];
    for (std::size_t stage = token.size() - 2; stage > 0; --stage) token[stage] = token[stage - 1];
    token.front() = false;
}

std::int64_t position(const std::vector<bool>& token) {
    return std::ranges::find(token, true) - token.begin();
}

bool is_output_stationary(const Pass& pass) {
    return pass.control.dataflow == Dataflow::output_stationary;
}

/// The last step of an output-stationary pass: results drain behind it.
bool drains(const sc_core::sc_in<MovingStep>& pin) {
    const StepControl& control = pin.read().control;
    return control.valid && control.last && control.dataflow == Dataflow::output_stationary;
}

std::uint32_t code_at(const OperandBeat& beat, std::int64_t element) {
    return element < static_cast<std::int64_t>(beat.codes.size())
               ? beat.codes[static_cast<std::size_t>(element)]
               : std::uint32_t{0};
}

}  // namespace

FrontEnd::FrontEnd(const sc_core::sc_module_name& name, const Params& params, Guard guard,
                   PassEvents& events)
    : sc_module(name),
      bottom_skew("bottom_skew", static_cast<std::size_t>(params.rows - 1)),
      top_row("top_row", static_cast<std::size_t>(params.cols - 1)),
      rows("row", static_cast<std::size_t>(params.rows)),
      columns("column", static_cast<std::size_t>(params.cols)),
      params_(params),
      guard_(std::move(guard)),
      events_(events) {
    SC_HAS_PROCESS(FrontEnd);
    SC_METHOD(combine);
    sensitive << state_ << stationary << moving << bottom_right;
    for (std::size_t i = 0; i < bottom_skew.size(); ++i) sensitive << bottom_skew[i];
    for (std::size_t i = 0; i < top_row.size(); ++i) sensitive << top_row[i];
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

// ---- combinational

/// The drain path serves one row per cycle: as long as the last step of the pass before is on its
/// way to the bottom row, rows are left to drain. And a PE's result waits in its register until
/// that step reaches the last PE of its row.
bool FrontEnd::drain_path_is_taken() const {
    return std::ranges::any_of(bottom_skew, drains) ||
           (top_row.size() > 1 && std::any_of(top_row.begin() + 1, top_row.end(), drains));
}

/// Row 0 has results that it has not drained.
bool FrontEnd::top_row_drains() const {
    return std::ranges::any_of(top_row, drains);
}

bool FrontEnd::wants_rows() const {
    return behind_ && behind_->preloads && position(behind_->rows) < behind_->pass.rows;
}

bool FrontEnd::takes_steps() const {
    if (!stream_) return false;
    const bool last = stream_->steps_left == 1;
    return !(last && is_output_stationary(stream_->pass) && drain_path_is_taken());
}

bool FrontEnd::may_begin(const Behind& behind, std::int64_t earlier_passes) {
    return earlier_passes == 0 || (behind.follows_alike && behind.pass.overlaps);
}

bool FrontEnd::is_loaded_after(bool loads, bool leaves) const {
    if (is_output_stationary(behind_->pass) && !behind_->pass.resume)
        return may_begin(*behind_, inside_ - 1 - (leaves ? 1 : 0));
    return behind_->preloads && position(behind_->cycles) + 1 >= params_.rows &&
           position(behind_->rows) + (loads ? 1 : 0) == behind_->pass.rows;
}

FrontEnd::Happens FrontEnd::happens() const {
    Happens now;
    now.loads = wants_rows() && stationary.read().valid;
    if (takes_steps()) {
        now.steps = moving.read().valid &&
                    (stationary.read().valid || !is_output_stationary(stream_->pass));
        now.last = now.steps && stream_->steps_left == 1;
    }
    const StepControl& arrived = bottom_right.read().control;
    now.leaves = arrived.valid && arrived.last;
    now.moves_on = behind_ && (!stream_ || now.last) && is_loaded_after(now.loads, now.leaves);
    return now;
}

void FrontEnd::combine() {
    guard_([this] {
        const Happens now = happens();
        const bool empty = inside_ == (now.leaves ? 1 : 0);
        ready.write(newest_ && newest_->overlaps ? !behind_ || now.moves_on : empty);
        moving_ready.write(takes_steps());
        stationary_ready.write(wants_rows() ||
                               (takes_steps() && is_output_stationary(stream_->pass)));
        preload_go.write(wants_rows());
        stream_go.write(stream_.has_value());
        show_rows(now);
        show_columns(now);
        show_resume();
    });
}

StepControl FrontEnd::control(const Happens& now) const {
    if (!stream_) return {};
    StepControl control = stream_->pass.control;
    control.valid = now.steps;
    control.last = now.last;
    control.accumulators = now.steps && !is_output_stationary(stream_->pass)
                               ? accumulator_address(stream_->accumulators)
                               : stream_->accumulators;
    if (is_output_stationary(stream_->pass)) {
        control.lanes =
            static_cast<std::int16_t>(std::min(stream_->pass.lanes, stream_->pixels_left));
        control.first = stream_->first_step && !stream_->pass.resume;
        control.rounds = now.last || stream_->chunk_left == stream_->pass.lanes;
    } else {
        control.take_over = stream_->first_cycle;
    }
    return control;
}

/// The rows that an output-stationary pass does not use get steps without valid lanes.
void FrontEnd::show_rows(const Happens& now) {
    MovingStep step;
    step.control = control(now);
    const std::int16_t lanes = step.control.lanes;
    const std::int64_t width = now.steps ? stream_->pass.lanes : 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto number = static_cast<std::int64_t>(row);
        if (step.control.dataflow == Dataflow::output_stationary) {
            step.control.lanes = number < step.control.outputs ? lanes : std::int16_t{0};
            if (row > 0) step.control.accumulators += step.control.row_stride;
        }
        step.codes.clear();
        for (std::int64_t lane = 0; lane < width; ++lane)
            step.codes.push_back(code_at(moving.read(), number * width + lane));
        rows[row].write(step);
    }
}

/// The columns that the pass does not use get codes without valid lanes.
void FrontEnd::show_columns(const Happens& now) {
    StationaryStep step;
    std::int64_t width = 0, used = 0;
    if (now.loads) {
        const Pass& loading = behind_->pass;
        width = loading.lanes;
        used = loading.control.columns;
        step.load = true;
        step.row = static_cast<std::int16_t>(position(behind_->rows));
        step.lanes = static_cast<std::int16_t>(std::min(loading.lanes, behind_->elements_left));
        step.element_bits =
            static_cast<std::int16_t>(numerics::bits(loading.control.stationary_format));
        step.pass = loading.control.pass;
    } else if (now.steps && is_output_stationary(stream_->pass)) {
        width = stream_->pass.lanes;
        used = stream_->pass.control.columns;
        step.lanes = static_cast<std::int16_t>(std::min(width, stream_->pixels_left));
    }
    const std::int16_t lanes = step.lanes;
    for (std::size_t column = 0; column < columns.size(); ++column) {
        const auto number = static_cast<std::int64_t>(column);
        step.lanes = number < used ? lanes : std::int16_t{0};
        step.codes.clear();
        for (std::int64_t lane = 0; lane < width; ++lane)
            step.codes.push_back(code_at(stationary.read(), lane * params_.cols + number));
        columns[column].write(step);
    }
}

void FrontEnd::show_resume() {
    ResumeRow row;
    if (behind_ && behind_->preloads && behind_->pass.resume) {
        const Pass& resuming = behind_->pass;
        const std::int64_t number = position(behind_->cycles);
        if (number < resuming.control.outputs)
            row = {.valid = true,
                   .row = static_cast<std::int16_t>(number),
                   .columns = resuming.control.columns,
                   .accumulators = accumulator_address(behind_->accumulators),
                   .pass = resuming.control.pass};
    }
    resume.write(row);
}

// ---- the clock edge

void FrontEnd::require_beats(const Happens& now) const {
    const auto require = [](const OperandBeat& beat, std::int64_t needed) {
        if (static_cast<std::int64_t>(beat.codes.size()) < needed)
            throw std::out_of_range(
                fmt::format("a beat of {} codes: must have {}", beat.codes.size(), needed));
    };
    if (now.loads) require(stationary.read(), params_.cols * behind_->pass.lanes);
    if (!now.steps) return;
    require(moving.read(), params_.rows * stream_->pass.lanes);
    if (is_output_stationary(stream_->pass))
        require(stationary.read(), params_.cols * stream_->pass.lanes);
}

void FrontEnd::edge() {
    guard_([this] {
        const Happens now = happens();
        const bool draining = top_row_drains();
        require_beats(now);
        done.write(now.leaves);
        if (now.leaves) {
            events_.finish();
            inside_ = in_range("passes inside", inside_ - 1, 0, params_.rows + params_.cols);
        }
        shift_preload(now);
        count_step(now);
        if (now.moves_on) begin_stream();
        if (start.read()) accept(pass.read());
        begin_preload(draining);
        state_.write(state_.read() + 1);
    });
}

void FrontEnd::shift_preload(const Happens& now) {
    if (!behind_ || !behind_->preloads) return;
    shift(behind_->cycles);
    behind_->accumulators += behind_->pass.stride;
    if (!now.loads) return;
    shift(behind_->rows);
    behind_->elements_left -= behind_->pass.lanes;
}

void FrontEnd::count_step(const Happens& now) {
    if (!stream_) return;
    stream_->first_cycle = false;
    if (!now.steps) return;
    if (now.last) return stream_.reset();
    --stream_->steps_left;
    stream_->first_step = false;
    stream_->pixels_left -= stream_->pass.lanes;
    stream_->chunk_left -= stream_->pass.lanes;
    if (stream_->chunk_left == 0) stream_->chunk_left = params_.chunk;
    if (!is_output_stationary(stream_->pass)) stream_->accumulators += stream_->pass.stride;
}

void FrontEnd::accept(const Command& command) {
    if (behind_)
        throw std::logic_error(
            fmt::format("pass {}: issued although the array is not ready", command.id));
    const Pass accepted = decode(params_, command, issued_++);
    const auto stages = static_cast<std::size_t>(params_.rows + 1);
    behind_ =
        Behind{.pass = accepted,
               .follows_alike = newest_ && newest_->control.dataflow == accepted.control.dataflow,
               .preloads = false,
               .cycles = std::vector<bool>(stages),
               .rows = std::vector<bool>(stages),
               .elements_left = accepted.control.k_count,
               .accumulators = accepted.control.accumulators};
    behind_->cycles.front() = behind_->rows.front() = true;
    newest_ = accepted;
    events_.begin(accepted.control);
    inside_ = in_range("passes inside", inside_ + 1, 0, params_.rows + params_.cols);
    const bool loads_nothing = is_output_stationary(accepted) && !accepted.resume;
    if (!stream_ && loads_nothing && may_begin(*behind_, inside_ - 1)) begin_stream();
}

void FrontEnd::begin_stream() {
    const Pass& begun = behind_->pass;
    stream_ = Stream{.pass = begun,
                     .steps_left = begun.steps,
                     .pixels_left = begun.pixels,
                     .chunk_left = params_.chunk,
                     .accumulators = begun.control.accumulators};
    behind_.reset();
}

/// From the next cycle on, if the pass behind may. Results are loaded behind the drain of the pass
/// before, row by row, so they wait for its last step to pass.
void FrontEnd::begin_preload(bool top_row_drains) {
    if (!behind_ || behind_->preloads || !may_begin(*behind_, inside_ - 1)) return;
    const bool output_stationary = is_output_stationary(behind_->pass);
    behind_->preloads = !output_stationary || (behind_->pass.resume && !stream_ && !top_row_drains);
}

}  // namespace quatrain::mac_array::structure

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_control.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::mac_array {
Control::Control(const Params& params)
    : params_(params),
      completion_(params.rows + params.cols - 2),
      since_last_step_(params.rows + params.cols) {
    in_unsigned("array rows", params.rows, position_bits);
    in_unsigned("array columns", params.cols, position_bits);
    for (const std::int64_t lanes :
         {params.lanes_4bit, params.lanes_8bit, params.lanes_16bit, params.lanes_32bit})
        in_range("array lanes", lanes, 0, max_lanes);
}

// ---- issue

void Control::issue(const Command& command) {
    if (waiting_) {
        throw std::logic_error(
            fmt::format("pass {}: issued although the array is not ready", command.id));
    }
    const Pass pass = decode(params_, command, issued_);
    waiting_ =
        Waiting{.pass = pass,
                .follows_alike = newest_ && newest_->control.dataflow == pass.control.dataflow};
    newest_ = pass;
    ++issued_;
    ++in_flight_;
    events_.begin(pass.control);
}

// ---- combinational

/// A pass without the second register, or of the other dataflow than the one before, needs the
/// array to itself.
bool Control::may_begin(const Waiting& waiting, std::int64_t earlier_passes) {
    return (waiting.pass.overlaps && waiting.follows_alike) || earlier_passes == 0;
}

bool Control::is_loaded(const Waiting& waiting, std::int64_t earlier_passes) const {
    const bool output_stationary = waiting.pass.control.dataflow == Dataflow::output_stationary;
    if (output_stationary && !waiting.pass.resume) return may_begin(waiting, earlier_passes);
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
        entry.stationary.pass = pass.control.pass;
    }
    if (pass.resume && waiting_->cycles < pass.control.outputs) {
        entry.resume = {.valid = true,
                        .row = static_cast<std::int16_t>(waiting_->cycles),
                        .columns = pass.control.columns,
                        .accumulators = accumulator_address(pass.control.accumulators +
                                                            waiting_->cycles * pass.stride),
                        .pass = pass.control.pass};
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
    if (!waiting_ || waiting_->preloads || !may_begin(*waiting_, in_flight_ - 1)) return;
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
        events_.finish();
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

}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <limits>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

constexpr std::int64_t longest_step = 4097;  ///< four specials of 1024 cycles, and a sum
constexpr int elapsed_bits = 13;
static_assert(longest_step >> elapsed_bits == 0);

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

PortWidth accumulator_width(const Params& params, numerics::Format accumulator_format) {
    return {.read_bits = params.lanes * numerics::bits(accumulator_format), .write_bits = 0};
}

PortWidth vector_width(const Params& params) {
    return {.read_bits = 4 * 32 * params.lanes, .write_bits = 3 * 32 * params.lanes};
}

ClockedScalingUnit::ClockedScalingUnit(const sc_core::sc_module_name& name, const Params& params,
                                       numerics::Format accumulator_format)
    : sc_module(name),
      clock("clock"),
      start("start"),
      instruction("instruction"),
      operands_ready("operands_ready"),
      results_ready("results_ready"),
      done("done"),
      accumulator("accumulator", accumulator_width(params, accumulator_format)),
      vector("vector", vector_width(params)),
      scalar("scalar", scalar_width),
      params_(params),
      accumulator_format_(accumulator_format) {
    require(params.lanes >= 1, "scaling_unit.lanes", params.lanes, "must be at least 1");
    require(params.depth >= 1, "scaling_unit.depth", params.depth, "must be at least 1");
    require(params.special_cycles >= 1, "scaling_unit.special_cycles", params.special_cycles,
            "must be at least 1");
    if (!numerics::is_sixteen_bit(accumulator_format) &&
        accumulator_format != numerics::Format::fp32 &&
        accumulator_format != numerics::Format::int32)
        throw std::invalid_argument(
            fmt::format("scaling_unit: accumulator {}: must be a 16-bit format, fp32 or int32",
                        numerics::name(accumulator_format)));
    stages_.resize(static_cast<std::size_t>(params.depth));
    end_step_.resize(stages_.size());
    for (std::int64_t step = 1; step <= step_count; ++step) {
        const std::int64_t stage = ceil_div(step * params.depth, step_count);
        for (std::int64_t later = stage; later <= params.depth; ++later)
            end_step_[static_cast<std::size_t>(later - 1)] = step;
    }
    SC_HAS_PROCESS(ClockedScalingUnit);
    SC_METHOD(at_clock_edge);
    sensitive << clock.pos();
    dont_initialize();
}

EventCounts ClockedScalingUnit::take_counts() {
    if (counts_.empty())
        throw std::logic_error("scaling_unit: take_counts: no instruction is done");
    const EventCounts oldest = counts_.front();
    counts_.pop_front();
    return oldest;
}

void ClockedScalingUnit::probe(Probes& probes, const std::string& block) const {
    probes.flag(block + ".busy", [this] { return operation_ != nullptr; });
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        const Stage& one = stages_[i];
        const std::string stage = fmt::format("{}.stage_{}", block, i + 1);
        probes.flag(stage + ".valid", [&one] { return one.valid; });
        probes.number(stage + ".next_step", step_bits,
                      [&one] { return static_cast<std::uint64_t>(one.next_step); });
        probes.number(stage + ".elapsed", elapsed_bits,
                      [&one] { return static_cast<std::uint64_t>(one.elapsed); });
        probes.flag(stage + ".last", [&one] { return one.group.last; });
    }
}

void ClockedScalingUnit::at_clock_edge() {
    bool finished = false;
    try {
        if (failure_) return;
        const bool enabled = operands_ready.read() && results_ready.read();
        if (start.read())
            begin(instruction.read());
        else if (operation_ && enabled)
            finished = advance();
    } catch (...) {
        failure_ = std::current_exception();
    }
    done.write(finished);
}

void ClockedScalingUnit::begin(const Command& command) {
    if (operation_)
        throw std::logic_error(fmt::format(
            "scaling_unit: start of instruction {} while another is in work", command.id));
    ports_.emplace(*accumulator.operator->(), *vector.operator->(), *scalar.operator->());
    if (const auto* drain = std::get_if<isa::Drain>(&command.body))
        operation_ = make_operation(*drain, params_, accumulator_format_, *ports_);
    else
        operation_ =
            make_operation(std::get<isa::VectorInstruction>(command.body), params_, *ports_);
    entered_first_ = false;
    entered_last_ = false;
}

/// One working cycle's end; true when the instruction's last result was written. From the last
/// stage back: a group moves into registers that are left at the same edge.
bool ClockedScalingUnit::advance() {
    bool finished = false;
    for (std::size_t i = stages_.size(); i-- > 0;) {
        Stage& stage = stages_[i];
        if (!stage.valid || !finish_steps(stage, end_step_[i])) continue;
        if (i + 1 == stages_.size()) {
            finished = stage.group.last;
            stage.valid = false;
        } else if (!stages_[i + 1].valid) {
            std::swap(stage, stages_[i + 1]);
        }
    }
    if (!stages_.front().valid && !entered_last_) enter(stages_.front());
    if (finished) {
        counts_.push_back(ports_->counts());
        operation_.reset();
    }
    return finished;
}

/// A cycle of the stage's logic: takes steps as long as they end in this cycle. True when the group
/// has taken all that come before `end_step`.
bool ClockedScalingUnit::finish_steps(Stage& stage, std::int64_t end_step) {
    while (stage.next_step < end_step) {
        const auto step = static_cast<Step>(stage.next_step);
        if (++stage.elapsed < in_range("scaling_unit step counter",
                                       operation_->cycles(step, stage.group), 1, longest_step)) {
            operation_->work(step, stage.group);
            return false;
        }
        operation_->perform(step, stage.group);
        stage.elapsed = 0;
        ++stage.next_step;
    }
    return true;
}

void ClockedScalingUnit::enter(Stage& stage) {
    stage.valid = true;
    stage.next_step = 0;
    stage.elapsed = 0;
    stage.group.lanes.clear();
    stage.group.first = !entered_first_;
    stage.group.last = false;
    stage.group.copies = false;
    operation_->read(stage.group);
    entered_first_ = true;
    entered_last_ = stage.group.last;
}

}  // namespace quatrain::scaling_unit

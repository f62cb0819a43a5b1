// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace quatrain::vector_unit {

using isa::VectorOperation;

std::ostream& operator<<(std::ostream& stream, const Command& command) {
    return stream << isa::name(command.body.operation) << " #" << command.id;
}

void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name) {
    sc_core::sc_trace(file, command.id, name + ".id", command_id_bits);
}

PortWidth vector_width(const Params& params, std::int64_t window_elements,
                       std::int64_t store_elements) {
    constexpr std::int64_t word_bits = 32;
    const std::int64_t lanes_bits = 4 * word_bits * params.lanes;
    return {.read_bits = lanes_bits + word_bits * window_elements,
            .write_bits = lanes_bits + word_bits * store_elements};
}

ClockedVectorUnit::ClockedVectorUnit(const sc_core::sc_module_name& name, const Params& params)
    : sc_module(name), vector("vector"), scalar("scalar", scalar_width), params_(params) {
    for (auto i = static_cast<std::size_t>(VectorOperation::fill_zero);
         i < isa::vector_operation_count; ++i) {
        programs_.push_back(micro_program(static_cast<VectorOperation>(i)));
        for (std::size_t sweep = 0; sweep < programs_.back().sweeps.size(); ++sweep)
            static_cast<void>(interval(programs_.back(), sweep));
    }
    SC_HAS_PROCESS(ClockedVectorUnit);
    SC_METHOD(edge);
    sensitive << clock.pos();
    dont_initialize();
}

EventCounts ClockedVectorUnit::take_counts() {
    if (counts_.empty()) throw std::logic_error("vector_unit: counts of no instruction");
    const EventCounts counts = counts_.front();
    counts_.pop_front();
    return counts;
}

const MicroProgram& ClockedVectorUnit::program(VectorOperation operation) const {
    for (const MicroProgram& one : programs_)
        if (one.operation == operation) return one;
    throw std::invalid_argument(
        fmt::format("vector_unit {}: belongs to the scaling units", isa::name(operation)));
}

void ClockedVectorUnit::edge() {
    if (failure_) return;
    try {
        const bool enabled = operands_ready.read() && results_ready.read();
        const bool finished = job_ && enabled && work();
        if (finished) job_.reset();
        done.write(finished);
        if (start.read()) accept();
    } catch (...) {
        failure_ = std::current_exception();
        done.write(false);
    }
}

void ClockedVectorUnit::accept() {
    const Command command = instruction.read();
    if (job_)
        throw std::logic_error(fmt::format(
            "vector_unit: command {} starts before the one before is done", command.id));
    job_ = std::make_unique<Job>(command.body, program(command.body.operation), params_.lanes);
    const Sequence& sequence = job_->sequence;
    const bool windows = job_->program.walk == Walk::windows;
    vector.set_width(vector_width(params_, windows ? sequence.elements(Index::window_input) : 0,
                                  sequence.store_elements()));
    pipeline_.assign(static_cast<std::size_t>(params_.depth), {});
}

bool ClockedVectorUnit::work() {
    const Ports ports{*vector.operator->(), *scalar.operator->()};
    Job& job = *job_;
    if (job.cycles++ == 0) {
        job.lanes.load_scalars(ports);
        if (job.sequence.finished()) {  // no windows: what there is to write enters a cycle early
            job.lanes.finish(ports);
            pipeline_.back() = job.lanes.take_writes();
        }
    }
    const std::vector<Write> oldest = std::move(pipeline_.front());
    pipeline_.pop_front();
    if (job.sequence.finished())
        ++job.drained;
    else
        execute_step(ports);
    pipeline_.push_back(job.lanes.take_writes());
    write(oldest);
    if (job.drained < params_.depth) return false;
    counts_.push_back(job.lanes.counts());
    counts_.back() += job.written;
    return true;
}

void ClockedVectorUnit::execute_step(const Ports& ports) {
    Job& job = *job_;
    if (job.step == 0 && job.held == 0 && job.sequence.group_begins()) job.lanes.clear();
    const std::vector<Step>& steps = job.program.sweeps[job.sequence.sweep()].steps;
    const Step& step = steps[job.step];
    const bool special = unit_uses(step).special > 0;
    if (++job.held < (special ? params_.special_cycles : 1)) return;
    job.held = 0;
    job.lanes.execute(step, ports);
    if (++job.step < steps.size()) return;
    job.step = 0;
    end_of_sweep(ports);
}

void ClockedVectorUnit::end_of_sweep(const Ports& ports) {
    Job& job = *job_;
    const bool group_ends = job.sequence.group_ends();
    job.sequence.advance();
    if (job.sequence.finished())
        job.lanes.finish(ports);
    else if (group_ends)
        job.lanes.retire();
}

void ClockedVectorUnit::write(const std::vector<Write>& writes) {
    for (const Write& one : writes) {
        MemoryPort& port = one.scalar ? *scalar.operator->() : *vector.operator->();
        port.write(one.bit_address, one.bits, one.value);
        job_->written[one.scalar ? Event::scalar_write_bits : Event::vector_write_bits] +=
            static_cast<std::uint64_t>(one.touched);
    }
}

}  // namespace quatrain::vector_unit

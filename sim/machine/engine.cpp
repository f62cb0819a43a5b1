// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/engine.hpp"

#include "rtl_models/sequencer/accounting.hpp"
#include "sim/machine/event_charges.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

using isa::Semaphore;

std::vector<const isa::Queue*> queues_of(isa::Engine engine, std::int64_t core,
                                         std::span<const OperatorQueues> operators) {
    std::vector<const isa::Queue*> queues;
    for (const OperatorQueues& one : operators)
        queues.push_back(&one.on(core)[static_cast<std::size_t>(engine)]);
    return queues;
}

}  // namespace

Engine::Engine(const sc_core::sc_module_name& name, isa::Engine id, CoreState& core,
               std::span<const OperatorQueues> operators)
    : sc_module(name),
      core_(core),
      machine_(core.machine),
      id_(id),
      fetcher_(queues_of(id, core.index, operators)) {
    SC_HAS_PROCESS(Engine);
    SC_METHOD(retire);
    sensitive << retire_event_;
    dont_initialize();
    SC_METHOD(step);
    sensitive << step_event_;
}

std::string Engine::where() const {
    if (stage_ == Stage::finished) return fmt::format("{} has finished", isa::name(id_));
    const std::string& operator_name = machine_.ledger.name(fetcher_.queue_index());
    const std::string instruction = isa::describe(current_);
    if (stage_ == Stage::acquire) {
        return fmt::format("{} waits for {} in {} ({})", isa::name(id_), isa::name(waits_for_),
                           operator_name, instruction);
    }
    return fmt::format("{} executes {} ({})", isa::name(id_), operator_name, instruction);
}

void Engine::step() {
    machine_.guarded([this] { advance(); });
}

void Engine::advance() {
    if (stage_ != Stage::acquire) {
        if (!fetcher_.next(current_)) {
            stage_ = Stage::finished;
            return;
        }
        stage_ = Stage::acquire;
        waits_since_ = machine_.now();
        first_of_operator_ = fetched_operator_ != fetcher_.queue_index();
        fetched_operator_ = fetcher_.queue_index();
    }
    if (waits_for_ != Semaphore::none) count_stall(waits_for_);
    waits_for_ = core_.semaphores.missing(current_.waits);
    if (waits_for_ != Semaphore::none) {
        next_trigger(core_.semaphores_changed);
        return;
    }
    core_.semaphores.try_acquire(current_.waits);
    stage_ = Stage::executing;
    issue_current();
}

void Engine::issue_current() {
    Issued issued{
        .instruction = current_, .operator_index = fetcher_.queue_index(), .issue = machine_.now()};
    Footprint touched = footprint(machine_.params, id_, current_);
    check_bounds(machine_.params, touched);
    issued.cost = machine_.pass_costs(current_);
    EventCounts& events = machine_.ledger.events(issued.operator_index);
    charge(machine_.params, core_.index, id_, current_, issued.cost, touched, events);
    events[Event::streamer_stall_cycles] += static_cast<std::uint64_t>(issued.cost.stall_cycles);
    events[Event::bank_conflict_cycles] += static_cast<std::uint64_t>(issued.cost.conflict_cycles);
    begin_hazards(issued, std::move(touched));
    machine_.ledger.issued(issued.operator_index, issued.issue);
    executing_.push_back(issued);
    execute(executing_.back());
}

void Engine::begin_hazards(Issued& issued, Footprint touched) {
    const std::string& operator_name = machine_.ledger.name(issued.operator_index);
    const BufferHazards::Party party{.core = core_.index, .engine = id_};
    Footprint in_next = split_off_next_core(touched);
    issued.hazard =
        core_.hazards.begin(party, operator_name, issued.instruction, std::move(touched));
    if (in_next.empty()) return;
    issued.hazard_of_next =
        core_.next->hazards.begin(party, operator_name, issued.instruction, std::move(in_next));
}

void Engine::schedule_retirement() {
    if (!executing_.empty())
        retire_event_.notify(machine_.cycles(executing_.front().done - machine_.now()));
}

void Engine::retire() {
    machine_.guarded([this] {
        while (!executing_.empty() && executing_.front().done <= machine_.now()) retire_oldest();
        schedule_retirement();
    });
}

void Engine::retire_oldest() {
    const Issued one = executing_.front();
    executing_.pop_front();
    core_.hazards.end(one.hazard);
    if (one.hazard_of_next) core_.next->hazards.end(*one.hazard_of_next);
    if (core_.datapath)
        core_.datapath->execute(id_, one.instruction, machine_.ledger.events(one.operator_index));
    count_busy(one);
    machine_.ledger.record(
        {id_, one.operator_index, &one.instruction, one.issue, machine_.now(), core_.index});
    core_.release(one.instruction.signals);
    machine_.ledger.done(one.operator_index, machine_.now());
}

/// Instructions that overlap share their cycles: each is charged those in which it is the oldest.
void Engine::count_busy(const Issued& issued) {
    // An ideal transfer is done in the cycle of its issue.
    const std::int64_t from = std::min(std::max(issued.issue + 1, busy_until_), machine_.now());
    busy_until_ = machine_.now();
    machine_.ledger.events(issued.operator_index)[sequencer::busy_event(id_)] +=
        static_cast<std::uint64_t>(busy_until_ - from);
}

void Engine::count_stall(Semaphore waited_for) {
    const std::int64_t waited = machine_.now() - waits_since_;
    waits_since_ = machine_.now();
    const std::optional<Event> event = sequencer::stall_event(id_, waited_for, first_of_operator_);
    if (!event) return;
    machine_.ledger.events(fetcher_.queue_index())[*event] += static_cast<std::uint64_t>(waited);
}

}  // namespace quatrain::machine

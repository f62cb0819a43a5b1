// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/engine.hpp"

#include "rtl_models/sequencer/accounting.hpp"
#include "sim/machine/event_charges.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace quatrain::machine {
namespace {

using isa::Semaphore;

std::vector<const isa::Queue*> queues_of(isa::Engine engine,
                                         std::span<const OperatorQueues> operators) {
    std::vector<const isa::Queue*> queues;
    for (const OperatorQueues& one : operators)
        queues.push_back(&(*one.queues)[static_cast<std::size_t>(engine)]);
    return queues;
}

}  // namespace

Engine::Engine(const sc_core::sc_module_name& name, isa::Engine id, CoreState& core,
               std::span<const OperatorQueues> operators)
    : sc_module(name), core_(core), id_(id), fetcher_(queues_of(id, operators)) {
    SC_HAS_PROCESS(Engine);
    SC_METHOD(retire);
    sensitive << retire_event_;
    dont_initialize();
    SC_METHOD(step);
    sensitive << step_event_;
}

std::string Engine::where() const {
    if (stage_ == Stage::finished) return fmt::format("{} has finished", isa::name(id_));
    const std::string& operator_name = core_.ledger.name(fetcher_.queue_index());
    const std::string instruction = isa::describe(current_);
    if (stage_ == Stage::acquire) {
        return fmt::format("{} waits for {} in {} ({})", isa::name(id_), isa::name(waits_for_),
                           operator_name, instruction);
    }
    return fmt::format("{} executes {} ({})", isa::name(id_), operator_name, instruction);
}

void Engine::step() {
    core_.guarded([this] { advance(); });
}

void Engine::advance() {
    if (stage_ != Stage::acquire) {
        if (!fetcher_.next(current_)) {
            stage_ = Stage::finished;
            return;
        }
        stage_ = Stage::acquire;
        waits_since_ = core_.now();
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
        .instruction = current_, .operator_index = fetcher_.queue_index(), .issue = core_.now()};
    const Footprint touched = footprint(core_.params, id_, current_);
    check_bounds(core_.params, touched);
    issued.cost = pass_cost(core_.params, current_);
    EventCounts& events = core_.ledger.events(issued.operator_index);
    charge(core_.params, id_, current_, issued.cost, touched, events);
    events[Event::streamer_stall_cycles] += static_cast<std::uint64_t>(issued.cost.stall_cycles);
    events[Event::bank_conflict_cycles] += static_cast<std::uint64_t>(issued.cost.conflict_cycles);
    issued.hazard =
        core_.hazards.begin(id_, core_.ledger.name(issued.operator_index), current_, touched);
    core_.ledger.issued(issued.operator_index, issued.issue);
    executing_.push_back(issued);
    execute(executing_.back());
}

void Engine::schedule_retirement() {
    if (!executing_.empty())
        retire_event_.notify(core_.cycles(executing_.front().done - core_.now()));
}

void Engine::retire() {
    core_.guarded([this] {
        while (!executing_.empty() && executing_.front().done <= core_.now()) retire_oldest();
        schedule_retirement();
    });
}

void Engine::retire_oldest() {
    const Issued one = executing_.front();
    executing_.pop_front();
    core_.hazards.end(one.hazard);
    if (core_.datapath)
        core_.datapath->execute(id_, one.instruction, core_.ledger.events(one.operator_index));
    count_busy(one);
    core_.ledger.record({id_, one.operator_index, &one.instruction, one.issue, core_.now()});
    core_.semaphores.release(one.instruction.signals);
    core_.semaphores_changed.notify(sc_core::SC_ZERO_TIME);
    core_.ledger.done(one.operator_index, core_.now());
}

/// Instructions that overlap share their cycles: each is charged those in which it is the oldest.
void Engine::count_busy(const Issued& issued) {
    // An ideal transfer is done in the cycle of its issue.
    const std::int64_t from = std::min(std::max(issued.issue + 1, busy_until_), core_.now());
    busy_until_ = core_.now();
    core_.ledger.events(issued.operator_index)[sequencer::busy_event(id_)] +=
        static_cast<std::uint64_t>(busy_until_ - from);
}

void Engine::count_stall(Semaphore waited_for) {
    const std::int64_t waited = core_.now() - waits_since_;
    waits_since_ = core_.now();
    const std::optional<Event> event = sequencer::stall_event(id_, waited_for, first_of_operator_);
    if (!event) return;
    core_.ledger.events(fetcher_.queue_index())[*event] += static_cast<std::uint64_t>(waited);
}

}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/sequencer/function.hpp"
#include "tests/unit/sequencer/clocked_cases.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace quatrain::sequencer {

/// An instruction on an engine's pins: its number, and all of it in words.
struct Issue {
    std::size_t engine = 0;
    std::int64_t cycle = 0;
    std::uint64_t id = 0;
    std::vector<std::int64_t> words;
    auto operator<=>(const Issue&) const = default;
};

/// An instruction that is done, with the sequencer's events.
struct Record {
    std::size_t engine = 0, queue = 0;
    std::int64_t issue = 0, done = 0;
    std::vector<std::int64_t> words;
    EventCounts counts;
    bool operator==(const Record&) const = default;
};

/// What happened: what issued, in order of cycles and engines, what was done, in order of
/// completion, and whether the program got stuck.
struct Account {
    std::vector<Issue> issues;
    std::vector<Record> records;
    bool stuck = false;
    /// Of the reference: the engines and semaphores of the waits that are counted by their cause.
    std::set<std::pair<std::size_t, isa::Semaphore>> waits = {};
};

/// Whose fault a wait is: written out once more, from what each semaphore counts.
enum class Cause : std::uint8_t { dram, buffer, dependency };

inline Cause cause_of(isa::Semaphore semaphore) {
    using isa::Semaphore;
    static const std::map<Semaphore, Cause> causes{// what load brings
                                                   {Semaphore::moving_full, Cause::dram},
                                                   {Semaphore::stationary_full, Cause::dram},
                                                   {Semaphore::tile_full, Cause::dram},
                                                   {Semaphore::parameters_full, Cause::dram},
                                                   {Semaphore::scalars_loaded, Cause::dram},
                                                   // a half that is still in use
                                                   {Semaphore::moving_free, Cause::buffer},
                                                   {Semaphore::stationary_free, Cause::buffer},
                                                   {Semaphore::accumulator_free, Cause::buffer},
                                                   {Semaphore::drain_free, Cause::buffer},
                                                   {Semaphore::tile_free, Cause::buffer},
                                                   {Semaphore::parameters_free, Cause::buffer},
                                                   // what array, vector and store make
                                                   {Semaphore::accumulator_full, Cause::dependency},
                                                   {Semaphore::drain_full, Cause::dependency},
                                                   {Semaphore::tile_done, Cause::dependency},
                                                   {Semaphore::parameters_done, Cause::dependency},
                                                   {Semaphore::operator_stored, Cause::dependency},
                                                   {Semaphore::scalars_done, Cause::dependency},
                                                   // what other engines or cores do
                                                   {Semaphore::share_full, Cause::dependency},
                                                   {Semaphore::sum_full, Cause::dependency},
                                                   {Semaphore::sum_free, Cause::dependency},
                                                   {Semaphore::total_full, Cause::dependency},
                                                   {Semaphore::total_free, Cause::dependency},
                                                   {Semaphore::outgoing_full, Cause::dependency},
                                                   {Semaphore::outgoing_free, Cause::buffer}};
    return causes.at(semaphore);
}

/// Counts a cycle in which an engine could take an instruction, but waits: a loss only of array and
/// vector. An operator's first instruction waits for the operators before it.
inline void count_stall(std::size_t engine, isa::Semaphore semaphore, bool first,
                        EventCounts& counts) {
    const Cause cause = first ? Cause::dependency : cause_of(semaphore);
    const auto pick = [cause](Event dram, Event buffer, Event dependency) {
        if (cause == Cause::dram) return dram;
        return cause == Cause::buffer ? buffer : dependency;
    };
    if (engine == static_cast<std::size_t>(isa::Engine::array)) {
        ++counts[pick(Event::array_stall_dram_cycles, Event::array_stall_buffer_cycles,
                      Event::array_stall_dependency_cycles)];
    } else if (engine == static_cast<std::size_t>(isa::Engine::vector)) {
        ++counts[pick(Event::vector_stall_dram_cycles, Event::vector_stall_buffer_cycles,
                      Event::vector_stall_dependency_cycles)];
    }
}

inline constexpr std::array<Event, isa::engine_count> busy_cycles{
    Event::load_busy_cycles, Event::store_busy_cycles, Event::array_busy_cycles,
    Event::vector_busy_cycles};

/// Done cycles of an engine: in order, one per cycle.
struct InOrder {
    const EngineTimes& times;
    std::size_t count = 0;
    std::int64_t last_done = -1;
    std::int64_t ready_from = 0;
    std::deque<std::int64_t> executing;

    void issue(std::int64_t cycle) {
        const std::int64_t duration = times.duration[count % times.duration.size()];
        ready_from = cycle + times.gap[count % times.gap.size()];
        last_done = std::max(cycle + 1 + duration, last_done + 1);
        executing.push_back(last_done);
        ++count;
    }
};

/// One engine's side of the reference: all its queues, flat.
struct Lane {
    std::vector<std::pair<std::size_t, const isa::Instruction*>> program;  ///< queue, instruction
    InOrder engine;
    std::size_t next = 0;
    EventCounts waiting;  ///< of program[next]
    isa::Semaphore missing = isa::Semaphore::none;
    std::deque<std::pair<const isa::Instruction*, Record>> executing;
    std::int64_t busy_until = 0;

    explicit Lane(const EngineTimes& times) : engine{times, 0, -1, 0, {}} {}
    bool valid() const { return next < program.size(); }
    bool first_of_operator() const {
        return next == 0 || program[next].first != program[next - 1].first;
    }
};

inline void retire(Lane& lane, std::size_t engine, std::int64_t cycle, SemaphoreFile& semaphores,
                   Account& account) {
    lane.engine.executing.pop_front();
    auto [instruction, record] = lane.executing.front();
    lane.executing.pop_front();
    semaphores.release(instruction->signals);
    record.done = cycle;
    record.counts[busy_cycles[engine]] +=
        static_cast<std::uint64_t>(cycle - std::max(record.issue + 1, lane.busy_until));
    lane.busy_until = cycle;
    account.records.push_back(record);
}

/// Returns whether the engine's next instruction issues.
inline bool try_issue(Lane& lane, std::size_t engine, std::int64_t cycle, SemaphoreFile& semaphores,
                      Account& account) {
    if (!lane.valid() || lane.engine.ready_from > cycle) return false;
    const auto [queue, instruction] = lane.program[lane.next];
    const isa::Semaphore missing = semaphores.missing(instruction->waits);
    if (!semaphores.try_acquire(instruction->waits)) {
        count_stall(engine, missing, lane.first_of_operator(), lane.waiting);
        lane.missing = missing;
        return false;
    }
    if (lane.missing != isa::Semaphore::none && !lane.first_of_operator())
        account.waits.insert({engine, lane.missing});
    lane.missing = isa::Semaphore::none;
    ++lane.next;
    account.issues.push_back({engine, cycle, lane.next, isa::encode(*instruction)});
    ++lane.waiting[Event::instructions];
    lane.executing.emplace_back(
        instruction, Record{engine, queue, cycle, -1, isa::encode(*instruction), lane.waiting});
    lane.waiting = {};
    lane.engine.issue(cycle);
    return true;
}

/// What must happen, cycle by cycle: releases, then acquisitions. Without loops.
inline Account reference(const Case& one) {
    Account account;
    SemaphoreFile semaphores;
    std::vector<Lane> lanes;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        lanes.emplace_back(one.times[e]);
        for (std::size_t queue = 0; queue < one.operators.size(); ++queue)
            for (const isa::Instruction& instruction : one.operators[queue][e])
                lanes[e].program.emplace_back(queue, &instruction);
    }
    for (std::int64_t cycle = 0;; ++cycle) {
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            const auto& executing = lanes[e].engine.executing;
            if (!executing.empty() && executing.front() == cycle)
                retire(lanes[e], e, cycle, semaphores, account);
        }
        bool idle = true, started = false, finished = true;
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            started = try_issue(lanes[e], e, cycle, semaphores, account) || started;
            idle = idle && lanes[e].executing.empty();
            finished = finished && !lanes[e].valid() && lanes[e].executing.empty();
        }
        // An engine that is not ready yet will be: only then is nothing left to wait for.
        const bool waits = std::ranges::all_of(lanes, [&](const Lane& lane) {
            return !lane.valid() || lane.engine.ready_from <= cycle;
        });
        account.stuck = idle && !started && !finished && waits;
        if (finished || account.stuck) return account;
    }
}

}  // namespace quatrain::sequencer

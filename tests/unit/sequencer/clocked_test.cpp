// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/sequencer/accounting.hpp"
#include "rtl_models/sequencer/function.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/random_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <tuple>
#include <utility>

namespace quatrain::sequencer {
namespace {

using Flat = std::vector<isa::Instruction>;

/// How long instruction i of an engine takes, modulo the lengths.
struct EngineTimes {
    std::vector<std::int64_t> duration;  ///< from the cycle after the issue to done
    std::vector<std::int64_t> gap;       ///< from issue to the next possible issue, at least 1
};
struct Case {
    std::vector<std::array<Flat, isa::engine_count>> operators;
    std::array<EngineTimes, isa::engine_count> times;
    bool rolled = true;
};

std::int64_t between(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

/// Instructions that wait and signal at random: some programs run through, many get stuck.
isa::Instruction random_instruction(std::mt19937_64& random, isa::Engine engine, bool tame) {
    isa::Instruction instruction;
    instruction.body = isa::Drain{.rows = between(random, 1, 3)};
    const auto semaphore = [&] { return static_cast<isa::Semaphore>(between(random, 1, 17)); };
    // A wait that only this engine acquires, as in real programs: two engines never compete.
    const auto own = [&] {
        std::int64_t pick = between(random, 1, 17);
        while (pick % 4 != static_cast<std::int64_t>(engine)) pick = between(random, 1, 17);
        return static_cast<isa::Semaphore>(pick);
    };
    for (std::size_t i = 0; i < 4; ++i) {
        if (between(random, 0, tame ? 15 : 2) == 0)
            instruction.waits[i] = {own(),
                                    static_cast<std::uint32_t>(between(random, 1, tame ? 1 : 2))};
        if (between(random, 0, 1) == 0)
            instruction.signals[i] = {semaphore(),
                                      static_cast<std::uint32_t>(between(random, 1, 3))};
    }
    return instruction;
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.rolled = seed % 2 == 0;
    one.operators.resize(static_cast<std::size_t>(between(random, 1, 3)));
    for (auto& queues : one.operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            const std::int64_t kinds = between(random, 0, 4);
            for (std::int64_t i = 0; i < kinds; ++i) {
                const auto instruction =
                    random_instruction(random, static_cast<isa::Engine>(e), seed % 3 != 0);
                queues[e].insert(queues[e].end(), static_cast<std::size_t>(between(random, 1, 5)),
                                 instruction);
            }
        }
    for (EngineTimes& times : one.times)
        for (int i = 0; i < 5; ++i) {
            times.duration.push_back(between(random, 0, 12));
            times.gap.push_back(between(random, 1, 9));
        }
    return one;
}

using Record = std::tuple<std::size_t, std::size_t, std::int64_t, std::int64_t>;

/// What happened: engine, queue, issue and done cycle of every instruction in order of completion,
/// the sequencer's events, and whether it got stuck.
struct Account {
    std::vector<Record> records;
    EventCounts counts;
    bool stuck = false;
};

std::vector<std::array<isa::Queue, isa::engine_count>> queues_of(const Case& one) {
    std::vector<std::array<isa::Queue, isa::engine_count>> all(one.operators.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            if (one.rolled) {
                all[i][e] = isa::roll(one.operators[i][e]);
                continue;
            }
            for (const isa::Instruction& instruction : one.operators[i][e])
                all[i][e].push_back({.instruction = instruction, .strides = {}, .loop = {}});
        }
    return all;
}

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

/// The function view, cycle by cycle: releases, then acquisitions.
Account reference(const Case& one) {
    const auto queues = queues_of(one);
    Account account;
    SemaphoreFile semaphores;
    struct Lane {
        Fetcher fetcher;
        InOrder engine;
        isa::Instruction instruction;
        bool valid = false;
        bool first = false;
        std::deque<std::tuple<isa::Instruction, std::size_t, std::int64_t>> executing;
        std::int64_t busy_until = 0;
    };
    std::vector<Lane> lanes;
    const auto fetch = [](Lane& lane, bool begin) {
        const std::size_t before = lane.fetcher.queue_index();
        lane.valid = lane.fetcher.next(lane.instruction);
        lane.first = begin || lane.fetcher.queue_index() != before;
    };
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        std::vector<const isa::Queue*> own;
        for (const auto& all : queues) own.push_back(&all[e]);
        lanes.push_back({Fetcher(own), {one.times[e], 0, -1, 0, {}}, {}, false, false, {}, 0});
        fetch(lanes.back(), true);
    }
    for (std::int64_t cycle = 0;; ++cycle) {
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            Lane& lane = lanes[e];
            if (lane.engine.executing.empty() || lane.engine.executing.front() != cycle) continue;
            lane.engine.executing.pop_front();
            const auto [instruction, queue, issue] = lane.executing.front();
            lane.executing.pop_front();
            semaphores.release(instruction.signals);
            account.records.emplace_back(e, queue, issue, cycle);
            account.counts[busy_event(static_cast<isa::Engine>(e))] +=
                static_cast<std::uint64_t>(cycle - std::max(issue + 1, lane.busy_until));
            lane.busy_until = cycle;
        }
        bool idle = true, started = false, finished = true;
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            Lane& lane = lanes[e];
            if (lane.valid && lane.engine.ready_from <= cycle) {
                const isa::Semaphore missing = semaphores.missing(lane.instruction.waits);
                if (semaphores.try_acquire(lane.instruction.waits)) {
                    lane.executing.emplace_back(lane.instruction, lane.fetcher.queue_index(),
                                                cycle);
                    lane.engine.issue(cycle);
                    ++account.counts[Event::instructions];
                    fetch(lane, false);
                    started = true;
                } else if (const auto event =
                               stall_event(static_cast<isa::Engine>(e), missing, lane.first)) {
                    ++account.counts[*event];
                }
            }
            idle = idle && lane.executing.empty();
            finished = finished && !lane.valid && lane.executing.empty();
        }
        // An engine that is not ready yet will be: only then is nothing left to wait for.
        const bool waits = std::ranges::all_of(lanes, [&](const Lane& lane) {
            return !lane.valid || lane.engine.ready_from <= cycle;
        });
        account.stuck = idle && !started && !finished && waits;
        if (finished || account.stuck) return account;
    }
}

/// An engine that takes its time: the other side of the pins.
struct Unit : sc_core::sc_module {
    Unit(const sc_core::sc_module_name& name, const EngineTimes& times)
        : sc_module(name), engine_{times, 0, -1, 0, {}} {
        SC_HAS_PROCESS(Unit);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
        ready.initialize(true);
    }
    void edge() {
        if (start.read()) engine_.issue(cycle_);
        ++cycle_;
        const bool is_done = !engine_.executing.empty() && engine_.executing.front() == cycle_;
        if (is_done) engine_.executing.pop_front();
        done.write(is_done);
        ready.write(engine_.ready_from <= cycle_);
    }
    sc_core::sc_in<bool> clock{"clock"}, start{"start"};
    sc_core::sc_out<bool> ready{"ready"}, done{"done"};

private:
    InOrder engine_;
    std::int64_t cycle_ = 0;
};

struct Recorder : Observer {
    Account account;
    void issued(isa::Engine, std::size_t, std::int64_t) override {}
    void done(isa::Engine engine, std::size_t queue, const isa::Instruction&, std::int64_t issue,
              std::int64_t cycle, const EventCounts& counts) override {
        account.records.emplace_back(static_cast<std::size_t>(engine), queue, issue, cycle);
        account.counts += counts;
    }
    bool goes_on() override { return true; }
};

/// Cycle 0 settles before its edge; the rest until nothing more can happen.
void run(test::HandClock& clock, const ClockedSequencer& sequencer) {
    sc_core::sc_start(0.5, sc_core::SC_NS);
    for (int cycle = 0; cycle < 20'000; ++cycle) {
        if (sequencer.finished() || sequencer.stuck() || sequencer.failure()) return;
        clock.cycle();
    }
}

Account clocked(const Case& one) {
    const auto queues = queues_of(one);
    std::array<std::vector<const isa::Queue*>, isa::engine_count> own;
    for (const auto& all : queues)
        for (std::size_t e = 0; e < isa::engine_count; ++e) own[e].push_back(&all[e]);
    const KernelContext kernel;
    Recorder recorder;
    test::HandClock clock;
    std::array<sc_core::sc_signal<bool>, isa::engine_count> start, ready, done;
    std::array<sc_core::sc_signal<Command>, isa::engine_count> command;
    ClockedSequencer sequencer("sequencer", own, recorder);
    sequencer.clock(clock.signal());
    std::vector<std::unique_ptr<Unit>> units;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        units.push_back(std::make_unique<Unit>(fmt::format("unit_{}", e).c_str(), one.times[e]));
        units[e]->clock(clock.signal());
        units[e]->start(start[e]);
        units[e]->ready(ready[e]);
        units[e]->done(done[e]);
        sequencer.start[e](start[e]);
        sequencer.ready[e](ready[e]);
        sequencer.done[e](done[e]);
        sequencer.command[e](command[e]);
    }
    run(clock, sequencer);
    EXPECT_FALSE(sequencer.failure());
    recorder.account.stuck = sequencer.stuck();
    return recorder.account;
}

std::optional<std::string> failure(const Case& one) {
    const Account expected = reference(one);
    const Account actual = clocked(one);
    if (actual.stuck != expected.stuck)
        return fmt::format("stuck: {}, the function {}", actual.stuck, expected.stuck);
    if (actual.records != expected.records)
        return fmt::format("{} instructions, or their cycles, differ from the function's {}",
                           actual.records.size(), expected.records.size());
    // Waits that never end are counted with the instruction that never issues.
    if (!actual.stuck && !(actual.counts == expected.counts)) return "other counts";
    return std::nullopt;
}

std::vector<Case> smaller(const Case& one) {
    std::vector<Case> all;
    for (std::size_t i = 0; i < one.operators.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (std::size_t k = 0; k < one.operators[i][e].size(); ++k) {
                all.push_back(one);
                Flat& flat = all.back().operators[i][e];
                flat.erase(flat.begin() + static_cast<std::ptrdiff_t>(k));
            }
    for (std::size_t i = 0; i < one.operators.size(); ++i)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (std::size_t k = 0; k < one.operators[i][e].size(); ++k)
                for (const auto uses : {&isa::Instruction::waits, &isa::Instruction::signals})
                    for (std::size_t use = 0; use < 4; ++use) {
                        if (((one.operators[i][e][k].*uses)[use]) == isa::SemaphoreUse{}) continue;
                        all.push_back(one);
                        (all.back().operators[i][e][k].*uses)[use] = {};
                    }
    for (std::size_t e = 0; e < isa::engine_count; ++e)
        for (const auto& [field, least] : {std::pair{&EngineTimes::duration, std::int64_t{0}},
                                           {&EngineTimes::gap, std::int64_t{1}}})
            for (std::size_t k = 0; k < (one.times[e].*field).size(); ++k) {
                const std::int64_t before = (one.times[e].*field)[k];
                for (const std::int64_t value : {least, before / 2}) {
                    if (value < least || value >= before) continue;
                    all.push_back(one);
                    (all.back().times[e].*field)[k] = value;
                }
            }
    if (one.rolled) {
        all.push_back(one);
        all.back().rolled = false;
    }
    return all;
}

std::string describe(const Case& one) {
    std::string text;
    for (const auto& queues : one.operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e)
            for (const isa::Instruction& instruction : queues[e])
                text += fmt::format("\n  {}: {}", isa::name(static_cast<isa::Engine>(e)),
                                    isa::describe(instruction));
    for (const EngineTimes& times : one.times)
        text += fmt::format("\n  durations {}, gaps {}", fmt::join(times.duration, " "),
                            fmt::join(times.gap, " "));
    return text + (one.rolled ? "\n  rolled" : "");
}

TEST(ClockedSequencer, IssuesAndRetiresInTheCyclesOfTheFunction) {
    test::check_random_cases(600, random_case, failure, smaller, describe);
}

TEST(ClockedSequencer, BothEndsAreMetByTheRandomPrograms) {
    int stuck = 0, through = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed)
        ++(reference(random_case(seed)).stuck ? stuck : through);
    EXPECT_GT(stuck, 50);
    EXPECT_GT(through, 50);
}

TEST(ClockedSequencer, ASemaphoreThatOverflowsItsCounterIsAnError) {
    isa::Instruction signal;
    signal.body = isa::Drain{};
    signal.signals[0] = {isa::Semaphore::tile_full, 70'000};
    Case one;
    one.operators.resize(1);
    one.operators[0][0] = {signal};
    for (EngineTimes& times : one.times) times = {{1}, {1}};
    const auto queues = queues_of(one);
    const KernelContext kernel;
    Recorder recorder;
    test::HandClock clock;
    std::array<sc_core::sc_signal<bool>, isa::engine_count> start, ready, done;
    std::array<sc_core::sc_signal<Command>, isa::engine_count> command;
    std::array<std::vector<const isa::Queue*>, isa::engine_count> own;
    for (std::size_t e = 0; e < isa::engine_count; ++e) own[e].push_back(&queues[0][e]);
    ClockedSequencer sequencer("sequencer", own, recorder);
    sequencer.clock(clock.signal());
    Unit unit("unit", one.times[0]);
    unit.clock(clock.signal());
    unit.start(start[0]);
    unit.ready(ready[0]);
    unit.done(done[0]);
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        sequencer.start[e](start[e]);
        sequencer.ready[e](ready[e]);
        sequencer.done[e](done[e]);
        sequencer.command[e](command[e]);
    }
    run(clock, sequencer);
    ASSERT_TRUE(sequencer.failure());
    EXPECT_THROW(std::rethrow_exception(sequencer.failure()), std::overflow_error);
}

}  // namespace
}  // namespace quatrain::sequencer

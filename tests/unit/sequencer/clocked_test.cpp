// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/random_cases.hpp"
#include "tests/unit/sequencer/clocked_only_core.hpp"
#include "tests/unit/sequencer/clocked_reference.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <utility>

namespace quatrain::sequencer {
namespace {

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
        if (start.read()) {
            issues.push_back(
                {0, cycle_, command.read().id, isa::encode(command.read().instruction)});
            engine_.issue(cycle_);
        }
        ++cycle_;
        const bool is_done = !engine_.executing.empty() && engine_.executing.front() == cycle_;
        if (is_done) engine_.executing.pop_front();
        done.write(is_done);
        ready.write(engine_.ready_from <= cycle_);
    }
    sc_core::sc_in<bool> clock{"clock"}, start{"start"};
    sc_core::sc_in<Command> command{"command"};
    sc_core::sc_out<bool> ready{"ready"}, done{"done"};
    std::vector<Issue> issues;  ///< what the pins showed in the cycles with start

private:
    InOrder engine_;
    std::int64_t cycle_ = 0;
};

struct Recorder : Observer {
    Account account;
    void issued(isa::Engine, std::size_t, std::int64_t) override {}
    void done(isa::Engine engine, std::size_t queue, const isa::Instruction& instruction,
              std::int64_t issue, std::int64_t cycle, const EventCounts& counts) override {
        account.records.push_back({static_cast<std::size_t>(engine), queue, issue, cycle,
                                   isa::encode(instruction), counts});
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
    OnlyCore neighbours;
    neighbours.bind(sequencer);
    std::vector<std::unique_ptr<Unit>> units;
    for (std::size_t e = 0; e < isa::engine_count; ++e) {
        units.push_back(std::make_unique<Unit>(fmt::format("unit_{}", e).c_str(), one.times[e]));
        units[e]->clock(clock.signal());
        units[e]->start(start[e]);
        units[e]->command(command[e]);
        units[e]->ready(ready[e]);
        units[e]->done(done[e]);
        sequencer.start[e](start[e]);
        sequencer.ready[e](ready[e]);
        sequencer.done[e](done[e]);
        sequencer.command[e](command[e]);
    }
    run(clock, sequencer);
    EXPECT_FALSE(sequencer.failure());
    Account account = recorder.account;
    for (std::size_t e = 0; e < isa::engine_count; ++e)
        for (Issue issue : units[e]->issues) {
            issue.engine = e;
            account.issues.push_back(issue);
        }
    std::ranges::sort(account.issues, {},
                      [](const Issue& issue) { return std::pair(issue.cycle, issue.engine); });
    account.stuck = sequencer.stuck();
    return account;
}

std::optional<std::string> failure(const Case& one) {
    const Account expected = reference(one);
    const Account actual = clocked(one);
    if (actual.stuck != expected.stuck)
        return fmt::format("stuck: {}, the reference {}", actual.stuck, expected.stuck);
    for (std::size_t i = 0; i < std::min(actual.issues.size(), expected.issues.size()); ++i) {
        if (actual.issues[i] == expected.issues[i]) continue;
        const auto text = [](const Issue& issue) {
            return fmt::format("engine {}, cycle {}, number {}: {}", issue.engine, issue.cycle,
                               issue.id, isa::describe(isa::decode(issue.words)));
        };
        return fmt::format("issue {} at the pins\n  {}\nmust be\n  {}", i, text(actual.issues[i]),
                           text(expected.issues[i]));
    }
    if (actual.issues.size() != expected.issues.size())
        return fmt::format("{} instructions issue, must be {}", actual.issues.size(),
                           expected.issues.size());
    if (actual.records != expected.records)
        return fmt::format(
            "{} instructions done, or their cycles or events, differ from the "
            "reference's {}",
            actual.records.size(), expected.records.size());
    return std::nullopt;
}

TEST(ClockedSequencer, IssuesTheFlatProgramAndRetiresInTheCyclesOfTheFunction) {
    test::check_random_cases(2000, random_case, failure, smaller, describe);
}

TEST(ClockedSequencer, BothEndsAreMetByTheRandomPrograms) {
    int stuck = 0, through = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
        ++(reference(random_case(seed)).stuck ? stuck : through);
    EXPECT_GT(stuck, 50);
    EXPECT_GT(through, 50);
}

/// Waits that end, of the two engines whose waits are counted.
TEST(ClockedSequencer, TheRandomProgramsWaitForEverySemaphore) {
    std::set<std::pair<std::size_t, isa::Semaphore>> waits;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
        waits.merge(reference(random_case(seed)).waits);
    for (const isa::Engine engine : {isa::Engine::array, isa::Engine::vector})
        for (std::size_t semaphore = 1; semaphore < isa::semaphore_count; ++semaphore) {
            const auto one = static_cast<isa::Semaphore>(semaphore);
            EXPECT_TRUE(waits.contains({static_cast<std::size_t>(engine), one}))
                << isa::name(engine) << " never waits for " << isa::name(one);
        }
}

/// Loops within each other, at the deepest place of a queue.
std::size_t nesting(const isa::Queue& queue) {
    std::size_t deepest = 0;
    for (const isa::QueueElement& element : queue)
        if (!element.loop.empty())
            deepest = std::max(deepest, 1 + nesting(element.loop.front().body));
    return deepest;
}

TEST(ClockedSequencer, TheRandomProgramsHaveLoopsWithinLoops) {
    std::array<int, loop_depth> programs{};
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        std::size_t deepest = 0;
        for (const auto& queues : queues_of(random_case(seed)))
            for (const isa::Queue& queue : queues) deepest = std::max(deepest, nesting(queue));
        ++programs.at(deepest);
    }
    EXPECT_GT(programs[1], 20);
    EXPECT_GT(programs[2], 100);
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
    OnlyCore neighbours;
    neighbours.bind(sequencer);
    Unit unit("unit", one.times[0]);
    unit.clock(clock.signal());
    unit.start(start[0]);
    unit.command(command[0]);
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

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/sequencer/clocked.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/sequencer/function.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/random_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
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

/// Instructions that wait and signal at random: some programs run through, many get stuck. They
/// wait for the semaphores whose number is `owner` modulo the engines.
isa::Instruction random_instruction(std::mt19937_64& random, std::int64_t owner, bool tame) {
    isa::Instruction instruction;
    instruction.body =
        isa::Drain{.accumulator_address = between(random, 0, 4096), .rows = between(random, 1, 3)};
    const auto semaphore = [&] { return static_cast<isa::Semaphore>(between(random, 1, 17)); };
    // A wait that only this engine acquires, as in real programs: two engines never compete.
    const auto own = [&] {
        std::int64_t pick = between(random, 1, 17);
        while (pick % 4 != owner) pick = between(random, 1, 17);
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

/// `outer` times `inner` times the same instructions, whose addresses grow evenly: what rolls into
/// loops within a loop.
void append_walk(std::mt19937_64& random, const Flat& body, Flat& flat) {
    const std::int64_t outer = between(random, 1, 3), inner = between(random, 1, 3);
    const std::int64_t outer_step = between(random, -64, 64), inner_step = between(random, 0, 8);
    for (std::int64_t i = 0; i < outer; ++i)
        for (std::int64_t j = 0; j < inner; ++j)
            for (isa::Instruction instruction : body) {
                auto& drain = std::get<isa::Drain>(instruction.body);
                drain.accumulator_address += i * outer_step + j * inner_step;
                drain.destination += j * 4;
                flat.push_back(instruction);
            }
}

Case random_case(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Case one;
    one.rolled = seed % 2 == 0;
    one.operators.resize(static_cast<std::size_t>(between(random, 1, 3)));
    const std::int64_t shift = between(random, 0, 3);
    for (auto& queues : one.operators)
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            const std::int64_t kinds = between(random, 0, 3);
            for (std::int64_t i = 0; i < kinds; ++i) {
                Flat body(static_cast<std::size_t>(between(random, 1, 2)));
                for (isa::Instruction& instruction : body)
                    instruction = random_instruction(
                        random, (static_cast<std::int64_t>(e) + shift) % 4, seed % 3 != 0);
                append_walk(random, body, queues[e]);
            }
        }
    for (EngineTimes& times : one.times)
        for (int i = 0; i < 5; ++i) {
            times.duration.push_back(between(random, 0, 12));
            times.gap.push_back(between(random, 1, 9));
        }
    return one;
}

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

Cause cause_of(isa::Semaphore semaphore) {
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
                                                   {Semaphore::scalars_done, Cause::dependency}};
    return causes.at(semaphore);
}

/// Counts a cycle in which an engine could take an instruction, but waits: a loss only of array and
/// vector. An operator's first instruction waits for the operators before it.
void count_stall(std::size_t engine, isa::Semaphore semaphore, bool first, EventCounts& counts) {
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

constexpr std::array<Event, isa::engine_count> busy_cycles{
    Event::load_busy_cycles, Event::store_busy_cycles, Event::array_busy_cycles,
    Event::vector_busy_cycles};

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

void retire(Lane& lane, std::size_t engine, std::int64_t cycle, SemaphoreFile& semaphores,
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
bool try_issue(Lane& lane, std::size_t engine, std::int64_t cycle, SemaphoreFile& semaphores,
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
Account reference(const Case& one) {
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

TEST(ClockedSequencer, IssuesTheFlatProgramAndRetiresInTheCyclesOfTheFunction) {
    test::check_random_cases(600, random_case, failure, smaller, describe);
}

TEST(ClockedSequencer, BothEndsAreMetByTheRandomPrograms) {
    int stuck = 0, through = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed)
        ++(reference(random_case(seed)).stuck ? stuck : through);
    EXPECT_GT(stuck, 50);
    EXPECT_GT(through, 50);
}

/// Waits that end, of the two engines whose waits are counted.
TEST(ClockedSequencer, TheRandomProgramsWaitForEverySemaphore) {
    std::set<std::pair<std::size_t, isa::Semaphore>> waits;
    for (std::uint64_t seed = 1; seed <= 600; ++seed)
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
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
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

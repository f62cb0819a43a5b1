// SPDX-License-Identifier: Apache-2.0
// Signals between cores, at the pins of one sequencer.
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/sequencer/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"

#include <gtest/gtest.h>

namespace quatrain::sequencer {
namespace {

using isa::Semaphore;

struct Recorder : Observer {
    std::vector<std::int64_t> issues;
    bool run = true;
    void issued(isa::Engine, std::size_t, std::int64_t cycle) override { issues.push_back(cycle); }
    void done(isa::Engine, std::size_t, const isa::Instruction&, std::int64_t, std::int64_t,
              const EventCounts&) override {}
    bool goes_on() override { return run; }
};

/// A sequencer with a queue for the vector engine. A test plays the engine, always ready and done
/// by hand, and the neighbours.
struct Pins {
    explicit Pins(const isa::Queue& queue)
        : sequencer("sequencer", {{{}, {}, {}, {&queue}}}, recorder) {
        sequencer.clock(clock.signal());
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            const bool used = e == static_cast<std::size_t>(isa::Engine::vector);
            sequencer.start[e](used ? start : unused_start[e]);
            sequencer.command[e](command[e]);
            sequencer.ready[e](ready);
            sequencer.done[e](used ? done : low);
        }
        sequencer.to_next(to_next);
        sequencer.to_previous(to_previous);
        sequencer.from_previous(from_previous);
        sequencer.from_next(from_next);
        ready.write(true);
        settle();
    }
    /// What is combinational, within a cycle.
    void settle() { sc_core::sc_start(0.1, sc_core::SC_NS); }
    void cycle() { clock.cycle(); }

    Recorder recorder;
    test::HandClock clock;
    std::array<sc_core::sc_signal<bool>, isa::engine_count> unused_start;
    std::array<sc_core::sc_signal<Command>, isa::engine_count> command;
    sc_core::sc_signal<bool> start{"start"}, ready{"ready"}, done{"done"}, low{"low"};
    sc_core::sc_signal<NeighbourSignals> to_next{"to_next"}, to_previous{"to_previous"},
        from_previous{"from_previous"}, from_next{"from_next"};
    ClockedSequencer sequencer;
};

isa::QueueElement waits_for(Semaphore semaphore, std::uint32_t count) {
    isa::Instruction instruction;
    instruction.waits[2] = {semaphore, count};
    return {.instruction = instruction, .strides = {}, .loop = {}};
}
isa::QueueElement signals(std::initializer_list<isa::SemaphoreUse> uses) {
    isa::Instruction instruction;
    std::copy(uses.begin(), uses.end(), instruction.signals.begin());
    return {.instruction = instruction, .strides = {}, .loop = {}};
}

std::uint32_t initially(Semaphore semaphore) {
    return isa::initial_semaphores()[static_cast<std::size_t>(semaphore)];
}

struct Arrival {
    Semaphore semaphore = Semaphore::none;
    bool from_previous = false;
    NeighbourSignals signals;
};
const std::array<Arrival, 4> arrivals{{{Semaphore::sum_full, true, {1, 0}},
                                       {Semaphore::total_full, true, {0, 1}},
                                       {Semaphore::sum_free, false, {1, 0}},
                                       {Semaphore::total_free, false, {0, 1}}}};

TEST(ClockedSequencer, AnArrivingSignalLetsAWaitingInstructionIssueInThatCycle) {
    for (const Arrival& one : arrivals) {
        const isa::Queue queue{waits_for(one.semaphore, initially(one.semaphore) + 1)};
        const KernelContext kernel;
        Pins pins(queue);
        auto& pin = one.from_previous ? pins.from_previous : pins.from_next;
        auto& other = one.from_previous ? pins.from_next : pins.from_previous;
        for (int cycle = 0; cycle < 5; ++cycle) {
            EXPECT_FALSE(pins.start.read()) << isa::name(one.semaphore);
            other.write({1, 1});  // for the other two
            pins.settle();
            EXPECT_FALSE(pins.start.read()) << isa::name(one.semaphore);
            pins.cycle();
        }
        pin.write({1 - one.signals.sum, 1 - one.signals.total});
        pins.settle();
        EXPECT_FALSE(pins.start.read()) << isa::name(one.semaphore);
        pin.write(one.signals);
        pins.settle();
        EXPECT_TRUE(pins.start.read()) << isa::name(one.semaphore);
        pins.cycle();
        EXPECT_EQ(pins.recorder.issues, (std::vector<std::int64_t>{5}));
    }
}

TEST(ClockedSequencer, SignalsThatNobodyWaitsForYetAreKept) {
    const isa::Queue queue{waits_for(Semaphore::sum_full, 5)};
    const KernelContext kernel;
    Pins pins(queue);
    for (const std::uint64_t count : {1, 0, 3, 0}) {
        pins.from_previous.write({count, 0});
        pins.settle();
        EXPECT_FALSE(pins.start.read());
        pins.cycle();
    }
    pins.from_previous.write({1, 0});
    pins.settle();
    EXPECT_TRUE(pins.start.read());
}

TEST(ClockedSequencer, ASignalToAnotherCoreLeavesInTheCycleOfDoneAndReleasesNothingHere) {
    const isa::Queue queue{signals({{Semaphore::sum_full, 2},
                                    {Semaphore::total_free, 3},
                                    {Semaphore::sum_full, 4},
                                    {Semaphore::tile_full, 1}}),
                           signals({{Semaphore::total_full, 7}, {Semaphore::sum_free, 5}}),
                           waits_for(Semaphore::tile_full, 1), waits_for(Semaphore::sum_full, 1)};
    const KernelContext kernel;
    Pins pins(queue);
    const NeighbourSignals none;
    pins.cycle();
    pins.settle();
    EXPECT_EQ(pins.to_next.read(), none) << "it executes";
    for (const auto& [next, previous] :
         {std::pair(NeighbourSignals{6, 0}, NeighbourSignals{0, 3}),
          std::pair(NeighbourSignals{0, 7}, NeighbourSignals{5, 0}), std::pair(none, none)}) {
        pins.done.write(true);
        pins.settle();
        EXPECT_EQ(pins.to_next.read(), next);
        EXPECT_EQ(pins.to_previous.read(), previous);
        pins.cycle();
    }
    pins.done.write(false);
    pins.cycle();
    EXPECT_EQ(pins.to_next.read(), none);
    EXPECT_EQ(pins.recorder.issues, (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_TRUE(pins.sequencer.stuck());
    EXPECT_EQ(pins.sequencer.standing(isa::Engine::vector).waits_for, Semaphore::sum_full);
}

TEST(ClockedSequencer, ACoreThatWaitsForItsNeighbourIsStuckUntilTheSignalComes) {
    const isa::Queue queue{waits_for(Semaphore::total_full, 2)};
    const KernelContext kernel;
    Pins pins(queue);
    pins.cycle();
    EXPECT_TRUE(pins.sequencer.stuck());
    pins.from_previous.write({0, 1});
    pins.cycle();
    EXPECT_TRUE(pins.sequencer.stuck()) << "one is not enough";
    pins.cycle();
    EXPECT_FALSE(pins.sequencer.stuck());
    EXPECT_FALSE(pins.sequencer.finished());
    pins.done.write(true);
    pins.cycle();
    EXPECT_FALSE(pins.sequencer.stuck());
    EXPECT_TRUE(pins.sequencer.finished());
}

TEST(ClockedSequencer, ASignalBeyondItsWiresIsNamed) {
    const auto failure_of = [](Semaphore semaphore, std::uint32_t count) {
        const isa::Queue queue{signals({{semaphore, count}, {semaphore, 1}})};
        const KernelContext kernel;
        Pins pins(queue);
        pins.cycle();
        pins.done.write(true);
        pins.cycle();
        return test::failure_text(pins.sequencer.failure());
    };
    EXPECT_EQ(failure_of(Semaphore::sum_full, 65'534), "no failure");
    for (const Semaphore semaphore :
         {Semaphore::sum_full, Semaphore::total_full, Semaphore::sum_free, Semaphore::total_free})
        EXPECT_EQ(failure_of(semaphore, 65'535), "register sequencer signal " +
                                                     std::string(isa::name(semaphore)) +
                                                     " = 65536: holds 0 to 65535");
}

TEST(ClockedSequencer, ARunThatAnotherCoreStopsIssuesNothingMore) {
    const isa::Queue queue{signals({}), signals({}), signals({})};
    const KernelContext kernel;
    Pins pins(queue);
    pins.cycle();
    pins.recorder.run = false;
    for (int cycle = 0; cycle < 3; ++cycle) pins.cycle();
    EXPECT_EQ(pins.recorder.issues, (std::vector<std::int64_t>{0}));
}

}  // namespace
}  // namespace quatrain::sequencer

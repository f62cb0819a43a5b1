// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/sequencer/clocked.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/unit/sequencer/clocked_only_core.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace quatrain::sequencer {
namespace {

constexpr std::size_t load = 0;

struct Silent : Observer {
    void issued(isa::Engine, std::size_t, std::int64_t) override {}
    void done(isa::Engine, std::size_t, const isa::Instruction&, std::int64_t, std::int64_t,
              const EventCounts&) override {}
    bool goes_on() override { return true; }
};

/// A sequencer with a queue for the load engine, at whose pins a test plays the engines: always
/// ready, done by hand.
struct Pins {
    explicit Pins(const isa::Queue& queue)
        : sequencer("sequencer", {{{&queue}, {}, {}, {}}}, observer) {
        sequencer.clock(clock.signal());
        neighbours.bind(sequencer);
        for (std::size_t e = 0; e < isa::engine_count; ++e) {
            sequencer.start[e](start[e]);
            sequencer.command[e](command[e]);
            sequencer.ready[e](ready);
            sequencer.done[e](e == load ? done : low);
        }
        ready.write(true);
        sc_core::sc_start(0.5, sc_core::SC_NS);
    }
    std::string failure_after(std::int64_t cycles, bool each_is_done) {
        for (std::int64_t i = 0; i < cycles && !sequencer.failure() && !sequencer.finished(); ++i) {
            done.write(each_is_done && i > 0);
            sc_core::sc_start(0.1, sc_core::SC_NS);  // through the neighbours' wires
            clock.cycle();
        }
        return test::failure_text(sequencer.failure());
    }

    Silent observer;
    test::HandClock clock;
    std::array<sc_core::sc_signal<bool>, isa::engine_count> start;
    std::array<sc_core::sc_signal<Command>, isa::engine_count> command;
    sc_core::sc_signal<bool> ready{"ready"}, done{"done"}, low{"low"};
    OnlyCore neighbours;
    ClockedSequencer sequencer;
};

std::string failure_of(const isa::Queue& queue, std::int64_t cycles = 4, bool each_is_done = true) {
    const KernelContext kernel;
    return Pins(queue).failure_after(cycles, each_is_done);
}

isa::QueueElement element(const isa::Instruction& instruction = {}) {
    return {.instruction = instruction, .strides = {}, .loop = {}};
}

isa::QueueElement loop(std::uint64_t count, isa::QueueElement body) {
    isa::QueueElement result;
    result.loop.push_back({.count = count, .body = {std::move(body)}});
    return result;
}

TEST(ClockedSequencer, ACountBeyondItsSemaphoreIsNamed) {
    isa::Instruction signal;
    signal.signals[1] = {isa::Semaphore::tile_full, 65'535};
    EXPECT_EQ(failure_of({element(signal)}), "no failure");
    EXPECT_EQ(failure_of({element(signal), element(signal)}),
              "register sequencer semaphore tile_full = 131070: holds 0 to 65535");
    signal.signals[1] = {isa::Semaphore::sum_full, 65'535};
    EXPECT_EQ(failure_of({element(signal), element(signal)}),
              "register sequencer semaphore sum_full = 131070: holds 0 to 65535");
    // A sum that 32 bits would not hold either.
    signal.signals[1].semaphore = isa::Semaphore::tile_full;
    signal.signals[1].count = std::numeric_limits<std::uint32_t>::max();
    signal.signals[2] = {isa::Semaphore::tile_full, 1};
    EXPECT_EQ(failure_of({element(signal)}),
              "register sequencer semaphore tile_full = 4294967296: holds 0 to 65535");
}

TEST(ClockedSequencer, ALoopBeyondItsCounterOrTheStackIsNamed) {
    constexpr std::uint64_t largest = (std::uint64_t{1} << loop_counter_bits) - 1;
    EXPECT_EQ(failure_of({element(), loop(largest, element())}), "no failure");
    EXPECT_EQ(failure_of({element(), loop(largest + 1, element())}),
              "register sequencer loop counter = 4294967296: holds 0 to 4294967295");
    EXPECT_EQ(failure_of({element(), loop(std::numeric_limits<std::uint64_t>::max(), element())}),
              "register sequencer loop counter = 9223372036854775807: holds 0 to 4294967295");
    isa::QueueElement nest = element();
    for (int depth = 0; depth < loop_depth; ++depth) nest = loop(2, nest);
    EXPECT_EQ(failure_of({element(), nest}), "no failure");
    EXPECT_EQ(failure_of({element(), loop(2, nest)}),
              "register sequencer loop stack = 33: holds 0 to 32");
    const KernelContext kernel;
    const isa::Queue first{loop(2, nest)};
    EXPECT_THROW(Pins{first}, std::overflow_error);
}

TEST(ClockedSequencer, AFieldBeyondItsWordIsNamed) {
    isa::Instruction instruction;
    isa::QueueElement strided = element(instruction);
    const std::vector<std::int64_t> words = isa::encode(instruction);
    auto& transfer = std::get<isa::DmaTransfer>(instruction.body);
    transfer.dram_address = 5;
    const std::vector<std::int64_t> changed = isa::encode(instruction);
    const auto field = static_cast<std::uint32_t>(
        std::mismatch(words.begin(), words.end(), changed.begin()).first - words.begin());
    constexpr std::int64_t half = std::int64_t{1} << 62;
    strided.instruction = instruction;
    strided.strides = {{{field, half}}};
    EXPECT_EQ(failure_of({loop(2, strided)}), "no failure");
    EXPECT_EQ(failure_of({loop(3, strided)}),
              "register sequencer instruction word = 5 + 2 * 4611686018427387904: holds 64 bits");
    strided.strides = {{{field, 2 * (half - 1) - 1}}};
    EXPECT_EQ(failure_of({loop(2, strided)}),
              "register sequencer instruction word = 5 + 1 * 9223372036854775805: holds 64 bits");
}

TEST(ClockedSequencer, MoreInstructionsInFlightThanAnEngineHoldsAreAnOverflow) {
    constexpr std::int64_t most = ClockedSequencer::most_in_flight;
    EXPECT_EQ(failure_of({loop(100'000, element())}, most, false), "no failure");
    EXPECT_EQ(failure_of({loop(100'000, element())}, most + 1, false),
              "register sequencer instructions in flight = 65538: holds 0 to 65537");
    std::int64_t outstanding = 0;
    for (const ParameterInfo& one : dma::parameter_info({}))
        if (one.name == "outstanding") outstanding = static_cast<std::int64_t>(one.maximum);
    EXPECT_EQ(most, outstanding + 1);
}

}  // namespace
}  // namespace quatrain::sequencer

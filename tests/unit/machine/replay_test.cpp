// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/replay.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace quatrain::machine {
namespace {

/// What a program of 20 tiles reads and writes.
std::vector<std::byte> touched(const dram::DramImage& image) {
    return contents(image, result_base + 1024 * 20);
}

class ReplayThreads : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ReplayThreads, testing::Values(1, 2, 4),
                         testing::PrintToStringParamName());

TEST_P(ReplayThreads, EveryRunLeavesWhatTheUntimedMachineLeavesAndCountsTheSameZeros) {
    const MachineParams params = small_machine();
    dram::DramImage once = random_operands(params, 20), again = random_operands(params, 20);
    const isa::Queues first = tiles(0, 9), second = tiles(9, 11);
    const std::vector<OperatorQueues> operators{{&first, "a"}, {&second, "b"}};
    const MachineResult untimed = run_untimed(params, operators, {}, once);
    Settings settings;
    settings.threads = GetParam();
    Replay replay(params, operators, settings, again);
    EXPECT_EQ(replay.instructions(), 20u * 5);
    for (int run = 0; run < 20; ++run) {
        again.write(result_base, std::vector<std::byte>(1024 * 20));
        const EventCounts events = replay.run();
        EXPECT_EQ(touched(once), touched(again));
        EXPECT_EQ(events[Event::zero_macs_uint4_int4], untimed.events[Event::zero_macs_uint4_int4]);
        EXPECT_GT(events[Event::zero_macs_uint4_int4], 0u);
        EXPECT_EQ(events[Event::macs_uint4_int4], 0u) << "follows from the program, not the data";
    }
}

TEST(Replay, ComputesFromWhatTheMemoryHoldsNow) {
    const MachineParams params = small_machine();
    dram::DramImage once = random_operands(params, 20, 18), again = random_operands(params, 20);
    const isa::Queues queues = tiles(0, 20);
    const std::vector<OperatorQueues> operators{{&queues, "a"}};
    Replay replay(params, operators, {}, again);
    replay.run();
    run_untimed(params, operators, {}, once);
    EXPECT_NE(touched(once), touched(again));
    again.write(0, touched(random_operands(params, 20, 18)));
    replay.run();
    EXPECT_EQ(touched(once), touched(again));
}

TEST(Replay, AddsTheHostsTimeToTheOperatorThatTookIt) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 20);
    const isa::Queues first = tiles(0, 9), second = tiles(9, 11);
    Replay replay(params, std::vector<OperatorQueues>{{&first, "a"}, {&second, "b"}}, {}, image);
    std::vector<double> seconds(2, 0.0);
    replay.run(seconds);
    EXPECT_GT(seconds[0], 0.0);
    EXPECT_GT(seconds[1], 0.0);
}

TEST(Replay, ThrowsWhatAnInstructionThrowsAndCanRunAgain) {
    const MachineParams params = small_machine();
    for (const int threads : {1, 2}) {
        dram::DramImage image = random_operands(params, 20);
        Settings settings;
        settings.threads = threads;
        const isa::Queues queues = tiles(0, 20);
        Replay replay(params, std::vector<OperatorQueues>{{&queues, "a"}}, settings, image);
        const std::vector<std::byte> good = touched(image);
        // int4 has no -8: the pass of tile 3 fails.
        image.write(stationary_base + 1024 * 3, std::vector<std::byte>{std::byte{0x88}});
        EXPECT_THROW(replay.run(), std::invalid_argument);
        image.write(0, good);
        EXPECT_NO_THROW(replay.run());
        dram::DramImage expected = random_operands(params, 20);
        run_untimed(params, std::vector<OperatorQueues>{{&queues, "a"}}, {}, expected);
        EXPECT_EQ(touched(image), touched(expected));
    }
}

TEST(Replay, RefusesAProgramThatCannotGoOnOrLeavesItsMemory) {
    const MachineParams params = small_machine();
    dram::DramImage image(1 << 20);
    TileProgram stuck;
    stuck.append(0);
    stuck.queue(isa::Engine::load)[0].waits[0] = {isa::Semaphore::moving_free, 3};
    const isa::Queues never = stuck.rolled();
    EXPECT_THROW(Replay(params, std::vector<OperatorQueues>{{&never, "a"}}, {}, image),
                 DeadlockError);
    TileProgram outside;
    outside.append(0);
    std::get<isa::DmaTransfer>(outside.queue(isa::Engine::load)[0].body).buffer_address = 1 << 20;
    const isa::Queues beyond = outside.rolled();
    EXPECT_THROW(Replay(params, std::vector<OperatorQueues>{{&beyond, "a"}}, {}, image),
                 std::out_of_range);
}

}  // namespace
}  // namespace quatrain::machine

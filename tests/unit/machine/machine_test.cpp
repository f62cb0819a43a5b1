// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/function.hpp"
#include "rtl_models/numerics/codec.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quatrain::machine {
namespace {

using isa::Engine;
using isa::Semaphore;
using testing::HasSubstr;

int nibble(std::span<const std::byte> bytes, std::size_t index) {
    const int byte = std::to_integer<int>(bytes[index / 2]);
    return index % 2 == 0 ? byte & 15 : byte >> 4;
}
int int4(std::span<const std::byte> bytes, std::size_t index) {
    const int code = nibble(bytes, index);
    return code < 8 ? code : code - 16;
}

void expect_products(const dram::DramImage& image, std::int64_t count) {
    for (std::int64_t tile = 0; tile < count; ++tile) {
        std::array<std::byte, moving_tile_bytes> moving{};
        std::array<std::byte, stationary_tile_bytes> stationary{};
        std::array<std::byte, result_tile_bytes> result{};
        image.read(moving_base + 1024 * tile, moving);
        image.read(stationary_base + 1024 * tile, stationary);
        image.read(result_base + 1024 * tile, result);
        for (std::size_t t = 0; t < 8; ++t) {
            for (std::size_t c = 0; c < 4; ++c) {
                int sum = 0;
                for (std::size_t k = 0; k < 4; ++k)
                    sum += nibble(moving, t * 4 + k) * int4(stationary, k * 4 + c);
                const std::size_t at = 2 * (t * 4 + c);
                const auto code = std::to_integer<std::uint32_t>(result[at]) |
                                  std::to_integer<std::uint32_t>(result[at + 1]) << 8;
                ASSERT_EQ(numerics::decode(numerics::Format::fp16, code), static_cast<float>(sum))
                    << "tile " << tile;
            }
        }
    }
}

std::string error_of(const isa::Queues& queues) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 2);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    try {
        run_timed(params, operators, {}, image);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

// Load: issue 0, bursts in 1 and 2, at the controller in DRAM cycles 5 and 6. The activations:
// activate 5, read 20, data until 39. The weights are in another row of that bank: precharge 39
// (tRAS), activate 54, read 69, data until 88 = 110 ns, answered in 114, through the port until
// 115. Array: issue 115, preload 116..120, stream 120..128, skew 4 + 4 - 2 -> 134. Drain: issue
// 134, 1 group + depth 8 -> 144. Store: issue 144, burst 145, port 146, at the controller in DRAM
// cycle 121: two DRAM bursts enter until 123 = 153.75 ns, answered in 157.
TEST(TimedMachine, OneTileTakesExactlyTheSumOfItsSteps) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 1);
    const isa::Queues queues = tiles(0, 1);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    const MachineResult result = run_timed(params, operators, {}, image);
    EXPECT_EQ(result.cycles, 157);
    EXPECT_EQ(result.operators[0].start_cycle, 0);
    EXPECT_EQ(result.operators[0].end_cycle, 157);
    EXPECT_EQ(result.operators_done, 1u);
    expect_products(image, 1);
}

TEST(TimedMachine, EventsOfOneTileAreThoseOfItsInstructions) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 1);
    const isa::Queues queues = tiles(0, 1);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    const EventCounts events = run_timed(params, operators, {}, image).events;
    EXPECT_EQ(events[Event::instructions], 5u);
    EXPECT_EQ(events[Event::macs_uint4_int4], 128u);
    EXPECT_GT(events[Event::zero_macs_uint4_int4], 0u);
    EXPECT_EQ(events[Event::accumulator_adds], 32u);
    EXPECT_EQ(events[Event::stationary_register_bits], 64u);
    EXPECT_EQ(events[Event::moving_write_bits], 128u);
    EXPECT_EQ(events[Event::stationary_write_bits], 64u);
    EXPECT_EQ(events[Event::moving_read_bits], 8u * 256u);  // one word per vector
    EXPECT_EQ(events[Event::stationary_read_bits], 4u * 256u);
    EXPECT_EQ(events[Event::accumulator_write_bits], 1024u);
    EXPECT_EQ(events[Event::accumulator_read_bits], 1024u);
    EXPECT_EQ(events[Event::vector_write_bits], 512u);
    EXPECT_EQ(events[Event::vector_read_bits], 512u);
    EXPECT_EQ(events[Event::scaling_unit_elements], 32u);
    EXPECT_EQ(events[Event::dma_bits], 8u * (16 + 8 + 64));
    EXPECT_EQ(events[Event::dram_read_bits], 8u * 24);
    EXPECT_EQ(events[Event::dram_write_bits], 8u * 64);
    EXPECT_EQ(events[Event::dram_bursts], 3u);
    EXPECT_EQ(events[Event::load_busy_cycles], 114u);  // 1..115
    EXPECT_EQ(events[Event::array_busy_cycles], 18u);  // 116..134
    EXPECT_EQ(events[Event::vector_busy_cycles], 9u);  // 135..144
    EXPECT_EQ(events[Event::store_busy_cycles], 12u);  // 145..157
    EXPECT_EQ(events[Event::array_stall_dependency_cycles], 115u);
    EXPECT_EQ(events[Event::array_stall_dram_cycles], 0u);
    EXPECT_EQ(events[Event::array_stall_buffer_cycles], 0u);
    EXPECT_EQ(events[Event::vector_stall_dependency_cycles], 134u);
}

TEST(TimedMachine, PassesWithASecondRegisterFollowEachOtherWithoutAGap) {
    MachineParams params = small_machine();
    isa::Queues queues;
    TileProgram program;
    program.append(0);
    isa::Instruction pass = program.queue(Engine::array)[0];
    pass.waits = {};
    pass.signals = {};
    queues[static_cast<std::size_t>(Engine::array)] = isa::roll({pass, pass, pass});
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    const std::vector<OperatorQueues> operators{{&queues, "passes"}};
    const std::int64_t alone = 1 + 2 * 4 + 4 + 8 - 2;  // issue, then 2R + C + T - 2
    EXPECT_EQ(run_timed(params, operators, {}, image).cycles, alone + 2 * 8);
    params.array.double_stationary = false;
    EXPECT_EQ(run_timed(params, operators, {}, image).cycles, 1 + 3 * (alone - 1));
}

TEST(TimedMachine, ManyTilesInSeveralOperatorsGiveTheRightProducts) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 40);
    const isa::Queues first = tiles(0, 13), second = tiles(13, 20), third = tiles(33, 7);
    const std::vector<OperatorQueues> operators{{&first, "a"}, {&second, "b"}, {&third, "c"}};
    std::vector<std::pair<std::size_t, std::int64_t>> progress;
    Settings settings;
    settings.progress = [&](std::size_t done, std::int64_t cycle) {
        progress.emplace_back(done, cycle);
        return true;
    };
    const MachineResult result = run_timed(params, operators, settings, image);
    expect_products(image, 40);
    EXPECT_EQ(result.operators[1].events[Event::macs_uint4_int4], 20u * 128);
    ASSERT_EQ(progress.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(progress[i].first, i + 1);
        EXPECT_EQ(progress[i].second, result.operators[i].end_cycle);
    }
    EXPECT_LT(result.operators[1].start_cycle, result.operators[0].end_cycle)
        << "loads run ahead over operators";
    EXPECT_EQ(result.cycles, result.operators[2].end_cycle);
}

TEST(TimedMachine, WithoutNumericsEveryCycleAndEventIsTheSameAndDramIsUntouched) {
    const MachineParams params = small_machine();
    dram::DramImage with = random_operands(params, 20), without = random_operands(params, 20);
    const isa::Queues queues = tiles(0, 20);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    Settings off;
    off.numerics = false;
    MachineResult computed = run_timed(params, operators, {}, with);
    const MachineResult timed = run_timed(params, operators, off, without);
    EXPECT_EQ(computed.cycles, timed.cycles);
    computed.events[Event::zero_macs_uint4_int4] = 0;
    EXPECT_EQ(computed.events, timed.events);
    EXPECT_EQ(contents(without), contents(random_operands(params, 20)));
}

TEST(UntimedMachine, LeavesTheSameDramAndTheSameEventsButCycles) {
    const MachineParams params = small_machine();
    dram::DramImage timed = random_operands(params, 20), untimed = random_operands(params, 20);
    const isa::Queues first = tiles(0, 9), second = tiles(9, 11);
    const std::vector<OperatorQueues> operators{{&first, "a"}, {&second, "b"}};
    const MachineResult slow = run_timed(params, operators, {}, timed);
    const MachineResult fast = run_untimed(params, operators, {}, untimed);
    EXPECT_EQ(contents(timed), contents(untimed));
    EXPECT_EQ(fast.cycles, 0);
    EXPECT_EQ(fast.operators_done, 2u);
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        if (event_info(event).unit == "cycles")
            EXPECT_EQ(fast.events[event], 0u) << event_info(event).name;
        else
            EXPECT_EQ(fast.events[event], slow.events[event]) << event_info(event).name;
    }
}

TEST(TimedMachine, IsDeterministicOverRunsAndThreads) {
    const MachineParams params = small_machine();
    const isa::Queues queues = tiles(0, 20);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    dram::DramImage one = random_operands(params, 20), two = random_operands(params, 20);
    Settings single;
    single.threads = 1;
    const MachineResult a = run_timed(params, operators, {}, one),
                        b = run_timed(params, operators, single, two);
    EXPECT_EQ(a.cycles, b.cycles);
    EXPECT_EQ(a.events, b.events);
    EXPECT_EQ(contents(one), contents(two));
}

TEST(Settings, WithoutCountingZerosEverythingElseIsTheSame) {
    const MachineParams params = small_machine();
    const isa::Queues queues = tiles(0, 3);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    Settings without;
    without.count_zeros = false;
    for (const auto run : {&run_timed, &run_untimed}) {
        dram::DramImage one = random_operands(params, 3), two = random_operands(params, 3);
        MachineResult counted = run(params, operators, {}, one, nullptr);
        const MachineResult quick = run(params, operators, without, two, nullptr);
        EXPECT_GT(counted.events[Event::zero_macs_uint4_int4], 0U);
        counted.events[Event::zero_macs_uint4_int4] = 0;
        EXPECT_EQ(quick.events, counted.events);
        EXPECT_EQ(quick.cycles, counted.cycles);
        expect_products(one, 3);
        expect_products(two, 3);
    }
}

TEST(TimedMachine, TheCycleCountHangsOnTheRatioOfTheClocksAlone) {
    MachineParams params = small_machine();
    const isa::Queues queues = tiles(0, 5);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    dram::DramImage image = random_operands(params, 5);
    const std::int64_t cycles = run_timed(params, operators, {}, image).cycles;
    params.clock_period_ps = 3000;
    params.memory.clock_period_ps = 3 * 1250;
    EXPECT_EQ(run_timed(params, operators, {}, image).cycles, cycles);
    params.clock_period_ps = 1000;  // the memory is further away
    EXPECT_GT(run_timed(params, operators, {}, image).cycles, cycles);
}

TEST(TimedMachine, ACallbackThatReturnsFalseStopsAfterTheOperator) {
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 20);
    const isa::Queues first = tiles(0, 3), second = tiles(3, 17);
    const std::vector<OperatorQueues> operators{{&first, "a"}, {&second, "b"}};
    Settings settings;
    settings.progress = [](std::size_t, std::int64_t) { return false; };
    EXPECT_EQ(run_timed(params, operators, settings, image).operators_done, 1u);
    EXPECT_EQ(run_untimed(params, operators, settings, image).operators_done, 1u);
}

TEST(Hazards, APassThatDoesNotWaitForItsOperandsIsNamed) {
    TileProgram program;
    program.append(0);
    program.queue(Engine::array)[0].waits[0] = {};
    program.queue(Engine::array)[0].waits[1] = {};
    EXPECT_THAT(error_of(program.rolled()),
                AllOf(HasSubstr("hazard: "), HasSubstr("load (conv1: transfer 16 bytes"),
                      HasSubstr("writes moving [0, 16)"),
                      HasSubstr("array (conv1: weight-stationary pass uint4 x int4"),
                      HasSubstr("reads moving [0, 16)")));
}

TEST(Hazards, ALoadIntoAHalfThatIsStillReadIsNamed) {
    TileProgram program;
    for (int tile = 0; tile < 3; ++tile) program.append(tile);
    program.queue(Engine::load)[4].waits[0] = {};
    // The third tile's load starts at once: into the first half, which the first pass will read.
    MachineParams params = small_machine();
    params.clock_period_ps = 10;  // so that the DRAM is far away
    params.dma.outstanding = 64;
    program.queue(Engine::array)[0].waits[1] = {};
    const isa::Queues queues = program.rolled();
    dram::DramImage image = random_operands(params, 3);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    EXPECT_THROW(run_timed(params, operators, {}, image), HazardError);
}

TEST(Deadlock, EveryEngineSaysWhatItWaitsFor) {
    TileProgram program;
    program.append(0);
    program.queue(Engine::array)[0].waits[0] = {Semaphore::moving_full, 2};
    const isa::Queues queues = program.rolled();
    const auto message =
        AllOf(HasSubstr("no progress: load has finished; store waits for drain_full in conv1 "
                        "(transfer 64 bytes"),
              HasSubstr("; array waits for moving_full in conv1 (weight-stationary pass"),
              HasSubstr("; vector waits for accumulator_full in conv1 (drain 8 x 4 to fp16"));
    EXPECT_THAT(error_of(queues), message);
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 1);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    EXPECT_THROW(run_timed(params, operators, {}, image), DeadlockError);
    try {
        run_untimed(params, operators, {}, image);
        FAIL();
    } catch (const DeadlockError& error) {
        EXPECT_THAT(error.what(), message);
    }
}

TEST(Bounds, AnAddressOutsideABufferIsAnErrorAlsoWithoutNumerics) {
    TileProgram program;
    program.append(0);
    std::get<isa::DmaTransfer>(program.queue(Engine::load)[0].body).buffer_address = 1020;
    const isa::Queues queues = program.rolled();
    EXPECT_EQ(error_of(queues), "moving buffer: 16 bytes at 1020 lie outside its 1024 bytes");
    const MachineParams params = small_machine();
    dram::DramImage image = random_operands(params, 1);
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    Settings off;
    off.numerics = false;
    EXPECT_THROW(run_timed(params, operators, off, image), buffer::BufferError);
}

TEST(Bounds, AnEmptyTransferIsAnError) {
    TileProgram program;
    program.append(0);
    std::get<isa::DmaTransfer>(program.queue(Engine::load)[0].body).extent[0] = 0;
    EXPECT_THAT(error_of(program.rolled()), HasSubstr("empty"));
}

TEST(Params, AValueOutOfItsRangeIsNamed) {
    MachineParams params = small_machine();
    params.dma.outstanding = 0;
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    try {
        run_timed(params, {}, {}, image);
        FAIL();
    } catch (const ParamError& error) {
        EXPECT_STREQ(error.what(), "dma.outstanding = 0: must be from 1 to 65536 bursts");
    }
}

TEST(Params, TheStreamerHasTheBanksOfTheBuffers) {
    MachineParams params = small_machine();
    params.streamer.banks = 4;
    dram::DramImage image(dram::capacity_bytes(params.memory, params.dram));
    try {
        run_timed(params, {}, {}, image);
        FAIL();
    } catch (const ParamError& error) {
        EXPECT_STREQ(error.what(), "streamer.banks = 4: must equal buffers.banks, 8");
    }
}

// A stationary tile whose four rows, eight words apart, lie in one bank: one array row takes four
// rows, so its preload waits three cycles for the bank; that is less than the rows of the array.
TEST(TimedMachine, BankConflictsAreChargedOnce) {
    MachineParams params = small_machine();
    params.array.lanes_4bit = 4;
    params.streamer.word_bytes = params.buffers.word_bytes = 4;
    params.streamer.banks = params.buffers.banks = 2;
    dram::DramImage image = random_operands(params, 1);
    TileProgram program;
    program.append(0);
    auto& pass = std::get<isa::WeightStationaryPass>(program.queue(Engine::array)[0].body);
    pass.stationary_stride = 8;
    const isa::Queues queues = program.rolled();
    const std::vector<OperatorQueues> operators{{&queues, "conv1"}};
    Settings off;
    off.numerics = false;
    const EventCounts events = run_timed(params, operators, off, image).events;
    EXPECT_EQ(events[Event::bank_conflict_cycles], 3u);
    EXPECT_EQ(events[Event::streamer_stall_cycles], 0u);
}

}  // namespace
}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
// Cores beside a DRAM and a scratchpad, by programs written out.
#include "rtl_models/isa/address_map.hpp"
#include "tests/support/value_change_dump.hpp"
#include "tests/unit/machine/programs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <tuple>

namespace quatrain::machine {
namespace {

using isa::Engine;
using isa::Semaphore;

constexpr std::int64_t share = 1 << 16;  ///< of the scratchpad

MachineParams with_scratchpad(std::int64_t cores) {
    MachineParams params = small_machine();
    params.cores = cores;
    params.ring = {.bytes_per_cycle = 16, .hop_cycles = 3};
    params.scratchpad = {.bytes = cores * share, .bytes_per_cycle = 8, .latency_cycles = 5};
    return params;
}

isa::Instruction moves(std::int64_t buffer_address, std::int64_t address, std::int64_t bytes) {
    isa::Instruction instruction;
    instruction.body = isa::DmaTransfer{.buffer = isa::BufferId::vector,
                                        .buffer_address = buffer_address,
                                        .dram_address = address,
                                        .extent = {bytes, 1, 1, 1}};
    return instruction;
}

/// Instructions of the load and of the store engine.
isa::Queues queues_of(const std::vector<isa::Instruction>& loads,
                      const std::vector<isa::Instruction>& stores) {
    isa::Queues queues;
    queues[static_cast<std::size_t>(Engine::load)] = isa::roll(loads);
    queues[static_cast<std::size_t>(Engine::store)] = isa::roll(stores);
    return queues;
}

/// 64 bytes from the DRAM at 0 to the scratchpad, and from there back to the DRAM at 4096, while
/// more come from the DRAM.
isa::Queues there_and_back() {
    isa::Instruction first = moves(0, 0, 64), back = moves(1024, isa::scratchpad_base + 32, 64);
    isa::Instruction aside = moves(0, isa::scratchpad_base + 32, 64), last = moves(1024, 4096, 64);
    first.signals[0] = {Semaphore::moving_full, 1};
    aside.waits[0] = {Semaphore::moving_full, 1};
    aside.signals[0] = {Semaphore::stationary_full, 1};
    back.waits[0] = {Semaphore::stationary_full, 1};
    back.signals[0] = {Semaphore::moving_full, 1};
    last.waits[0] = {Semaphore::moving_full, 1};
    return queues_of({first, moves(2048, 0, 1000), back}, {aside, last});
}

struct Outcome {
    MachineResult result;
    std::vector<std::tuple<std::int64_t, Engine, std::int64_t, std::int64_t>> done;
    std::vector<std::byte> dram, scratchpad;
};
template <class Machine>
Outcome run(Machine machine, const MachineParams& params, const isa::Queues& queues,
            const std::string& waveform = "") {
    dram::DramImage dram(dram::capacity_bytes(params.memory, params.dram));
    scratchpad::ScratchpadImage scratchpad(params.scratchpad.bytes);
    for (std::int64_t core = 0; core < params.cores; ++core)
        for (std::int64_t i = 0; i < 64; ++i)
            dram.write(core * config::dram_share_bytes(params) + i,
                       std::vector{static_cast<std::byte>(1 + i + 100 * core)});
    Outcome outcome;
    Settings settings;
    settings.waveform.path = waveform;
    settings.record = [&](const InstructionRecord& one) {
        outcome.done.emplace_back(one.core, one.engine, one.issue, one.done);
    };
    outcome.result = machine(params, std::vector<OperatorQueues>{{&queues, "moves"}}, settings,
                             dram, &scratchpad);
    for (std::int64_t core = 0; core < params.cores; ++core) {
        std::vector<std::byte> bytes(8192);
        dram.read(core * config::dram_share_bytes(params), bytes);
        outcome.dram.insert(outcome.dram.end(), bytes.begin(), bytes.end());
    }
    outcome.scratchpad.resize(static_cast<std::size_t>(params.scratchpad.bytes));
    scratchpad.read(0, outcome.scratchpad);
    std::ranges::sort(outcome.done);
    return outcome;
}

TEST(ClockedMemories, MoveWhatTheMachinesOfEventsAndWithoutAClockMove) {
    for (const std::int64_t cores : {1, 3}) {
        const MachineParams params = with_scratchpad(cores);
        const Outcome timed = run(run_timed, params, there_and_back());
        const Outcome clocked = run(run_clocked, params, there_and_back());
        const Outcome untimed = run(run_untimed, params, there_and_back());
        for (std::int64_t core = 0; core < cores; ++core)
            for (std::int64_t i = 0; i < 64; ++i) {
                const auto byte = static_cast<std::byte>(1 + i + 100 * core);
                ASSERT_EQ(timed.scratchpad[static_cast<std::size_t>(core * share + 32 + i)], byte);
                ASSERT_EQ(timed.dram[static_cast<std::size_t>(core * 8192 + 4096 + i)], byte);
            }
        for (const Outcome* other : {&clocked, &untimed}) {
            EXPECT_EQ(other->dram, timed.dram);
            EXPECT_EQ(other->scratchpad, timed.scratchpad);
        }
        EXPECT_EQ(clocked.done, timed.done) << cores << " cores";
        EXPECT_EQ(clocked.result.events, timed.result.events);
    }
}

TEST(ClockedMemories, BitsAreCountedWhereTheyMove) {
    for (const auto machine : {run_timed, run_clocked, run_untimed}) {
        const EventCounts events = run(machine, with_scratchpad(3), there_and_back()).result.events;
        EXPECT_EQ(events[Event::scratchpad_write_bits], 3u * 8 * 64);
        EXPECT_EQ(events[Event::scratchpad_read_bits], 3u * 8 * 64);
        EXPECT_EQ(events[Event::dram_write_bits], 3u * 8 * 64);
        EXPECT_EQ(events[Event::dram_read_bits], 3u * 8 * (64 + 1000));
        EXPECT_EQ(events[Event::dram_bursts], 3u * 6);
        EXPECT_EQ(events[Event::dma_bits], 3u * 8 * (4 * 64 + 1000));
        // Cores 0 and 2 are next to the memory, core 1 two hops away.
        EXPECT_EQ(events[Event::ring_bit_hops], 8u * (4 * 64 + 1000) * (1 + 2 + 1));
    }
}

TEST(ClockedMemories, AnAddressBeyondTheCoresShareOfTheScratchpadIsAnError) {
    const auto error_of = [](auto machine, std::int64_t cores, Engine engine,
                             std::int64_t address) -> std::string {
        const isa::Instruction one = moves(0, isa::scratchpad_base + address, 64);
        const bool load = engine == Engine::load;
        try {
            run(machine, with_scratchpad(cores),
                load ? queues_of({one}, {}) : queues_of({}, {one}));
        } catch (const scratchpad::ScratchpadError& error) {
            return error.what();
        }
        return "no error";
    };
    for (const Engine engine : {Engine::load, Engine::store}) {
        for (const std::int64_t cores : {1, 2}) {
            for (const auto machine : {run_timed, run_clocked, run_untimed})
                EXPECT_EQ(error_of(machine, cores, engine, share - 64), "no error");
            for (const auto machine : {run_timed, run_untimed})
                EXPECT_EQ(error_of(machine, cores, engine, share - 63),
                          "scratchpad: bytes 65473 to 65537 lie outside its 65536 bytes");
        }
        // The last byte is a burst of its own.
        EXPECT_EQ(error_of(run_clocked, 1, engine, share - 63),
                  "scratchpad: 1 bytes at 65536 lie outside its 65536 bytes");
        EXPECT_EQ(error_of(run_clocked, 2, engine, share - 63),
                  "scratchpad: bytes 65536 to 65537 lie outside its 65536 bytes");
    }
}

TEST(ClockedMemories, ARunNeedsContentsAsLargeAsTheScratchpad) {
    const MachineParams params = with_scratchpad(1);
    const isa::Queues queues = there_and_back();
    const std::vector<OperatorQueues> operators{{&queues, "moves"}};
    dram::DramImage dram(dram::capacity_bytes(params.memory, params.dram));
    scratchpad::ScratchpadImage small(share / 2);
    for (const auto machine : {run_timed, run_clocked, run_untimed}) {
        EXPECT_THROW(machine(params, operators, {}, dram, nullptr), std::invalid_argument);
        EXPECT_THROW(machine(params, operators, {}, dram, &small), std::invalid_argument);
    }
    Settings off;
    off.numerics = false;
    EXPECT_EQ(run_timed(params, operators, off, dram).cycles,
              run(run_timed, params, queues).result.cycles);
}

TEST(ClockedMemories, WaveformsHaveABlockForTheScratchpadAndOneWhereTheWaysPart) {
    const std::filesystem::path path =
        std::filesystem::path(testing::TempDir()) / "scratchpad_block.vcd";
    const auto dump_of = [&](std::int64_t cores) {
        run(run_clocked, with_scratchpad(cores), there_and_back(), path.string());
        test::ValueChangeDump dump(path);
        std::filesystem::remove(path);
        return dump;
    };
    const test::ValueChangeDump one = dump_of(1), two = dump_of(2);
    const auto expect_changes = [](const test::ValueChangeDump& dump, const std::string& wire) {
        ASSERT_TRUE(dump.has(wire)) << wire;
        EXPECT_TRUE(dump.changes(wire)) << wire;
    };
    for (const auto* wire :
         {"memory.dram_load_request.valid", "memory.scratchpad_load_request.valid",
          "memory.scratchpad_store_request.address", "scratchpad.load_responses.count",
          "scratchpad.store_responses.count", "memory.load_responses.count",
          "scratchpad.bytes_left", "dram.store_responses.count"})
        expect_changes(one, wire);
    for (const auto* wire :
         {"memory.dram_core1_load_request.valid", "memory.scratchpad_core1_load_request.valid",
          "memory.scratchpad_core0_store_request.valid", "scratchpad.core1_load_responses.count",
          "memory.core1_load_responses.count", "dram.core0_load_responses.count"})
        expect_changes(two, wire);
}

}  // namespace
}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "sim/config/reader.hpp"
#include "tests/unit/machine/naive_memory.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

namespace quatrain::machine {
namespace {

using dma::Direction;
using naive::Start;
using Kind = MemorySystem::Notice::Kind;
using Notice = MemorySystem::Notice;

/// One rank of LPDDR5-6400 on every channel: 32-byte bursts, 12.8 GB/s, without refresh so that
/// sums are exact.
MachineParams machine(std::int64_t channels = 1) {
    MachineParams params = config::load_architecture("edge-4bit", {});
    params.dram.channels = channels;
    params.dram.ranks = 1;
    params.controller.refresh = dram::Refresh::none;
    return params;
}

isa::DmaTransfer bytes_at(std::int64_t address, std::int64_t bytes) {
    return {.dram_address = address, .extent = {bytes, 1, 1, 1}};
}

/// Plays the clock: starts what has to start, takes what is due, until all is complete.
std::vector<Notice> play(MemorySystem& memory, std::vector<Start> starts) {
    std::vector<Notice> all;
    std::size_t next = 0;
    std::int64_t now = 0;
    while (next < starts.size() || !memory.quiet()) {
        const bool starts_more = next < starts.size();
        const std::int64_t limit = starts_more ? starts[next].cycle : now + 1'000'000;
        const auto due = memory.advance(limit);
        now = due.value_or(limit);
        for (const Notice& notice : memory.take(now)) all.push_back(notice);
        for (; next < starts.size() && starts[next].cycle == now; ++next)
            memory.start(starts[next].direction, starts[next].transfer, now, starts[next].core);
    }
    return all;
}

std::int64_t completion(const std::vector<Notice>& notices, Direction direction) {
    for (const Notice& notice : notices) {
        if (notice.direction == direction && notice.kind == Kind::complete) return notice.cycle;
    }
    return -1;
}

std::int64_t completion(const MachineParams& params, const std::vector<Start>& starts,
                        Direction direction) {
    MemorySystem memory(params, {});
    return completion(play(memory, starts), direction);
}

TEST(MemorySystem, AnIdealTransferOfAnySizeIsCompleteInTheCycleInWhichItStarts) {
    MachineParams params = machine();
    params.dram.ideal = true;
    MemorySystem memory(params, {});
    EXPECT_TRUE(memory.quiet());
    const auto notices = play(memory, {{7, Direction::load, bytes_at(0, 1)},
                                       {7, Direction::store, bytes_at(64, 1 << 20)},
                                       {9, Direction::load, bytes_at(3, 100'000)}});
    EXPECT_EQ(notices, (std::vector<Notice>{{7, Direction::load, Kind::last_burst_issued},
                                            {7, Direction::load, Kind::complete},
                                            {7, Direction::store, Kind::last_burst_issued},
                                            {7, Direction::store, Kind::complete},
                                            {9, Direction::load, Kind::last_burst_issued},
                                            {9, Direction::load, Kind::complete}}));
}

TEST(MemorySystem, ASingleReadTakesIssueTheWayThereARowTheDataAndThePort) {
    const MachineParams params = machine();
    MemorySystem memory(params, {});
    const std::vector<Notice> notices = play(memory, {{10, Direction::load, bytes_at(0, 32)}});
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[0], (Notice{11, Direction::load, Kind::last_burst_issued}));
    const std::int64_t latency =
        dram::unloaded_read_latency(params.memory, params.dram, params.clock_period_ps, 11);
    EXPECT_EQ(notices[1], (Notice{11 + latency + 1, Direction::load, Kind::complete}));
}

// Issue in 11, four cycles for the port, the way to the controller; there the write's eight DRAM
// bursts enter their queue in eight cycles, and the last answer goes back.
TEST(MemorySystem, AStoreIsCompleteWhenItsLastBurstHasEnteredTheWriteQueue) {
    const std::int64_t arrival = 16 * 1000 / 1250 + 4;
    EXPECT_EQ(completion(machine(), {{10, Direction::store, bytes_at(0, 256)}}, Direction::store),
              (arrival + 8) * 1250 / 1000 + 4);
}

TEST(MemorySystem, ALongTransferRunsAtTheChannelsBandwidth) {
    const auto cycles = [](std::int64_t bursts) {
        return completion(machine(), {{0, Direction::load, bytes_at(0, 256 * bursts)}},
                          Direction::load);
    };
    // 256 bytes take 8 x 2 DRAM cycles of 1.25 ns; a new set of rows is opened behind the old one's
    // data.
    const std::int64_t rows = 4 * 2048 / 256;  // transfers for the four bank groups' open rows
    EXPECT_EQ(cycles(1 + rows / 2) - cycles(1), 20 * rows / 2);
    EXPECT_NEAR(static_cast<double>(cycles(1 + 10 * rows) - cycles(1)), 200.0 * rows,
                0.02 * 200 * rows);
}

TEST(MemorySystem, FastChannelsLeaveTheBufferPortAsTheLimit) {
    MachineParams params = machine(8);
    params.dma.bytes_per_cycle = 16;  // 8 channels bring 102
    const auto cycles = [&](std::int64_t bursts) {
        return completion(params, {{0, Direction::load, bytes_at(0, 256 * bursts)}},
                          Direction::load);
    };
    EXPECT_EQ(cycles(120) - cycles(20), 16 * 100);
}

TEST(MemorySystem, OutstandingBurstsLimitTheBandwidthByTheLatency) {
    MachineParams params = machine();
    params.dma.outstanding = 1;
    params.dma.burst_bytes = 32;
    MemorySystem memory(params, {});
    const std::int64_t first =
        completion(params, {{0, Direction::load, bytes_at(0, 32)}}, Direction::load);
    const auto notices = play(memory, {{0, Direction::load, bytes_at(0, 64)}});
    EXPECT_EQ(notices[0], (Notice{first, Direction::load, Kind::last_burst_issued}));
}

TEST(MemorySystem, ATransferFollowsTheOneBeforeWithoutAGap) {
    const MachineParams params = machine();
    const std::int64_t whole =
        completion(params, {{0, Direction::load, bytes_at(0, 256 * 20)}}, Direction::load);
    // Ten bursts issue in cycles 1 to 10; the second transfer starts with the last of them.
    MemorySystem memory(params, {});
    const auto notices = play(memory, {{0, Direction::load, bytes_at(0, 2560)},
                                       {10, Direction::load, bytes_at(2560, 2560)}});
    EXPECT_EQ(notices.back().cycle, whole);
    EXPECT_EQ(notices[0], (Notice{10, Direction::load, Kind::last_burst_issued}));
}

bool earlier(const Notice& a, const Notice& b) {
    return std::tuple(a.cycle, a.core, a.direction, a.kind) <
           std::tuple(b.cycle, b.core, b.direction, b.kind);
}

class RandomMemory {
public:
    explicit RandomMemory(std::uint64_t seed) : random_(seed) {}

    MachineParams params() {
        MachineParams params = config::load_architecture(
            "edge-4bit", std::vector<std::string>{"dram.memory=" +
                                                  one_of<std::string>({"ddr4-3200", "lpddr4-3200",
                                                                       "lpddr5-6400", "hbm2"})});
        params.clock_period_ps = one_of<std::int64_t>({400, 625, 1000, 1250, 3000});
        params.dma = {.burst_bytes = 64 << draw(0, 3),
                      .outstanding = draw(1, 40),
                      .bytes_per_cycle = draw(8, 128)};
        params.dram.channels = std::int64_t{1} << draw(0, 2);
        params.dram.ranks = std::int64_t{1} << draw(0, 1);
        params.dram.request_stages = draw(1, 6);
        params.dram.response_stages = draw(1, 6);
        return params;
    }

    /// Each engine starts its next transfer some time after the last burst of the one before has
    /// Each engine starts its next transfer some time after the last burst of the one before has
    /// issued.
    std::vector<Start> starts(std::int64_t cores) {
        std::vector<Start> starts;
        std::vector<std::int64_t> clock(static_cast<std::size_t>(2 * cores), 0);
        for (std::int64_t i = 0; i < transfers(cores); ++i) {
            const auto direction = static_cast<Direction>(draw(0, 1));
            const std::int64_t core = draw(0, cores - 1);
            std::int64_t& at =
                clock[static_cast<std::size_t>(2 * core) + static_cast<std::size_t>(direction)];
            isa::DmaTransfer transfer = bytes_at(draw(0, 1 << 16), draw(1, 10'000));
            if (scratchpad_ && draw(0, 1) == 1)
                transfer.dram_address += isa::scratchpad_base;
            else if (cores > 1 && direction == Direction::store && draw(0, 1) == 1)
                transfer.dram_address += isa::in_next_core(isa::BufferId::vector, 0);
            starts.push_back({at + draw(0, 300), direction, transfer, core});
            at = starts.back().cycle + draw(12'000, 16'000) * cores;
        }
        std::sort(starts.begin(), starts.end(),
                  [](const Start& a, const Start& b) { return a.cycle < b.cycle; });
        return starts;
    }
    static std::int64_t transfers(std::int64_t cores) { return 20 + 10 * cores; }
    /// Half of the transfers from now on are for a scratchpad.
    scratchpad::Params scratchpad(std::int64_t cores) {
        scratchpad_ = true;
        return {.bytes = cores << 17,
                .bytes_per_cycle = one_of<std::int64_t>({4, 16, 64, 256}),
                .latency_cycles = draw(0, 12)};
    }
    ring::Params ring() {
        return {.bytes_per_cycle = one_of<std::int64_t>({8, 32, 128, 512}),
                .hop_cycles = draw(1, 4)};
    }
    std::int64_t draw(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

private:
    template <class T>
    T one_of(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(
            draw(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

    std::mt19937_64 random_;
    bool scratchpad_ = false;
};

/// Both, and what they differ in.
void compare(std::uint64_t seed, const MachineParams& params, const std::vector<Start>& starts) {
    MemorySystem memory(params, {});
    std::vector<Notice> actual = play(memory, starts);
    const std::int64_t cycles =
        std::max_element(actual.begin(), actual.end(), earlier)->cycle + 1000;
    std::vector<Notice> expected = naive::Memory(params).run(starts, cycles);
    std::sort(actual.begin(), actual.end(), earlier);
    std::sort(expected.begin(), expected.end(), earlier);
    ASSERT_EQ(actual.size(), 2 * starts.size()) << "seed " << seed;
    ASSERT_EQ(actual, expected) << "seed " << seed;
}

TEST(MemorySystem, LookingAheadChangesNothingForRandomTransfers) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        RandomMemory random(seed);
        const MachineParams params = random.params();
        compare(seed, params, random.starts(1));
        if (HasFatalFailure()) return;
    }
}

TEST(MemorySystem, LookingAheadChangesNothingForCoresOnARing) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        RandomMemory random(seed);
        MachineParams params = random.params();
        params.cores = random.draw(2, 6);
        params.ring = random.ring();
        compare(seed, params, random.starts(params.cores));
        if (HasFatalFailure()) return;
    }
}

TEST(MemorySystem, LookingAheadChangesNothingWithAScratchpad) {
    for (std::uint64_t seed = 101; seed <= 160; ++seed) {
        RandomMemory random(seed);
        MachineParams params = random.params();
        params.cores = seed % 2 == 0 ? 1 : random.draw(2, 6);
        params.ring = random.ring();
        params.scratchpad = random.scratchpad(params.cores);
        compare(seed, params, random.starts(params.cores));
        if (HasFatalFailure()) return;
    }
}

/// One core with a scratchpad of 16 bytes per cycle.
MachineParams with_scratchpad() {
    MachineParams params = machine();
    params.scratchpad = {.bytes = 1 << 20, .bytes_per_cycle = 16, .latency_cycles = 7};
    return params;
}
isa::DmaTransfer scratchpad_bytes(std::int64_t bytes) {
    return bytes_at(isa::scratchpad_base, bytes);
}

// Issue in 11, and for the store one cycle at the buffer port: there the scratchpad takes it.
TEST(MemorySystem, ABurstToTheScratchpadTakesItsPortAndLatency) {
    const MachineParams params = with_scratchpad();
    EXPECT_EQ(completion(params, {{10, Direction::load, scratchpad_bytes(64)}}, Direction::load),
              11 + 4 + 7 + 1);
    EXPECT_EQ(completion(params, {{10, Direction::store, scratchpad_bytes(64)}}, Direction::store),
              12 + 4 + 7);
}

// The store's burst shows in the cycle of the load's sixth, and goes behind it.
TEST(MemorySystem, TheScratchpadTakesTheLoadBeforeTheStoreOfTheSameCycle) {
    MachineParams params = with_scratchpad();
    params.dma.burst_bytes = 64;
    const auto complete = [&](std::int64_t start) {
        return completion(params,
                          {{start, Direction::store, scratchpad_bytes(64)},
                           {10, Direction::load, scratchpad_bytes(64 * 6)}},
                          Direction::store);
    };
    EXPECT_EQ(complete(9), 11 + 4 + 4 + 7) << "load 1, store, loads 2 to 6";
    EXPECT_EQ(complete(10), 11 + 2 * 4 + 4 + 7) << "loads 1 and 2, store, loads 3 to 6";
}

TEST(MemorySystem, TheScratchpadDoesNotWaitForTheDram) {
    const MachineParams params = with_scratchpad();
    const std::int64_t alone =
        completion(params, {{10, Direction::store, scratchpad_bytes(64)}}, Direction::store);
    EXPECT_EQ(completion(params,
                         {{10, Direction::load, bytes_at(0, 10'000)},
                          {10, Direction::store, scratchpad_bytes(64)}},
                         Direction::store),
              alone);
}

MachineParams three_cores() {
    MachineParams params = machine();
    params.cores = 3;
    params.ring = {.bytes_per_cycle = 16, .hop_cycles = 5};
    return params;
}

// A load of one burst by core 1 of 3: a request over two hops, the burst back over them in flits.
TEST(MemorySystem, ARingAddsItsHopsToALoadAndToAStore) {
    const MachineParams params = three_cores();
    const auto complete = [&](Direction direction, std::int64_t core) {
        return completion(params, {{10, direction, bytes_at(0, 32), core}}, direction);
    };
    const auto latency = [&](std::int64_t cycle) {
        return dram::unloaded_read_latency(params.memory, params.dram, params.clock_period_ps,
                                           cycle);
    };
    // Core 2 is next to the memory, and so is core 0; core 1 is two hops away.
    EXPECT_EQ(complete(Direction::load, 2), 16 + latency(16) + 5 + 2 + 1);
    EXPECT_EQ(complete(Direction::load, 0), 16 + latency(16) + 5 + 2 + 1);
    EXPECT_EQ(complete(Direction::load, 1), 21 + latency(21) + 10 + 2 + 1);
    // A store: port, ring, the write queue one DRAM cycle later, and the acknowledgement.
    const std::int64_t at_memory = 12 + 10 + 2;
    const std::int64_t queued = (at_memory + 1) * 1000 / 1250 + 4 + 1;
    EXPECT_EQ(complete(Direction::store, 1), queued * 1250 / 1000 + 4 + 10);
}

// Issue in 11, one cycle for the port, the ring in flits, and the acknowledgement; core 2's next is
// core 0, behind the memory.
TEST(MemorySystem, APutTakesThePortTheRingAndTheWayBackOfItsAcknowledgement) {
    const MachineParams params = three_cores();
    const auto complete = [&](std::int64_t core) {
        return completion(params,
                          {{10, Direction::store,
                            bytes_at(isa::in_next_core(isa::BufferId::vector, 64), 48), core}},
                          Direction::store);
    };
    EXPECT_EQ(complete(0), 12 + 5 + 3 + 5);
    EXPECT_EQ(complete(1), 12 + 5 + 3 + 5);
    EXPECT_EQ(complete(2), 12 + 10 + 3 + 10);
}

TEST(MemorySystem, ARingAddsItsHopsToALoadFromTheScratchpadAndToAStore) {
    MachineParams params = three_cores();
    params.scratchpad = {.bytes = 3 << 16, .bytes_per_cycle = 16, .latency_cycles = 7};
    const auto complete = [&](Direction direction, std::int64_t core) {
        return completion(params, {{10, direction, bytes_at(isa::scratchpad_base, 32), core}},
                          direction);
    };
    EXPECT_EQ(complete(Direction::load, 2), 11 + 5 + (2 + 7) + 5 + 2 + 1);
    EXPECT_EQ(complete(Direction::load, 1), 11 + 10 + (2 + 7) + 10 + 2 + 1);
    EXPECT_EQ(complete(Direction::store, 1), 12 + 10 + 2 + (2 + 7) + 10);
}

// Two cores read the same address of their shares: other rows of the same bank.
TEST(MemorySystem, EveryCoreHasAShareOfTheDram) {
    MachineParams params = three_cores();
    params.cores = 2;
    params.dma.burst_bytes = 32;
    std::vector<std::int64_t> rows;
    Settings settings;
    settings.dram_command = [&](const dram::Command& command) {
        if (command.kind == dram::CommandKind::activate) rows.push_back(command.location.row);
    };
    MemorySystem memory(params, settings);
    play(memory,
         {{10, Direction::load, bytes_at(0, 32), 0}, {10, Direction::load, bytes_at(0, 32), 1}});
    const auto bytes_per_row =
        dram::capacity_bytes(params.memory, params.dram) / params.memory.organisation.rows;
    ASSERT_EQ(rows.size(), 2u);
    std::ranges::sort(rows);
    EXPECT_EQ(rows[0], 0);
    EXPECT_EQ(rows[1], config::dram_share_bytes(params) / bytes_per_row);
}

}  // namespace
}  // namespace quatrain::machine

// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace quatrain::machine {
namespace {

using dma::Direction;
using Kind = MemorySystem::Notice::Kind;
using Notice = MemorySystem::Notice;

constexpr dma::Params dma_params{.burst_bytes = 256, .outstanding = 32, .bytes_per_cycle = 64};
constexpr dram::Params dram_params{.channels = 1,
                                   .channel_millibytes_per_cycle = 12800,
                                   .latency_cycles = 100,
                                   .interleave_bytes = 256,
                                   .capacity_bytes = 1 << 30};

struct Start {
    std::int64_t cycle;
    Direction direction;
    isa::DmaTransfer transfer;
};

isa::DmaTransfer bytes_at(std::int64_t address, std::int64_t bytes) {
    return {.dram_address = address, .extent = {bytes, 1, 1, 1}};
}

/// Plays the clock: starts what has to start, takes what is due, until all is complete.
std::vector<Notice> play(MemorySystem& memory, std::vector<Start> starts) {
    std::vector<Notice> all;
    std::size_t next = 0;
    while (true) {
        const auto due = memory.next_cycle();
        if (next < starts.size() && (!due || starts[next].cycle <= *due)) {
            memory.start(starts[next].direction, starts[next].transfer, starts[next].cycle);
            ++next;
            continue;
        }
        if (!due) return all;
        for (const Notice& notice : memory.take(*due)) all.push_back(notice);
    }
}

std::int64_t completion(const std::vector<Notice>& notices, Direction direction) {
    for (const Notice& notice : notices) {
        if (notice.direction == direction && notice.kind == Kind::complete) return notice.cycle;
    }
    return -1;
}

TEST(MemorySystem, AnIdealTransferOfAnySizeIsCompleteInTheCycleInWhichItStarts) {
    dram::Params dram = dram_params;
    dram.ideal = true;
    MemorySystem memory(dma_params, dram);
    EXPECT_EQ(memory.next_cycle(), std::nullopt);
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

TEST(MemorySystem, ASingleBurstTakesIssueTransferLatencyAndPort) {
    MemorySystem memory(dma_params, dram_params);
    const std::vector<Notice> notices = play(memory, {{10, Direction::load, bytes_at(0, 256)}});
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_EQ(notices[0], (Notice{11, Direction::load, Kind::last_burst_issued}));
    EXPECT_EQ(notices[1], (Notice{11 + 20 + 100 + 4, Direction::load, Kind::complete}));
}

TEST(MemorySystem, AStorePassesThePortFirst) {
    MemorySystem memory(dma_params, dram_params);
    EXPECT_EQ(
        completion(play(memory, {{10, Direction::store, bytes_at(0, 256)}}), Direction::store),
        11 + 4 + 20 + 100);
}

TEST(MemorySystem, ALongTransferRunsAtTheChannelsBandwidth) {
    MemorySystem memory(dma_params, dram_params);
    const std::int64_t bursts = 1000;
    EXPECT_EQ(completion(play(memory, {{0, Direction::load, bytes_at(0, 256 * bursts)}}),
                         Direction::load),
              1 + 20 * bursts + 100 + 4);
}

TEST(MemorySystem, AFastDramLeavesTheBufferPortAsTheLimit) {
    dram::Params fast = dram_params;
    fast.channel_millibytes_per_cycle = 256'000;
    MemorySystem memory(dma_params, fast);
    const std::int64_t bursts = 20;
    EXPECT_EQ(completion(play(memory, {{0, Direction::load, bytes_at(0, 256 * bursts)}}),
                         Direction::load),
              1 + 1 + 100 + 4 * bursts);
}

TEST(MemorySystem, OutstandingBurstsLimitTheBandwidthByTheLatency) {
    dma::Params two = dma_params;
    two.outstanding = 2;
    dram::Params wide = dram_params;
    wide.channels = 2;
    MemorySystem memory(two, wide);
    // Pairs: issue at t and t + 1, complete at t + 124 and t + 128; the next pair issues then.
    const auto notices = play(memory, {{0, Direction::load, bytes_at(0, 256 * 6)}});
    EXPECT_EQ(notices[0], (Notice{1 + 124 + 128, Direction::load, Kind::last_burst_issued}));
    EXPECT_EQ(completion(notices, Direction::load), 1 + 124 + 128 + 124);
}

TEST(MemorySystem, TwoEnginesShareTheBandwidthEqually) {
    MemorySystem memory(dma_params, dram_params);
    const std::int64_t bursts = 1000;
    const auto notices = play(memory, {{0, Direction::load, bytes_at(0, 256 * bursts)},
                                       {0, Direction::store, bytes_at(1 << 20, 256 * bursts)}});
    const std::int64_t both = 2 * bursts * 20;
    EXPECT_NEAR(static_cast<double>(completion(notices, Direction::load)),
                static_cast<double>(both), 32 * 20 + 200);
    EXPECT_NEAR(static_cast<double>(completion(notices, Direction::store)),
                static_cast<double>(both), 32 * 20 + 200);
    EXPECT_EQ(
        std::max(completion(notices, Direction::load), completion(notices, Direction::store)),
        1 + both + 100 +
            (completion(notices, Direction::load) > completion(notices, Direction::store) ? 4 : 0));
}

TEST(MemorySystem, LoadGoesBeforeStoreInTheSameCycle) {
    MemorySystem memory(dma_params, dram_params);
    // The store's burst reaches DRAM in cycle 15, and so does the load's.
    const auto notices = play(memory, {{10, Direction::store, bytes_at(1 << 20, 256)},
                                       {14, Direction::load, bytes_at(0, 256)}});
    EXPECT_EQ(completion(notices, Direction::load), 15 + 20 + 100 + 4);
    EXPECT_EQ(completion(notices, Direction::store), 15 + 40 + 100);
}

TEST(MemorySystem, ATransferFollowsTheOneBeforeWithoutAGap) {
    MemorySystem one(dma_params, dram_params), two(dma_params, dram_params);
    const std::int64_t whole =
        completion(play(one, {{0, Direction::load, bytes_at(0, 256 * 20)}}), Direction::load);
    // Ten bursts issue in cycles 1 to 10; the second transfer starts with the last of them.
    const auto notices = play(two, {{0, Direction::load, bytes_at(0, 2560)},
                                    {10, Direction::load, bytes_at(2560, 2560)}});
    EXPECT_EQ(notices.back().cycle, whole);
    EXPECT_EQ(notices[0], (Notice{10, Direction::load, Kind::last_burst_issued}));
}

/// The same rules without running ahead: every burst is served when the clock reaches it.
std::vector<Notice> naive(const dma::Params& dma, const dram::Params& dram,
                          const std::vector<Start>& starts) {
    struct Engine {
        dma::BurstTimeline timeline;
        std::vector<std::pair<std::int64_t, dma::BurstCursor>> transfers;
        bool ready = false;
        dma::Burst burst{};
        std::int64_t arrival = 0;
    };
    Engine engines[2] = {{dma::BurstTimeline(dma, Direction::load), {}},
                         {dma::BurstTimeline(dma, Direction::store), {}}};
    dram::Channels channels(dram);
    std::vector<Notice> notices;
    std::size_t next = 0;
    const std::int64_t end = 400'000;
    for (std::int64_t cycle = 0; cycle < end; ++cycle) {
        for (int e = 0; e < 2; ++e) {
            Engine& engine = engines[e];
            const auto direction = static_cast<Direction>(e);
            const auto prepare = [&] {
                if (engine.ready || engine.transfers.empty()) return;
                auto& [earliest, cursor] = engine.transfers.front();
                const std::int64_t issue = engine.timeline.issue_cycle(earliest);
                engine.burst = cursor.next();
                engine.arrival = engine.timeline.issue(issue, engine.burst.bytes);
                engine.ready = true;
                if (cursor.done()) notices.push_back({issue, direction, Kind::last_burst_issued});
            };
            prepare();
            while (engine.ready && engine.arrival == cycle) {
                const std::int64_t response =
                    channels.serve(engine.burst.address, engine.burst.bytes, cycle);
                const std::int64_t complete =
                    engine.timeline.complete(response, engine.burst.bytes);
                if (engine.transfers.front().second.done()) {
                    notices.push_back({complete, direction, Kind::complete});
                    engine.transfers.erase(engine.transfers.begin());
                }
                engine.ready = false;
                prepare();
            }
        }
        for (; next < starts.size() && starts[next].cycle == cycle; ++next) {
            engines[static_cast<int>(starts[next].direction)].transfers.emplace_back(
                cycle + 1, dma::BurstCursor(dma, starts[next].transfer));
        }
    }
    return notices;
}

bool earlier(const Notice& a, const Notice& b) {
    return std::tuple(a.cycle, a.direction, a.kind) < std::tuple(b.cycle, b.direction, b.kind);
}

TEST(MemorySystem, RunningAheadChangesNothingForRandomTransfers) {
    std::mt19937_64 random(3);
    const auto draw = [&](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (int trial = 0; trial < 60; ++trial) {
        const dma::Params dma{.burst_bytes = 64 << draw(0, 3),
                              .outstanding = draw(1, 40),
                              .bytes_per_cycle = draw(8, 128)};
        const dram::Params dram{.channels = draw(1, 4),
                                .channel_millibytes_per_cycle = draw(3000, 60000),
                                .latency_cycles = draw(0, 150),
                                .interleave_bytes = 256,
                                .capacity_bytes = 1 << 30};
        // Each engine starts its next transfer some time after the last burst of the one before has
        // issued.
        std::vector<Start> starts;
        std::array<std::int64_t, 2> clock{0, 0};
        for (int i = 0; i < 30; ++i) {
            const auto direction = static_cast<Direction>(draw(0, 1));
            std::int64_t& at = clock[static_cast<std::size_t>(direction)];
            const isa::DmaTransfer transfer = bytes_at(draw(0, 1 << 16), draw(1, 30'000));
            starts.push_back({at + draw(0, 300), direction, transfer});
            at = starts.back().cycle + draw(3000, 6000);
        }
        std::sort(starts.begin(), starts.end(),
                  [](const Start& a, const Start& b) { return a.cycle < b.cycle; });
        MemorySystem memory(dma, dram);
        std::vector<Notice> actual = play(memory, starts);
        std::vector<Notice> expected = naive(dma, dram, starts);
        std::sort(actual.begin(), actual.end(), earlier);
        std::sort(expected.begin(), expected.end(), earlier);
        ASSERT_EQ(actual.size(), 60u);
        ASSERT_EQ(actual, expected) << "trial " << trial;
    }
}

}  // namespace
}  // namespace quatrain::machine

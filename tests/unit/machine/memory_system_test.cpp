// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include "sim/config/reader.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <tuple>
#include <vector>

namespace quatrain::machine {
namespace {

using dma::Direction;
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
    std::int64_t now = 0;
    while (next < starts.size() || !memory.quiet()) {
        const bool starts_more = next < starts.size();
        const std::int64_t limit = starts_more ? starts[next].cycle : now + 1'000'000;
        const auto due = memory.advance(limit);
        now = due.value_or(limit);
        for (const Notice& notice : memory.take(now)) all.push_back(notice);
        for (; next < starts.size() && starts[next].cycle == now; ++next)
            memory.start(starts[next].direction, starts[next].transfer, now);
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

/// The same rules without looking ahead: one core cycle after the other, and of the DRAM's what
/// lies in it.
class Naive {
public:
    explicit Naive(const MachineParams& params)
        : params_(params),
          mapping_(params.memory, params.dram.channels, params.dram.ranks,
                   dram::mapping_order(params.memory, params.dram), params.dram.bank_hash),
          monitor_(params, {}) {
        for (std::int64_t i = 0; i < params.dram.channels; ++i)
            channels_.emplace_back(params.memory, params.dram.ranks, params.controller,
                                   static_cast<std::int32_t>(i), monitor_.channel(i));
    }

    std::vector<Notice> run(const std::vector<Start>& starts, std::int64_t cycles) {
        std::size_t next = 0;
        for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
            for (const std::size_t engine : {0U, 1U}) issue(engine, cycle);
            for (const std::size_t engine : {0U, 1U}) show(engine, cycle);
            run_channels(arrival(cycle + 1));
            for (; next < starts.size() && starts[next].cycle == cycle; ++next) {
                engines_[static_cast<std::size_t>(starts[next].direction)].transfers.emplace_back(
                    cycle + 1, dma::BurstCursor(params_.dma, starts[next].transfer));
            }
        }
        return notices_;
    }

private:
    struct Burst {
        dma::Burst burst;
        std::int64_t shows = 0;
        std::int64_t parts = 0;
        std::int64_t edge = 0;
        bool last = false;
    };
    struct EngineState {
        dma::BurstTimeline timeline;
        std::deque<std::pair<std::int64_t, dma::BurstCursor>> transfers;
        std::vector<Burst> bursts;  ///< all so far
        std::size_t complete = 0;
    };

    std::int64_t arrival(std::int64_t cycle) const {
        return (cycle + 1) * params_.clock_period_ps / params_.memory.clock_period_ps +
               params_.dram.request_stages;
    }

    void issue(std::size_t index, std::int64_t cycle) {
        EngineState& engine = engines_[index];
        if (engine.transfers.empty()) return;
        const auto open = static_cast<std::int64_t>(engine.bursts.size() - engine.complete);
        if (open == params_.dma.outstanding) return;
        auto& [earliest, cursor] = engine.transfers.front();
        if (engine.timeline.issue_cycle(earliest) != cycle) return;
        Burst burst{.burst = cursor.next()};
        burst.shows = engine.timeline.issue(cycle, burst.burst.bytes);
        burst.parts = -1;
        burst.last = cursor.done();
        engine.bursts.push_back(burst);
        if (!burst.last) return;
        notices_.push_back({cycle, static_cast<Direction>(index), Kind::last_burst_issued});
        engine.transfers.pop_front();
    }

    void show(std::size_t index, std::int64_t cycle) {
        EngineState& engine = engines_[index];
        for (std::size_t i = engine.complete; i < engine.bursts.size(); ++i) {
            Burst& burst = engine.bursts[i];
            if (burst.shows != cycle || burst.parts >= 0) continue;
            const std::int64_t size = params_.memory.organisation.burst_bytes();
            burst.parts = 0;
            for (std::int64_t at = burst.burst.address / size * size;
                 at < burst.burst.address + burst.burst.bytes; at += size) {
                const auto [channel, location] = mapping_.locate(at);
                const dram::Request request{2 * i + index, arrival(cycle), location};
                auto& controller = channels_[static_cast<std::size_t>(channel)];
                index == 0 ? controller.read(request) : controller.write(request);
                ++burst.parts;
            }
        }
    }

    void run_channels(std::int64_t end) {
        std::vector<dram::Answer> answers;
        for (dram::Controller& channel : channels_)
            while (channel.now() < end) channel.advance(channel.now(), answers);
        for (const dram::Answer& answer : answers) {
            Burst& burst = engines_[answer.id % 2].bursts[answer.id / 2];
            --burst.parts;
            burst.edge = std::max(burst.edge, answer.edge);
        }
        for (const std::size_t index : {0U, 1U}) {
            EngineState& engine = engines_[index];
            while (engine.complete < engine.bursts.size() &&
                   engine.bursts[engine.complete].parts == 0) {
                const Burst& burst = engine.bursts[engine.complete++];
                const std::int64_t response =
                    burst.edge * params_.memory.clock_period_ps / params_.clock_period_ps +
                    params_.dram.response_stages;
                const std::int64_t cycle = engine.timeline.complete(response, burst.burst.bytes);
                if (burst.last)
                    notices_.push_back({cycle, static_cast<Direction>(index), Kind::complete});
            }
        }
    }

    const MachineParams& params_;
    dram::AddressMapping mapping_;
    MemoryMonitor monitor_;
    std::vector<dram::Controller> channels_;
    std::array<EngineState, 2> engines_{
        EngineState{dma::BurstTimeline(params_.dma, Direction::load), {}, {}, 0},
        EngineState{dma::BurstTimeline(params_.dma, Direction::store), {}, {}, 0}};
    std::vector<Notice> notices_;
};

bool earlier(const Notice& a, const Notice& b) {
    return std::tuple(a.cycle, a.direction, a.kind) < std::tuple(b.cycle, b.direction, b.kind);
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
    /// issued.
    std::vector<Start> starts() {
        std::vector<Start> starts;
        std::array<std::int64_t, 2> clock{0, 0};
        for (int i = 0; i < 30; ++i) {
            const auto direction = static_cast<Direction>(draw(0, 1));
            std::int64_t& at = clock[static_cast<std::size_t>(direction)];
            const isa::DmaTransfer transfer = bytes_at(draw(0, 1 << 16), draw(1, 10'000));
            starts.push_back({at + draw(0, 300), direction, transfer});
            at = starts.back().cycle + draw(12'000, 16'000);
        }
        std::sort(starts.begin(), starts.end(),
                  [](const Start& a, const Start& b) { return a.cycle < b.cycle; });
        return starts;
    }

private:
    std::int64_t draw(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    template <class T>
    T one_of(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(
            draw(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

    std::mt19937_64 random_;
};

TEST(MemorySystem, LookingAheadChangesNothingForRandomTransfers) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        RandomMemory random(seed);
        const MachineParams params = random.params();
        const std::vector<Start> starts = random.starts();
        MemorySystem memory(params, {});
        std::vector<Notice> actual = play(memory, starts);
        std::vector<Notice> expected = Naive(params).run(starts, 500'000);
        std::sort(actual.begin(), actual.end(), earlier);
        std::sort(expected.begin(), expected.end(), earlier);
        ASSERT_EQ(actual.size(), 60u) << "seed " << seed;
        ASSERT_EQ(actual, expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace quatrain::machine

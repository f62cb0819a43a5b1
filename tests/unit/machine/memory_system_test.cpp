// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/memory_system.hpp"

#include "sim/config/reader.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <deque>
#include <optional>
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
    std::int64_t core = 0;
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

/// The same rules without looking ahead: one core cycle after the other, and of the DRAM's what
/// lies in it.
class Naive {
public:
    Naive(const MachineParams& params, const MemorySystem::OnChip& on_chip)
        : params_(params),
          cores_(on_chip.cores),
          mapping_(params.memory, params.dram.channels, params.dram.ranks,
                   dram::mapping_order(params.memory, params.dram), params.dram.bank_hash),
          monitor_(params, {}) {
        if (on_chip.ring) {
            ring_.emplace(*on_chip.ring, cores_ + 1);
            hop_cycles_ = on_chip.ring->hop_cycles;
        }
        for (std::int64_t i = 0; i < params.dram.channels; ++i)
            channels_.emplace_back(params.memory, params.dram.ranks, params.controller,
                                   static_cast<std::int32_t>(i), monitor_.channel(i));
        for (std::int64_t i = 0; i < 2 * cores_; ++i)
            engines_.push_back({dma::BurstTimeline(params.dma, direction(i)), {}, {}, 0});
    }

    std::vector<Notice> run(const std::vector<Start>& starts, std::int64_t cycles) {
        std::size_t next = 0;
        for (std::int64_t cycle = 0; cycle < cycles; ++cycle) {
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) issue(engine, cycle);
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) show(engine, cycle);
            send_answer(cycle);
            for (std::int64_t engine = 0; engine < 2 * cores_; ++engine) request(engine, cycle);
            run_channels(arrival(cycle + 1));
            for (; next < starts.size() && starts[next].cycle == cycle; ++next) {
                const Start& start = starts[next];
                engine(2 * start.core + static_cast<std::int64_t>(start.direction))
                    .transfers.emplace_back(cycle + 1,
                                            dma::BurstCursor(params_.dma, start.transfer));
            }
        }
        return notices_;
    }

private:
    struct Burst {
        dma::Burst burst;
        std::int64_t shows = 0;  ///< at its core's stop
        std::int64_t at_memory = -1;
        std::int64_t parts = -1;  ///< without an answer; -1: not at the memory yet
        std::int64_t edge = 0;
        std::int64_t answered = -1;  ///< at the memory
        std::int64_t response = -1;  ///< at the engine
        bool last = false;
    };
    struct EngineState {
        dma::BurstTimeline timeline;
        std::deque<std::pair<std::int64_t, dma::BurstCursor>> transfers;
        std::vector<Burst> bursts;  ///< all so far
        std::size_t complete = 0;
    };

    static Direction direction(std::int64_t engine) {
        return engine % 2 == 0 ? Direction::load : Direction::store;
    }
    EngineState& engine(std::int64_t index) { return engines_[static_cast<std::size_t>(index)]; }
    std::int64_t wires(std::int64_t index) const {
        return ring_ ? hop_cycles_ * ring::hops(index / 2, cores_, cores_ + 1) : 0;
    }
    std::int64_t arrival(std::int64_t cycle) const {
        return (cycle + 1) * params_.clock_period_ps / params_.memory.clock_period_ps +
               params_.dram.request_stages;
    }

    void issue(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        if (one.transfers.empty()) return;
        const auto open = static_cast<std::int64_t>(one.bursts.size() - one.complete);
        if (open == params_.dma.outstanding) return;
        auto& [earliest, cursor] = one.transfers.front();
        if (one.timeline.issue_cycle(earliest) != cycle) return;
        Burst burst{.burst = cursor.next()};
        burst.shows = one.timeline.issue(cycle, burst.burst.bytes);
        burst.last = cursor.done();
        one.bursts.push_back(burst);
        if (!burst.last) return;
        notices_.push_back({cycle, direction(index), Kind::last_burst_issued, index / 2});
        one.transfers.pop_front();
    }

    void show(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        for (std::size_t i = one.complete; i < one.bursts.size(); ++i) {
            Burst& burst = one.bursts[i];
            if (burst.shows != cycle || burst.at_memory >= 0) continue;
            burst.at_memory = cycle + wires(index);
            if (ring_ && direction(index) == Direction::store)
                burst.at_memory = ring_->send(index / 2, cores_, burst.burst.bytes, cycle);
        }
    }

    /// The memory's stop sends the answer to a load that has waited longest.
    void send_answer(std::int64_t cycle) {
        if (!ring_) return;
        Burst* first = nullptr;
        std::int64_t core = 0;
        for (std::int64_t i = 0; i < 2 * cores_; i += 2)
            for (Burst& burst : engine(i).bursts) {
                if (burst.answered < 0 || burst.answered > cycle || burst.response >= 0) continue;
                if (first != nullptr && first->answered <= burst.answered) continue;
                first = &burst;
                core = i / 2;
            }
        if (first == nullptr) return;
        first->response = ring_->send(cores_, core, first->burst.bytes, cycle);
        complete(2 * core);
    }

    void request(std::int64_t index, std::int64_t cycle) {
        EngineState& one = engine(index);
        for (std::size_t i = one.complete; i < one.bursts.size(); ++i) {
            Burst& burst = one.bursts[i];
            if (burst.at_memory != cycle || burst.parts >= 0) continue;
            const std::int64_t size = params_.memory.organisation.burst_bytes();
            burst.parts = 0;
            for (std::int64_t at = burst.burst.address / size * size;
                 at < burst.burst.address + burst.burst.bytes; at += size) {
                const auto [channel, location] = mapping_.locate(at);
                const dram::Request request{i * 64 + static_cast<std::uint64_t>(index),
                                            arrival(cycle), location};
                auto& controller = channels_[static_cast<std::size_t>(channel)];
                direction(index) == Direction::load ? controller.read(request)
                                                    : controller.write(request);
                ++burst.parts;
            }
        }
    }

    void run_channels(std::int64_t end) {
        std::vector<dram::Answer> answers;
        for (dram::Controller& channel : channels_)
            while (channel.now() < end) channel.advance(channel.now(), answers);
        for (const dram::Answer& answer : answers) {
            const auto index = static_cast<std::int64_t>(answer.id % 64);
            Burst& burst = engine(index).bursts[answer.id / 64];
            burst.edge = std::max(burst.edge, answer.edge);
            if (--burst.parts > 0) continue;
            burst.answered = burst.edge * params_.memory.clock_period_ps / params_.clock_period_ps +
                             params_.dram.response_stages;
            if (ring_ && direction(index) == Direction::load) continue;  // send_answer()
            burst.response = burst.answered + wires(index);
            complete(index);
        }
    }

    void complete(std::int64_t index) {
        EngineState& one = engine(index);
        while (one.complete < one.bursts.size() && one.bursts[one.complete].response >= 0) {
            const Burst& burst = one.bursts[one.complete++];
            const std::int64_t cycle = one.timeline.complete(burst.response, burst.burst.bytes);
            if (burst.last)
                notices_.push_back({cycle, direction(index), Kind::complete, index / 2});
        }
    }

    const MachineParams& params_;
    std::int64_t cores_;
    std::int64_t hop_cycles_ = 0;
    std::optional<ring::Ring> ring_;
    dram::AddressMapping mapping_;
    MemoryMonitor monitor_;
    std::vector<dram::Controller> channels_;
    std::vector<EngineState> engines_;
    std::vector<Notice> notices_;
};

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
            const isa::DmaTransfer transfer = bytes_at(draw(0, 1 << 16), draw(1, 10'000));
            starts.push_back({at + draw(0, 300), direction, transfer, core});
            at = starts.back().cycle + draw(12'000, 16'000) * cores;
        }
        std::sort(starts.begin(), starts.end(),
                  [](const Start& a, const Start& b) { return a.cycle < b.cycle; });
        return starts;
    }
    static std::int64_t transfers(std::int64_t cores) { return 20 + 10 * cores; }
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
};

/// Both, and what they differ in.
void compare(std::uint64_t seed, const MachineParams& params, const MemorySystem::OnChip& on_chip,
             const std::vector<Start>& starts) {
    MemorySystem memory(params, {}, on_chip);
    std::vector<Notice> actual = play(memory, starts);
    const std::int64_t cycles =
        std::max_element(actual.begin(), actual.end(), earlier)->cycle + 1000;
    std::vector<Notice> expected = Naive(params, on_chip).run(starts, cycles);
    std::sort(actual.begin(), actual.end(), earlier);
    std::sort(expected.begin(), expected.end(), earlier);
    ASSERT_EQ(actual.size(), 2 * starts.size()) << "seed " << seed;
    ASSERT_EQ(actual, expected) << "seed " << seed;
}

TEST(MemorySystem, LookingAheadChangesNothingForRandomTransfers) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        RandomMemory random(seed);
        const MachineParams params = random.params();
        compare(seed, params, {}, random.starts(1));
        if (HasFatalFailure()) return;
    }
}

TEST(MemorySystem, LookingAheadChangesNothingForCoresOnARing) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        RandomMemory random(seed);
        MachineParams params = random.params();
        const MemorySystem::OnChip on_chip{.cores = random.draw(1, 6), .ring = random.ring()};
        compare(seed, params, on_chip, random.starts(on_chip.cores));
        if (HasFatalFailure()) return;
    }
}

// A load of one burst by core 1 of 3: a request over two hops, the burst back over them in flits.
TEST(MemorySystem, ARingAddsItsHopsToALoadAndToAStore) {
    const MachineParams params = machine();
    const MemorySystem::OnChip on_chip{.cores = 3, .ring = ring::Params{16, 5}};
    const auto complete = [&](Direction direction, std::int64_t core) {
        MemorySystem memory(params, {}, on_chip);
        return completion(play(memory, {{10, direction, bytes_at(0, 32), core}}), direction);
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

TEST(MemorySystem, SeveralCoresNeedARing) {
    EXPECT_THROW(MemorySystem(machine(), {}, {.cores = 2, .ring = {}}), ParamError);
}

}  // namespace
}  // namespace quatrain::machine

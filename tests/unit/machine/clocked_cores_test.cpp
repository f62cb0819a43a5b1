// SPDX-License-Identifier: Apache-2.0
// Several clocked cores that put to each other and wait for each other, by programs written out.
#include "tests/support/value_change_dump.hpp"
#include "tests/unit/machine/ring_program.hpp"

#include <gtest/gtest.h>
#include <filesystem>

namespace quatrain::machine {
namespace {

using namespace ring_program;

void expect_sums(const MachineParams& params, const dram::DramImage& image) {
    for (std::int64_t core = 0; core < params.cores; ++core) {
        const std::int64_t previous = previous_core(params, core);
        for (std::int64_t i = 0; i < rounds; ++i) {
            ASSERT_EQ(tile_at(image, base(params, core) + sums_at + i * 1000),
                      sum_of(params, core, i))
                << "core " << core << ", round " << i;
            ASSERT_EQ(tile_at(image, base(params, core) + totals_at + i * 1000),
                      sum_of(params, previous, i))
                << "core " << core << ", round " << i;
        }
        std::array<std::byte, 8> bytes{};
        image.read(base(params, core) + foreign_word_at, bytes);
        std::array<std::uint32_t, 2> words{};
        std::memcpy(words.data(), bytes.data(), bytes.size());
        EXPECT_EQ(words,
                  (std::array<std::uint32_t, 2>{static_cast<std::uint32_t>(7 + previous), 99}));
    }
}

/// Machines that put their cores' neighbours in every relation: on both sides of the memory, the
/// next the same as the previous, wires longer than all else.
std::vector<MachineParams> machines() {
    std::vector<MachineParams> all;
    for (const std::int64_t cores : {2, 3, 5}) all.push_back(machine_of(cores));
    all.push_back(machine_of(2));
    all.back().ring.hop_cycles = 1000;
    all.push_back(machine_of(3));
    all.back().ring = {.bytes_per_cycle = 1, .hop_cycles = 1};
    all.back().dma = {.burst_bytes = 16, .outstanding = 3, .bytes_per_cycle = 5};
    all.back().clock_period_ps = 700;
    all.push_back(machine_of(4));
    all.back().dram.channels = 4;
    all.back().ring.bytes_per_cycle = 512;
    return all;
}

TEST(ClockedCores, HandOnWhatTheyHaveAndStoreTheSumsOfTheirNeighbours) {
    for (const MachineParams& params : machines()) {
        dram::DramImage image = own_tiles(params);
        run(run_clocked, params, round_the_ring(), image);
        expect_sums(params, image);
        if (HasFatalFailure()) return;
    }
}

TEST(ClockedCores, TakeTheCyclesEventsAndCommandsOfTheMachineOfEvents) {
    for (const MachineParams& params : machines()) {
        const auto name = testing::Message() << params.cores << " cores, hops of "
                                             << params.ring.hop_cycles << " cycles";
        dram::DramImage image = own_tiles(params), other = own_tiles(params);
        const Outcome clocked = run(run_clocked, params, round_the_ring(), image);
        const Outcome timed = run(run_timed, params, round_the_ring(), other);
        EXPECT_EQ(clocked.records, timed.records) << name;
        EXPECT_EQ(clocked.records.size(),
                  static_cast<std::size_t>(params.cores * (3 + 6 * rounds)));
        EXPECT_EQ(clocked.result.cycles, timed.result.cycles) << name;
        EXPECT_EQ(clocked.result.operators_done, 1u) << name;
        for (std::size_t i = 0; i < event_count; ++i) {
            const auto event = static_cast<Event>(i);
            EXPECT_EQ(clocked.result.events[event], timed.result.events[event])
                << name << ": " << event_info(event).name;
        }
        EXPECT_TRUE(clocked.commands == timed.commands) << name << ": other commands to the DRAM";
    }
}

/// Cycles of a wire's 1s.
std::int64_t ones(const test::ValueChangeDump& dump, const std::string& wire, std::int64_t period) {
    std::int64_t total = 0;
    const auto& times = dump.times(wire);
    for (std::size_t i = 0; i < times.size(); ++i)
        if (dump.values(wire)[i] == "1")
            total += (i + 1 < times.size() ? times[i + 1] : dump.end()) - times[i];
    return total / period;
}

std::filesystem::path waveform_path() {
    return std::filesystem::path(testing::TempDir()) /
           (std::string("quatrain_") +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".vcd");
}

// A link of one byte per cycle: in every cycle in which a flit enters one, a byte makes a hop.
TEST(ClockedCores, TheRingCarriesTheBitHopsThatAreCounted) {
    for (const std::int64_t cores : {2, 3}) {
        MachineParams params = machine_of(cores);
        params.ring.bytes_per_cycle = 1;
        dram::DramImage image = own_tiles(params);
        const std::filesystem::path path = waveform_path();
        const Outcome clocked =
            run(run_clocked, params, round_the_ring(), image, path.string(), "ring");
        const test::ValueChangeDump dump(path);
        std::filesystem::remove(path);
        std::int64_t byte_hops = 0;
        for (std::int64_t stop = 0; stop <= cores; ++stop)
            for (const auto* side : {".clockwise", ".anticlockwise"})
                byte_hops += ones(dump, "ring.stop_" + std::to_string(stop) + side + ".valid",
                                  params.clock_period_ps);
        EXPECT_EQ(clocked.result.events[Event::ring_bit_hops],
                  static_cast<std::uint64_t>(8 * byte_hops));
        EXPECT_GT(byte_hops, 0);
    }
}

TEST(ClockedCores, AWaveformCallsTheirBlocksByTheirNumbers) {
    const MachineParams params = machine_of(2);
    const std::filesystem::path path = waveform_path();
    const auto dump_of = [&](const std::string& scope) {
        dram::DramImage image = own_tiles(params);
        run(run_clocked, params, round_the_ring(), image, path.string(), scope);
        test::ValueChangeDump dump(path);
        std::filesystem::remove(path);
        return dump;
    };
    const test::ValueChangeDump all = dump_of("");
    for (const auto* wire :
         {"core0.load.request.address", "core1.sequencer.semaphore.sum_full",
          "core0.sequencer.to_next.sum", "ring.core1_from_previous.sum",
          "ring.core0_put_asked.address", "ring.stop_2_deliver.count", "ring.core1.announced_puts",
          "ring.memory.core_0.open_loads", "dram.core1_load_responses.count",
          "core1.buffers.vector.writes", "dram.channel_0.bus_0.kind"}) {
        ASSERT_TRUE(all.has(wire)) << wire;
        EXPECT_TRUE(all.changes(wire)) << wire;
    }
    const test::ValueChangeDump vector = dump_of("core1.vector_unit");
    EXPECT_TRUE(vector.has("core1.vector_unit.busy"));
    EXPECT_FALSE(vector.has("core0.vector_unit.busy"));
    EXPECT_FALSE(vector.has("core1.load.request.address"));
    EXPECT_TRUE(dump_of("ring").has("core0.store.request.address"));
    EXPECT_TRUE(dump_of("dram").has("ring.core0_store_request.address"));
    dram::DramImage image = own_tiles(params);
    EXPECT_THROW(run(run_clocked, params, round_the_ring(), image, path.string(), "load"),
                 std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::machine

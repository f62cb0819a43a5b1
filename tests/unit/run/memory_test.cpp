// SPDX-License-Identifier: Apache-2.0
#include "sim/run/memory.hpp"

#include "sim/config/reader.hpp"
#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>

namespace quatrain::run {
namespace {

using dram::CommandKind;

/// Two channels of 32-byte bursts, two DRAM cycles of 1250 ps each: 12.8 GB/s.
config::Architecture machine() {
    config::Architecture machine = config::load_architecture("edge-4bit");
    machine.dram.channels = 2;
    return machine;
}

dram::ChannelStatistics busy() {
    dram::ChannelStatistics one;
    one.cycles = 1000;
    one.commands[static_cast<std::size_t>(CommandKind::activate)] = 8;
    one.commands[static_cast<std::size_t>(CommandKind::read)] = 90;
    one.commands[static_cast<std::size_t>(CommandKind::read_precharge)] = 10;
    one.commands[static_cast<std::size_t>(CommandKind::write)] = 60;
    one.row_hits = 152;
    one.data_cycles = 320;
    one.read_wait = 4000;
    one.write_wait = 1200;
    return one;
}

TEST(Memory, AChannelsRowIsItsCountsOverItsTime) {
    const auto rows = channel_rows(machine(), {busy()});
    ASSERT_EQ(rows.size(), 1u);
    const ChannelRow& row = rows[0];
    EXPECT_EQ(row.read_bytes, 100 * 32);
    EXPECT_EQ(row.write_bytes, 60 * 32);
    EXPECT_DOUBLE_EQ(row.seconds, 1250e-9);
    EXPECT_DOUBLE_EQ(row.bytes_per_second, 160 * 32 / 1250e-9);
    EXPECT_DOUBLE_EQ(row.bus_utilisation, 0.32);
    EXPECT_DOUBLE_EQ(row.row_hit_rate, 152.0 / 160);
    EXPECT_DOUBLE_EQ(row.read_queue, 4);
    EXPECT_DOUBLE_EQ(row.write_queue, 1.2);
    EXPECT_DOUBLE_EQ(row.read_wait_seconds, 40 * 1.25e-9);
    EXPECT_DOUBLE_EQ(row.write_wait_seconds, 20 * 1.25e-9);
    EXPECT_DOUBLE_EQ(row.energy.activate, 8 * machine().memory.energies.activate);
}

TEST(Memory, AllChannelsCarryTheSumInTheTimeOfTheLongest) {
    dram::ChannelStatistics idle;
    idle.cycles = 2000;
    const ChannelRow all = all_channels(machine(), channel_rows(machine(), {busy(), idle}));
    EXPECT_EQ(all.read_bytes, 3200);
    EXPECT_DOUBLE_EQ(all.seconds, 2500e-9);
    EXPECT_DOUBLE_EQ(all.bytes_per_second, 160 * 32 / 2500e-9);
    EXPECT_DOUBLE_EQ(all.bus_utilisation, 320.0 / 3000);
}

TEST(Memory, AnIdleChannelDividesByNothing) {
    const ChannelRow row = channel_rows(machine(), {dram::ChannelStatistics{}}).at(0);
    EXPECT_EQ(row.bytes_per_second, 0);
    EXPECT_EQ(row.row_hit_rate, 0);
    EXPECT_EQ(row.read_wait_seconds, 0);
}

TEST(Roofline, IsTheLowerOfArrayAndMemory) {
    config::Architecture architecture = machine();
    EXPECT_DOUBLE_EQ(peak_bytes_per_second(architecture), 25.6e9);
    OperatorRow row;
    row.macs = 1'000'000;
    row.cycles = 10;  // most of it behind its predecessor
    row.span_cycles = 1000;
    row.counts[Event::macs_int4_fp4] = row.macs;
    row.counts[Event::dram_read_bits] = 8 * 6000;
    row.counts[Event::dram_write_bits] = 8 * 4000;  // 100 MACs per byte: 2560 MACs per 25.6 bytes
    auto roof = roofline(architecture, row);
    ASSERT_TRUE(roof);
    EXPECT_DOUBLE_EQ(roof->macs_per_byte, 100);
    EXPECT_DOUBLE_EQ(roof->attained_macs_per_cycle, 1000);
    EXPECT_DOUBLE_EQ(roof->attainable_macs_per_cycle, 2560);
    EXPECT_TRUE(roof->memory_bound);
    architecture.dram.channels = 4;  // 5120: the array's 4096 are the lower roof
    roof = roofline(architecture, row);
    EXPECT_DOUBLE_EQ(roof->attainable_macs_per_cycle, 4096);
    EXPECT_FALSE(roof->memory_bound);
    architecture.dram.channels = 1;
    architecture.dram.ideal = true;
    EXPECT_DOUBLE_EQ(roofline(architecture, row)->attainable_macs_per_cycle, 4096);
    row.macs = 0;
    EXPECT_FALSE(roofline(architecture, row));
    row.macs = 1;
    row.span_cycles = 0;
    EXPECT_FALSE(roofline(architecture, row));
}

TEST(Memory, NoOperatorOfARunIsAboveItsRoof) {
    for (const char* memory : {"lpddr4-3200", "hbm2"}) {
        RunOptions options = testing::small_options();
        options.architecture = config::load_architecture(
            "edge-4bit", std::vector<std::string>{std::string("dram.memory=") + memory});
        options.numerics = false;
        const RunResult result = testing::run_silently(options);
        std::size_t roofs = 0;
        const auto queued = static_cast<double>(
            options.architecture.dram.channels * options.architecture.controller.write_queue *
            options.architecture.memory.organisation.burst_bytes());
        for (const OperatorRow& row : result.operators) {
            const auto roof = roofline(options.architecture, row);
            if (!roof) continue;
            ++roofs;
            // What the write queues hold in the end is not on its way to the DRAM yet.
            const double slack = queued / (static_cast<double>(row.macs) / roof->macs_per_byte);
            EXPECT_LE(roof->attained_macs_per_cycle * (1 - slack), roof->attainable_macs_per_cycle)
                << row.name;
        }
        EXPECT_GT(roofs, 5u);
        std::int64_t bytes = 0;
        const double peak = peak_bytes_per_second(options.architecture) /
                            static_cast<double>(options.architecture.dram.channels);
        for (const ChannelRow& channel : result.channels) {
            EXPECT_LE(channel.bytes_per_second, peak);
            bytes += channel.read_bytes + channel.write_bytes;
        }
        // Whole DRAM bursts: at least what was asked for.
        EXPECT_GE(8 * bytes, static_cast<std::int64_t>(result.counts[Event::dram_read_bits] +
                                                       result.counts[Event::dram_write_bits]));
    }
}

}  // namespace
}  // namespace quatrain::run

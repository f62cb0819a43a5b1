// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"
#include "sim/config/energy_events.hpp"
#include "sim/config/reader.hpp"
#include "tests/unit/energy/round_technology.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>
#include <vector>

namespace quatrain::energy {
namespace {

TEST(Energy, OneOperatorByHand) {
    const Model model(round_technology(), small_machine(), round_dram);
    EventCounts counts;
    counts[Event::macs_uint4_int4] = 10;       // event 0: 1 pJ
    counts[Event::zero_macs_uint4_int4] = 4;   // event 5: 6 pJ instead of 1
    counts[Event::accumulator_adds] = 2;       // dlfloat16: 100 pJ
    counts[Event::moving_read_bits] = 8;       // 1 KiB: 1 pJ per bit
    counts[Event::stationary_write_bits] = 3;  // 4 KiB, half way on both scales: 4 pJ per bit
    counts[Event::accumulator_read_bits] = 5;  // 16 KiB: 4 pJ per bit
    counts[Event::dram_read_bits] = 1;
    counts[Event::dram_write_bits] = 2;
    counts[Event::array_busy_cycles] = 1000;
    const Breakdown energy = model.account(counts, 20);
    EXPECT_EQ(energy[Component::mac_array], 1000 * (6 * 1 + 4 * 6 + 2 * 100));
    EXPECT_EQ(energy[Component::buffers], 1000 * (8 * 1 + 3 * 4 + 5 * 4));
    EXPECT_EQ(energy[Component::dram], 1000 * (3 + 5 * 2) + 20 * 250);
    EXPECT_EQ(energy[Component::dma], 0);
    EXPECT_EQ(energy[Component::noc], 0);
    // 1 + 4 + 16 + 16 + 1 = 38 mW, 20 cycles of 500 ps: 380 pJ.
    EXPECT_EQ(energy[Component::leakage], 380'000);
    EXPECT_EQ(energy.total(), 1000 * (230 + 40 + 18 + 380));
}

TEST(Energy, EveryCoreLeaksAndEventsCostWhatTheyCost) {
    config::Architecture machine = small_machine();
    machine.cores = 4;
    const Model model(round_technology(), machine, round_dram);
    EventCounts counts;
    counts[Event::macs_uint4_int4] = 10;
    counts[Event::ring_bit_hops] = 6;
    const Breakdown energy = model.account(counts, 20);
    EXPECT_EQ(energy[Component::leakage], 4 * 380'000);
    EXPECT_EQ(energy[Component::mac_array], 10'000);
    EXPECT_EQ(energy[Component::dram], 20 * 250);
    EXPECT_EQ(energy[Component::noc], 6000 * (static_cast<std::int64_t>(Event::ring_bit_hops) + 1));
}

// 4 KiB are halfway between 1 KiB and 16 KiB: 2 pJ per bit read, 4 written, 4 mW, which are 2 pJ in
// 500 ps.
TEST(Energy, AScratchpadCostsWhatABufferOfItsSizeCostsAndLeaksOnce) {
    config::Architecture machine = small_machine();
    machine.cores = 4;
    machine.scratchpad.bytes = 4096;
    const Model model(round_technology(), machine, round_dram);
    EXPECT_DOUBLE_EQ(model.picojoules(Event::scratchpad_read_bits), 2);
    EXPECT_DOUBLE_EQ(model.picojoules(Event::scratchpad_write_bits), 4);
    EventCounts counts;
    counts[Event::scratchpad_read_bits] = 10;
    counts[Event::scratchpad_write_bits] = 100;
    const Breakdown energy = model.account(counts, 20);
    EXPECT_EQ(energy[Component::buffers], 420'000);
    EXPECT_EQ(energy[Component::leakage], 1000 * (4 * 380 + 20 * 2));
}

/// Two channels that did the same, in a memory of round energies.
std::vector<dram::ChannelStatistics> two_channels() {
    dram::ChannelStatistics one;
    one.commands[static_cast<std::size_t>(dram::CommandKind::activate)] = 2;
    one.commands[static_cast<std::size_t>(dram::CommandKind::read)] = 5;
    one.commands[static_cast<std::size_t>(dram::CommandKind::read_precharge)] = 1;
    one.commands[static_cast<std::size_t>(dram::CommandKind::write_precharge)] = 3;
    one.commands[static_cast<std::size_t>(dram::CommandKind::refresh_all)] = 1;
    one.commands[static_cast<std::size_t>(dram::CommandKind::refresh_bank)] = 4;
    one.active_rank_cycles = 30;
    one.precharged_rank_cycles = 20;
    return {one, one};
}

config::Architecture round_memory() {
    config::Architecture machine;
    machine.memory.organisation = {.bus_bits = 16, .row_bytes = 64, .burst_beats = 16};
    machine.memory.energies = {.activate = 100,
                               .read = 10,
                               .write = 20,
                               .refresh_all = 1000,
                               .refresh_bank = 50,
                               .active_standby = 3,
                               .precharged_standby = 2};
    return machine;
}

TEST(Energy, EveryJouleOfTheDramIsSpreadOverBitsAndCycles) {
    EventCounts total;
    total[Event::dram_read_bits] = 300;
    total[Event::dram_write_bits] = 100;
    const DramCosts costs = dram_costs(round_memory(), two_channels(), total, 50);
    const double activate = 2 * 2 * 100.0 / 400;
    EXPECT_DOUBLE_EQ(costs.read_bit, 2 * 6 * 10.0 / 300 + activate);
    EXPECT_DOUBLE_EQ(costs.write_bit, 2 * 3 * 20.0 / 100 + activate);
    EXPECT_DOUBLE_EQ(costs.cycle, 2 * (1000 + 4 * 50 + 30 * 3 + 20 * 2) / 50.0);
    const Model model(round_technology(), small_machine(), costs);
    EXPECT_EQ(model.account(total, 50)[Component::dram],
              2000 * (2 * 100 + 6 * 10 + 3 * 20 + 1000 + 4 * 50 + 30 * 3 + 20 * 2));
}

TEST(Energy, WithoutCommandsTheDramIsChargedWholeRows) {
    const DramCosts costs = dram_costs(round_memory());
    EXPECT_DOUBLE_EQ(costs.read_bit, 10.0 / 256 + 100.0 / 512);
    EXPECT_DOUBLE_EQ(costs.write_bit, 20.0 / 256 + 100.0 / 512);
    EXPECT_EQ(costs.cycle, 0);
}

TEST(Energy, AGatedMacCostsLessThanOneThatSwitches) {
    const config::Architecture machine = config::load_architecture("edge-4bit");
    const Model model(config::load_technology("7nm"), machine, dram_costs(machine));
    EXPECT_LT(model.picojoules(Event::zero_macs_uint4_int4), 0);
    EXPECT_LT(model.picojoules(Event::zero_macs_int4_fp4), 0);
    EXPECT_LT(model.picojoules(Event::zero_macs_eight_bit), 0);
    EXPECT_LT(model.picojoules(Event::zero_macs_sixteen_bit), 0);
    EXPECT_LT(model.picojoules(Event::zero_macs_thirty_two_bit), 0);
}

TEST(Energy, ATechnologyWithoutAnEventIsRejected) {
    config::Technology technology = round_technology();
    technology.events.pop_back();
    EXPECT_THROW(Model(technology, small_machine(), round_dram), std::invalid_argument);
}

TEST(Energy, LogicLeaksAndIsClockedByItsArea) {
    config::Architecture machine = small_machine();
    machine.cores = 2;
    // 4 PEs on each core: 4 lanes of 4 bits are half of a PE, the floating-point pipeline one more.
    machine.array.rows = 2;
    machine.array.cols = 2;
    const Model model(technology_with_logic(), machine, round_dram);
    // 8 x 1.5 x 1000 um2 = 0.012 mm2: 0.12 mW and 0.24 pJ each cycle.
    const Breakdown energy = model.account({}, 20);
    EXPECT_EQ(energy[Component::leakage], 20 * (2 * 19'000 + 60));
    EXPECT_EQ(energy[Component::clock], 20 * 240);
}

TEST(Energy, BeyondWhatAnIntegerHoldsItIsAnError) {
    const Model model(round_technology(), small_machine(), round_dram);
    EventCounts counts;
    counts[Event::dram_read_bits] = std::numeric_limits<std::uint64_t>::max();
    EXPECT_THROW(model.account(counts, 0), std::overflow_error);
}

TEST(Energy, TheAccumulatorFormatDecidesTheCostOfItsAdds) {
    config::Architecture machine = small_machine();
    machine.array.accumulator = mac_array::Accumulator::fp32;
    const Model model(round_technology(), machine, round_dram);
    EXPECT_DOUBLE_EQ(model.picojoules(Event::accumulator_adds),
                     static_cast<double>(Event::accumulator_adds) + 1);
    machine.array.accumulator = mac_array::Accumulator::int32;
    EXPECT_THROW(Model(round_technology(), machine, round_dram), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::energy

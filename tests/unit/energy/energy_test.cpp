// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/energy.hpp"
#include "sim/config/energy_events.hpp"
#include "sim/config/reader.hpp"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace quatrain::energy {
namespace {

// A technology of round numbers: event number i costs i + 1 pJ; memories cost 1 pJ per bit at 1
// KiB, 4 at 16 KiB.
config::Technology round_technology() {
    config::Technology technology;
    technology.name = "round";
    for (const Event event : config::charged_events()) {
        config::EventEnergy entry;
        entry.event = event;
        entry.picojoules = static_cast<double>(event) + 1;
        if (event == Event::accumulator_adds) {
            entry.variant = "fp32";
            technology.events.push_back(entry);
            entry.variant = "dlfloat16";
            entry.picojoules = 100;
        }
        technology.events.push_back(entry);
    }
    config::MemoryEnergy small;
    small.bytes = 1024;
    small.read_picojoules_per_bit = 1;
    small.write_picojoules_per_bit = 2;
    small.leakage_milliwatts = 1;
    config::MemoryEnergy large = small;
    large.bytes = 16384;
    large.read_picojoules_per_bit = 4;
    large.write_picojoules_per_bit = 8;
    large.leakage_milliwatts = 16;
    technology.memories = {small, large};
    return technology;
}

constexpr DramCosts round_dram{.read_bit = 3, .write_bit = 5, .cycle = 0.25};

config::Architecture small_machine() {
    config::Architecture machine;
    machine.clock_period_ps = 500;
    machine.buffers.moving_bytes = 1024;
    machine.buffers.stationary_bytes = 4096;
    machine.buffers.accumulator_bytes = 16384;
    machine.buffers.vector_bytes = 16384;
    machine.buffers.scalar_bytes = 1024;
    return machine;
}

TEST(Energy, OneOperatorByHand) {
    const Model model(round_technology(), small_machine(), round_dram);
    EventCounts counts;
    counts[Event::macs_uint4_int4] = 10;       // event 0: 1 pJ
    counts[Event::zero_macs_uint4_int4] = 4;   // event 3: 4 pJ instead of 1
    counts[Event::accumulator_adds] = 2;       // dlfloat16: 100 pJ
    counts[Event::moving_read_bits] = 8;       // 1 KiB: 1 pJ per bit
    counts[Event::stationary_write_bits] = 3;  // 4 KiB, half way on both scales: 4 pJ per bit
    counts[Event::accumulator_read_bits] = 5;  // 16 KiB: 4 pJ per bit
    counts[Event::dram_read_bits] = 1;
    counts[Event::dram_write_bits] = 2;
    counts[Event::array_busy_cycles] = 1000;
    const Breakdown energy = model.account(counts, 20);
    EXPECT_DOUBLE_EQ(energy[Component::mac_array], 6 * 1 + 4 * 4 + 2 * 100);
    EXPECT_DOUBLE_EQ(energy[Component::buffers], 8 * 1 + 3 * 4 + 5 * 4);
    EXPECT_DOUBLE_EQ(energy[Component::dram], 3 + 5 * 2 + 20 * 0.25);
    EXPECT_DOUBLE_EQ(energy[Component::dma], 0);
    EXPECT_DOUBLE_EQ(energy[Component::noc], 0);
    // 1 + 4 + 16 + 16 + 1 = 38 mW, 20 cycles of 500 ps: 380 pJ.
    EXPECT_DOUBLE_EQ(energy[Component::leakage], 380);
    EXPECT_DOUBLE_EQ(energy.total(), 222 + 40 + 18 + 380);
}

TEST(Energy, EveryCoreLeaksAndEventsCostWhatTheyCost) {
    config::Architecture machine = small_machine();
    machine.cores = 4;
    const Model model(round_technology(), machine, round_dram);
    EventCounts counts;
    counts[Event::macs_uint4_int4] = 10;
    counts[Event::ring_bit_hops] = 6;
    const Breakdown energy = model.account(counts, 20);
    EXPECT_DOUBLE_EQ(energy[Component::leakage], 4 * 380);
    EXPECT_DOUBLE_EQ(energy[Component::mac_array], 10 * 1);
    EXPECT_DOUBLE_EQ(energy[Component::dram], 20 * 0.25);
    EXPECT_DOUBLE_EQ(energy[Component::noc], 6 * (static_cast<double>(Event::ring_bit_hops) + 1));
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
    EXPECT_DOUBLE_EQ(energy[Component::buffers], 20 + 400);
    EXPECT_DOUBLE_EQ(energy[Component::leakage], 4 * 380 + 20 * 2);
}

TEST(Energy, EveryChargedEventRaisesTheTotal) {
    const Model model(round_technology(), small_machine(), round_dram);
    const std::set<Event> gated{Event::zero_macs_uint4_int4, Event::zero_macs_int4_fp4,
                                Event::zero_macs_sixteen_bit};
    for (const Event event : config::charged_events()) {
        EventCounts counts;
        counts[event] = 1;
        if (gated.contains(event)) continue;
        EXPECT_DOUBLE_EQ(model.account(counts, 0).total(), model.picojoules(event));
        EXPECT_GT(model.picojoules(event), 0) << event_info(event).name;
    }
}

TEST(Energy, TimesAndFaultsCostNothing) {
    const Model model(round_technology(), small_machine(), round_dram);
    EventCounts counts;
    for (auto i = static_cast<std::size_t>(Event::array_busy_cycles); i < event_count; ++i) {
        counts[static_cast<Event>(i)] = 1;
    }
    counts[Event::bank_conflict_cycles] = 1;
    EXPECT_EQ(model.account(counts, 0).total(), 0);
}

TEST(Energy, OperatorsThatPartitionARunAddUpToIt) {
    const config::Architecture machine = config::load_architecture("edge-4bit");
    const Model model(config::load_technology("7nm"), machine, dram_costs(machine));
    EventCounts a, b;
    a[Event::macs_int4_fp4] = 12345;
    a[Event::vector_read_bits] = 999;
    b[Event::macs_int4_fp4] = 54321;
    b[Event::dram_write_bits] = 7;
    EventCounts both = a;
    both += b;
    Breakdown sum = model.account(a, 100);
    sum += model.account(b, 23);
    EXPECT_NEAR(sum.total(), model.account(both, 123).total(), 1e-9 * sum.total());
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
    EXPECT_DOUBLE_EQ(model.account(total, 50)[Component::dram],
                     2 * (2 * 100 + 6 * 10 + 3 * 20 + 1000 + 4 * 50 + 30 * 3 + 20 * 2));
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
    EXPECT_LT(model.picojoules(Event::zero_macs_sixteen_bit), 0);
}

TEST(Energy, MemoriesAreInterpolatedOnLogarithmicScalesAndBeyondTheEnds) {
    const config::Technology technology = round_technology();
    EXPECT_DOUBLE_EQ(memory_energy(technology, 1024).read_picojoules_per_bit, 1);
    EXPECT_DOUBLE_EQ(memory_energy(technology, 4096).read_picojoules_per_bit, 2);
    EXPECT_DOUBLE_EQ(memory_energy(technology, 16384).write_picojoules_per_bit, 8);
    EXPECT_DOUBLE_EQ(memory_energy(technology, 65536).read_picojoules_per_bit, 8);
    EXPECT_DOUBLE_EQ(memory_energy(technology, 256).read_picojoules_per_bit, 0.5);
}

TEST(Energy, ATechnologyWithoutAnEventIsRejected) {
    config::Technology technology = round_technology();
    technology.events.pop_back();
    EXPECT_THROW(Model(technology, small_machine(), round_dram), std::invalid_argument);
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

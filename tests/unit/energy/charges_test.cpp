// SPDX-License-Identifier: Apache-2.0
#include "sim/config/energy_events.hpp"
#include "sim/config/reader.hpp"
#include "sim/energy/energy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cmath>
#include <map>
#include <set>

namespace quatrain::energy {
namespace {

using enum Event;

// Of every event that costs energy, the component that pays.
const std::map<Event, Component> payers{
    {macs_uint4_int4, Component::mac_array},
    {macs_int4_fp4, Component::mac_array},
    {macs_eight_bit, Component::mac_array},
    {macs_sixteen_bit, Component::mac_array},
    {macs_thirty_two_bit, Component::mac_array},
    {zero_macs_uint4_int4, Component::mac_array},
    {zero_macs_int4_fp4, Component::mac_array},
    {zero_macs_eight_bit, Component::mac_array},
    {zero_macs_sixteen_bit, Component::mac_array},
    {zero_macs_thirty_two_bit, Component::mac_array},
    {accumulator_adds, Component::mac_array},
    {stationary_register_bits, Component::mac_array},
    {result_register_bits, Component::mac_array},
    {moving_read_bits, Component::buffers},
    {moving_write_bits, Component::buffers},
    {stationary_read_bits, Component::buffers},
    {stationary_write_bits, Component::buffers},
    {accumulator_read_bits, Component::buffers},
    {accumulator_write_bits, Component::buffers},
    {vector_read_bits, Component::buffers},
    {vector_write_bits, Component::buffers},
    {scalar_read_bits, Component::buffers},
    {scalar_write_bits, Component::buffers},
    {scratchpad_read_bits, Component::buffers},
    {scratchpad_write_bits, Component::buffers},
    {scaling_unit_elements, Component::scaling_unit},
    {vector_unit_adds, Component::vector_unit},
    {vector_unit_multiplies, Component::vector_unit},
    {vector_unit_special, Component::vector_unit},
    {dma_bits, Component::dma},
    {instructions, Component::dma},
    {ring_bit_hops, Component::noc},
    {dram_read_bits, Component::dram},
    {dram_write_bits, Component::dram},
};

// The bits of a burst are charged; times and faults are no work.
const std::set<Event> free_events{
    bank_conflict_cycles,
    dram_bursts,
    array_busy_cycles,
    vector_busy_cycles,
    load_busy_cycles,
    store_busy_cycles,
    array_stall_dram_cycles,
    array_stall_buffer_cycles,
    array_stall_dependency_cycles,
    vector_stall_dram_cycles,
    vector_stall_buffer_cycles,
    vector_stall_dependency_cycles,
    streamer_stall_cycles,
    fault_nan,
    fault_infinity,
    fault_saturated,
    gradient_odd_clipped,
};

const std::map<Event, Event> kind_of_gated{{zero_macs_uint4_int4, macs_uint4_int4},
                                           {zero_macs_int4_fp4, macs_int4_fp4},
                                           {zero_macs_eight_bit, macs_eight_bit},
                                           {zero_macs_sixteen_bit, macs_sixteen_bit},
                                           {zero_macs_thirty_two_bit, macs_thirty_two_bit}};

// What the technology says an event costs, in picojoules.
double figure(const config::Technology& technology, const config::Architecture& machine,
              Event event, const DramCosts& dram) {
    const buffer::Params& buffers = machine.buffers;
    const auto of_memory = [&](std::int64_t bytes, bool read) {
        const std::int64_t port = bytes == machine.scratchpad.bytes
                                      ? 8 * machine.scratchpad.bytes_per_cycle
                                      : 8 * buffers.word_bytes;
        const MemoryCost cost = memory_cost(technology, bytes, port);
        return read ? cost.read.value : cost.write.value;
    };
    switch (event) {
        case moving_read_bits:
        case moving_write_bits:
            return of_memory(buffers.moving_bytes, event == moving_read_bits);
        case stationary_read_bits:
        case stationary_write_bits:
            return of_memory(buffers.stationary_bytes, event == stationary_read_bits);
        case accumulator_read_bits:
        case accumulator_write_bits:
            return of_memory(buffers.accumulator_bytes, event == accumulator_read_bits);
        case vector_read_bits:
        case vector_write_bits:
            return of_memory(buffers.vector_bytes, event == vector_read_bits);
        case scalar_read_bits:
        case scalar_write_bits:
            return of_memory(buffers.scalar_bytes, event == scalar_read_bits);
        case scratchpad_read_bits:
        case scratchpad_write_bits:
            return of_memory(machine.scratchpad.bytes, event == scratchpad_read_bits);
        case dram_read_bits:
            return dram.read_bit;
        case dram_write_bits:
            return dram.write_bit;
        default:
            break;
    }
    for (const config::EventEnergy& entry : technology.events)
        if (entry.event == event && (entry.variant.empty() || entry.variant == "dlfloat16"))
            return entry.figure.band.value;
    ADD_FAILURE() << event_info(event).name;
    return 0;
}

TEST(Charges, EveryEventIsChargedOrFreeByName) {
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        EXPECT_NE(payers.contains(event), free_events.contains(event)) << event_info(event).name;
        const std::optional<Component> component = payer(event);
        if (free_events.contains(event)) {
            EXPECT_FALSE(component) << event_info(event).name;
        } else {
            ASSERT_TRUE(component) << event_info(event).name;
            EXPECT_EQ(*component, payers.at(event)) << event_info(event).name;
        }
    }
    for (const Event event : config::charged_events()) EXPECT_TRUE(payers.contains(event));
}

class ChargesIn : public testing::TestWithParam<const char*> {};

TEST_P(ChargesIn, OneEventOfEachKindCostsItsFigureAndItsComponentPays) {
    const config::Technology technology = config::load_technology(GetParam());
    config::Architecture machine = config::load_architecture("edge-4bit");
    machine.scratchpad.bytes = 2 << 20;
    const DramCosts dram = dram_costs(machine);
    const Model model(technology, machine, dram);
    // A million of each, so that a figure's last digit shows.
    constexpr std::uint64_t times = 1'000'000;
    for (const auto& [event, component] : payers) {
        EventCounts counts;
        counts[event] = times;
        double expected = figure(technology, machine, event, dram);
        if (const auto kind = kind_of_gated.find(event); kind != kind_of_gated.end()) {
            counts[kind->second] = times;
        }
        const Breakdown spent = model.account(counts, 0);
        const double femtojoules = expected * 1e3 * static_cast<double>(times);
        EXPECT_NEAR(static_cast<double>(spent[component]), femtojoules, 1 + 1e-6 * femtojoules)
            << event_info(event).name;
        EXPECT_EQ(spent.total(), spent[component]) << event_info(event).name;
        EXPECT_GT(spent.total(), 0) << event_info(event).name;
    }
    for (const Event event : free_events) {
        EventCounts counts;
        counts[event] = times;
        EXPECT_EQ(model.account(counts, 0), Breakdown{}) << event_info(event).name;
    }
}

TEST_P(ChargesIn, TimeCostsLeakageClockAndBackgroundAlone) {
    const config::Architecture machine = config::load_architecture("rapid-4bit");
    const DramCosts dram{.read_bit = 1, .write_bit = 1, .cycle = 2.5};
    const BandModel model(config::load_technology(GetParam()), machine, dram);
    const EnergyBand spent = model.account({}, 1000);
    for (const Breakdown* bound : {&spent.low, &spent.value, &spent.high}) {
        EXPECT_GT((*bound)[Component::leakage], 0);
        EXPECT_GT((*bound)[Component::clock], 0);
        EXPECT_EQ(bound->total(), (*bound)[Component::leakage] + (*bound)[Component::clock] +
                                      (*bound)[Component::dram]);
    }
    EXPECT_EQ(spent.value[Component::dram], 2'500'000);
}

TEST_P(ChargesIn, EveryFigureLiesInsideItsBandInEveryComponent) {
    const config::Architecture machine = config::load_architecture("rapid-4bit");
    const BandModel model(config::load_technology(GetParam()), machine, dram_costs(machine));
    for (const auto& [event, component] : payers) {
        EventCounts counts;
        counts[event] = 1'000'000;
        if (const auto kind = kind_of_gated.find(event); kind != kind_of_gated.end())
            counts[kind->second] = 1'000'000;
        const EnergyBand spent = model.account(counts, 0);
        EXPECT_LE(spent.low[component], spent.value[component]) << event_info(event).name;
        EXPECT_LE(spent.value[component], spent.high[component]) << event_info(event).name;
    }
}

INSTANTIATE_TEST_SUITE_P(Technologies, ChargesIn, testing::Values("7nm", "22nm", "45nm"),
                         [](const auto& param) { return fmt::format("of_{}", param.param); });

}  // namespace
}  // namespace quatrain::energy

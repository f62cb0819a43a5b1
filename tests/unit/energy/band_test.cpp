// SPDX-License-Identifier: Apache-2.0
#include "sim/config/reader.hpp"
#include "sim/energy/energy.hpp"
#include "tests/unit/energy/round_technology.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>
#include <vector>

namespace quatrain::energy {
namespace {

EventCounts random_counts(std::mt19937_64& generator) {
    std::uniform_int_distribution<std::uint64_t> any(0, 1'000'000'007);
    EventCounts counts;
    for (std::size_t i = 0; i < event_count; ++i) counts[static_cast<Event>(i)] = any(generator);
    return counts;
}

std::int64_t sum_of_components(const Breakdown& breakdown) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < component_count; ++i) sum += breakdown[static_cast<Component>(i)];
    return sum;
}

TEST(Band, PartsAddUpExactlyOverComponentsAndOperators) {
    const config::Architecture machine = config::load_architecture("rapid-4bit");
    const BandModel model(config::load_technology("7nm"), machine, dram_costs(machine));
    std::mt19937_64 generator(7);
    EnergyBand run;
    std::int64_t low = 0, value = 0, high = 0;
    for (int i = 0; i < 1000; ++i) {
        const EnergyBand one = model.account(random_counts(generator), generator() % 1'000'003);
        run += one;
        low += one.low.total();
        value += one.value.total();
        high += one.high.total();
    }
    EXPECT_EQ(run.low.total(), low);
    EXPECT_EQ(run.value.total(), value);
    EXPECT_EQ(run.high.total(), high);
    for (const Breakdown* bound : {&run.low, &run.value, &run.high})
        EXPECT_EQ(sum_of_components(*bound), bound->total());
    EXPECT_LT(low, value);
    EXPECT_LT(value, high);
}

// A component is rounded once, however many events it has: 3 zJ of each of two events are nothing,
// and 600'000 zJ are a femtojoule.
TEST(Band, AComponentIsRoundedOnceToTheNearestFemtojoule) {
    config::Technology technology = round_technology();
    for (config::EventEnergy& entry : technology.events) entry.figure.band = {3e-9, 3e-9, 3e-9};
    const Model model(technology, small_machine(), round_dram);
    EventCounts counts;
    counts[Event::vector_unit_adds] = 1;
    counts[Event::vector_unit_multiplies] = 1;
    EXPECT_EQ(model.account(counts, 0).total(), 0);
    counts[Event::vector_unit_adds] = 100'000;
    counts[Event::vector_unit_multiplies] = 100'000;
    EXPECT_EQ(model.account(counts, 0)[Component::vector_unit], 1);
}

// What a gated multiplier saves is a negative cost: -1.6 fJ are nearer to -2 than to -1.
TEST(Band, NegativeCostsAreRoundedToTheNearestToo) {
    config::Technology technology = round_technology();
    for (config::EventEnergy& entry : technology.events) {
        const double cost = entry.event == Event::macs_int4_fp4 ? 1.6e-3 : 0;
        entry.figure.band = {cost, cost, cost};
    }
    EventCounts counts;
    counts[Event::zero_macs_int4_fp4] = 1;
    const Model model(technology, small_machine(), round_dram);
    EXPECT_EQ(model.account(counts, 0)[Component::mac_array], -2);
    counts[Event::zero_macs_int4_fp4] = 2;
    EXPECT_EQ(model.account(counts, 0)[Component::mac_array], -3);
}

TEST(Band, ATotalBeyondAnIntegerIsAnError) {
    constexpr std::int64_t half = std::int64_t{1} << 62;
    Breakdown one;
    one[Component::dram] = half;
    Breakdown other = one;
    EXPECT_EQ(one.total(), half);
    EXPECT_THROW(other += one, std::overflow_error);
    one[Component::clock] = half;
    EXPECT_THROW(one.total(), std::overflow_error);
}

// Every band of the round technology is from half to twice; the DRAM's is made so.
TEST(Band, AllFiguresMoveTogether) {
    config::Architecture machine = small_machine();
    machine.memory.energies.low_factor = 0.5;
    machine.memory.energies.high_factor = 2;
    const BandModel model(round_technology(), machine, round_dram);
    EventCounts counts;
    counts[Event::macs_int4_fp4] = 10;
    counts[Event::vector_unit_special] = 4;
    counts[Event::moving_read_bits] = 8;
    counts[Event::dram_read_bits] = 6;
    counts[Event::dram_write_bits] = 2;
    const EnergyBand spent = model.account(counts, 8);
    for (std::size_t i = 0; i < component_count; ++i) {
        const auto component = static_cast<Component>(i);
        EXPECT_EQ(2 * spent.low[component], spent.value[component]) << name(component);
        EXPECT_EQ(spent.high[component], 2 * spent.value[component]) << name(component);
    }
    EXPECT_EQ(spent.value[Component::buffers], 8000);
}

TEST(Sensitivity, OneFigureMovesAloneAndTheWidestComesFirst) {
    config::Architecture machine = small_machine();
    machine.memory.energies.low_factor = 0.5;
    machine.memory.energies.high_factor = 2;
    const config::Technology technology = round_technology();
    EventCounts counts;
    counts[Event::macs_uint4_int4] = 10;  // 1 pJ each
    counts[Event::macs_int4_fp4] = 3;     // 2 pJ each
    counts[Event::moving_read_bits] = 8;  // 1 pJ each
    counts[Event::dram_read_bits] = 6;    // 3 pJ each
    const std::int64_t total = Model(technology, machine, round_dram).account(counts, 0).total();
    const std::vector<Sensitivity> all = sensitivity(technology, machine, round_dram, counts, 0);
    ASSERT_EQ(all.size(), figure_names(technology, machine).size());
    const std::vector<std::pair<std::string, std::int64_t>> expected{{"dram_energy", 18'000},
                                                                     {"macs_uint4_int4", 10'000},
                                                                     {"sram_energy", 8'000},
                                                                     {"macs_int4_fp4", 6'000}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(all[i].figure, expected[i].first);
        EXPECT_EQ(all[i].low, total - expected[i].second / 2);
        EXPECT_EQ(all[i].high, total + expected[i].second);
    }
    for (std::size_t i = expected.size(); i < all.size(); ++i) EXPECT_EQ(all[i].span(), 0);
}

// Bands are additive but for products of two figures: leakage and clock are per area.
TEST(Sensitivity, LowsOfSingleFiguresAddUpToTheLowOfAll) {
    const config::Architecture machine = config::load_architecture("edge-4bit");
    const config::Technology technology = config::load_technology("22nm");
    std::mt19937_64 generator(5);
    EventCounts counts = random_counts(generator);
    for (const Event gated :
         {Event::zero_macs_uint4_int4, Event::zero_macs_int4_fp4, Event::zero_macs_eight_bit,
          Event::zero_macs_sixteen_bit, Event::zero_macs_thirty_two_bit})
        counts[gated] = 0;
    const DramCosts dram = dram_costs(machine);
    const EnergyBand band = BandModel(technology, machine, dram).account(counts, 0);
    std::int64_t low = band.value.total(), high = low;
    const auto all = sensitivity(technology, machine, dram, counts, 0);
    for (const Sensitivity& one : all) {
        low -= band.value.total() - one.low;
        high += one.high - band.value.total();
    }
    const auto rounding = static_cast<double>(all.size());
    EXPECT_NEAR(static_cast<double>(low), static_cast<double>(band.low.total()), rounding);
    EXPECT_NEAR(static_cast<double>(high), static_cast<double>(band.high.total()), rounding);
}

TEST(Sensitivity, AreaLeakageAndClockAreFiguresOfTheirOwn) {
    config::Architecture machine = small_machine();
    machine.array.rows = 1;
    machine.array.cols = 1;
    // 1500 um2: 0.015 mW and 0.03 pJ each cycle, 0.0075 pJ of leakage; memories 19 pJ.
    const auto all = sensitivity(technology_with_logic(), machine, round_dram, {}, 1000);
    const auto span = [&](const std::string& name) {
        const auto found = std::ranges::find(all, name, &Sensitivity::figure);
        return found == all.end() ? -1 : found->span();
    };
    EXPECT_EQ(span("sram_leakage"), 28'500'000);
    EXPECT_EQ(span("logic_area"), 3 * (30'000 + 7'500) / 2);
    EXPECT_EQ(span("clock_energy"), 45'000);
    EXPECT_EQ(span("logic_leakage"), 11'250);
}

TEST(Sensitivity, AnUnknownFigureIsRejected) {
    const Setting setting{.figure = "magic", .its_own = Bound::low};
    EXPECT_THROW(Model(round_technology(), small_machine(), round_dram, setting),
                 std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::energy

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/energy.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace quatrain::dram {
namespace {

constexpr double half_of_the_last_digit = 0.5;

Standard standard_of(std::int64_t clock_period_ps, std::int64_t bus_bits, std::int64_t banks,
                     std::int64_t burst_beats) {
    Standard standard;
    standard.clock_period_ps = clock_period_ps;
    standard.organisation.bus_bits = bus_bits;
    standard.organisation.banks = banks;
    standard.organisation.burst_beats = burst_beats;
    standard.organisation.burst_cycles = burst_beats / 2;
    return standard;
}

double burst_bits(const Standard& standard) {
    return static_cast<double>(8 * standard.organisation.burst_bytes());
}

// pJ per cycle, as mW.
double milliwatts(const Standard& standard, double picojoules) {
    return picojoules / (static_cast<double>(standard.clock_period_ps) / 1000);
}

// 8 devices of 8 Gb x8: DRAMsim3's DDR4_8Gb_x8_3200.ini, whose tRFC is 350 ns.
TEST(SupplyCurrents, OfDdr4GiveTheFiguresOfDramsim3) {
    const Standard standard = standard_of(625, 64, 16, 8);
    const Supply supply{.volts = 1.2,
                        .idd0 = 57,
                        .idd2n = 37,
                        .idd3n = 52,
                        .idd4r = 168,
                        .idd4w = 150,
                        .idd5b = 250,
                        .idd5pb = {}};
    const Energies energies = energies_from_currents(standard, {{supply}}, {74, 52, 22, 560, 0}, 8);
    EXPECT_NEAR(energies.read / burst_bits(standard), 5.44, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(energies.write / burst_bits(standard), 4.59, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(energies.activate, 4200, 10 * half_of_the_last_digit);
    EXPECT_NEAR(energies.refresh_all, 665e3, 1e3 * half_of_the_last_digit);
    EXPECT_DOUBLE_EQ(energies.refresh_bank, energies.refresh_all / 16);
    EXPECT_NEAR(milliwatts(standard, energies.active_standby), 499, half_of_the_last_digit);
    EXPECT_NEAR(milliwatts(standard, energies.precharged_standby), 355, half_of_the_last_digit);
}

// Three supplies: DRAMSys's JEDEC_8Gb_LPDDR4-3200_16bit.
std::vector<Supply> lpddr4_supplies() {
    return {{1.8, 3.5, 2, 2.25, 2.25, 2.25, 10, {}},
            {1.1, 45, 27, 30, 275, 210, 90, {}},
            {1.1, 0.75, 0.75, 0.75, 150, 55, 0.75, {}}};
}

TEST(SupplyCurrents, OfLpddr4AddUpOverTheSupplies) {
    const Standard standard = standard_of(625, 16, 8, 16);
    const std::vector<Supply> supplies = lpddr4_supplies();
    const Energies energies = energies_from_currents(standard, supplies, {97, 68, 29, 448, 224}, 1);
    EXPECT_NEAR(energies.read / burst_bits(standard), 8.47, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(energies.write / burst_bits(standard), 5.03, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(milliwatts(standard, energies.active_standby), 37.9, 0.1 * half_of_the_last_digit);
    const double refresh_interval_ns = 6246 * 0.625;
    EXPECT_NEAR(energies.refresh_all / refresh_interval_ns, 5.7, 0.1 * half_of_the_last_digit);
    const Energies core =
        energies_from_currents(standard, std::span(supplies).first(2), {97, 68, 29, 448, 224}, 1);
    EXPECT_NEAR(core.read / burst_bits(standard), 5.26, 0.01 * half_of_the_last_digit);
}

// The figure that goes round, 1.28 nJ, is that of the precharge of all banks (tRP 34, tRC 102); one
// bank is precharged in 29 cycles.
TEST(SupplyCurrents, OfLpddr4GiveAnActivateThatHangsOnThePrecharge) {
    const Standard standard = standard_of(625, 16, 8, 16);
    const auto activate = [&](std::int64_t cycle, std::int64_t precharge) {
        return energies_from_currents(standard, lpddr4_supplies(), {cycle, 68, precharge, 448, 224},
                                      1)
            .activate;
    };
    EXPECT_NEAR(activate(102, 34), 1280, 10 * half_of_the_last_digit);
    EXPECT_NEAR(activate(97, 29), 1205, half_of_the_last_digit);
}

// The channel of 128 bits of DRAMsim3's HBM2_8Gb_x128.ini; its row has 1 KB.
TEST(SupplyCurrents, OfHbm2GiveTheFiguresOfDramsim3) {
    const Standard standard = standard_of(1000, 128, 16, 4);
    const Supply supply{1.2, 65, 40, 55, 390, 500, 250, {}};
    const Energies energies = energies_from_currents(standard, {{supply}}, {48, 34, 14, 260, 0}, 1);
    EXPECT_NEAR(energies.read / burst_bits(standard), 1.57, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(energies.write / burst_bits(standard), 2.09, 0.01 * half_of_the_last_digit);
    EXPECT_NEAR(energies.activate, 828, half_of_the_last_digit);
}

TEST(SupplyCurrents, OfOneBanksRefreshAreUsedWhereTheMakerGivesThem) {
    const Standard standard = standard_of(1000, 16, 8, 16);
    const CurrentTimes times{40, 30, 10, 200, 90};
    Supply supply{1.0, 50, 20, 30, 100, 100, 130, {}};
    EXPECT_DOUBLE_EQ(energies_from_currents(standard, {{supply}}, times, 1).refresh_bank,
                     100.0 * 200 / 8);
    supply.idd5pb = 60;
    EXPECT_DOUBLE_EQ(energies_from_currents(standard, {{supply}}, times, 1).refresh_bank,
                     30.0 * 90);
    Supply other = supply;
    other.idd5pb.reset();  // draws no more than standby
    EXPECT_DOUBLE_EQ(energies_from_currents(standard, {{supply, other}}, times, 1).refresh_bank,
                     30.0 * 90);
}

TEST(SupplyCurrents, GrowWithTheDevicesAndThePeriod) {
    const Supply supply{1.2, 65, 40, 55, 390, 500, 250, {}};
    const CurrentTimes times{48, 34, 14, 260, 0};
    const Energies one = energies_from_currents(standard_of(1000, 64, 16, 4), {{supply}}, times, 1);
    const Energies six = energies_from_currents(standard_of(3000, 64, 16, 4), {{supply}}, times, 2);
    for (double Energies::*field :
         {&Energies::activate, &Energies::read, &Energies::write, &Energies::refresh_all,
          &Energies::refresh_bank, &Energies::active_standby, &Energies::precharged_standby}) {
        EXPECT_GT(one.*field, 0);
        EXPECT_DOUBLE_EQ(six.*field, 6 * one.*field);
    }
}

}  // namespace
}  // namespace quatrain::dram

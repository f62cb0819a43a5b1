// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/area.hpp"
#include "sim/config/reader.hpp"
#include "tests/unit/energy/round_technology.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::energy {
namespace {

constexpr Modes four{.four_bit = true}, eight{.eight_bit = true}, sixteen{.sixteen_bit = true},
    thirty_two{.thirty_two_bit = true};

class AreaIn : public testing::TestWithParam<const char*> {};

// Sun et al., NeurIPS 2020, section 6: 55 % of the area, 4 times the throughput, 7.3 times the
// density; figure 6(c): 2.0 for FP8.
TEST_P(AreaIn, ThePaperIsMet) {
    const config::Technology technology = config::load_technology(GetParam());
    const mac_array::Params params;  // 4, 2 and 1 lanes
    const double reference = pe_area(technology, params, sixteen).value;
    EXPECT_DOUBLE_EQ(pe_area(technology, params, four).value, 0.55 * reference);
    EXPECT_NEAR(4 / relative_pe_area(technology, params, four).value, 7.27, 0.005);
    EXPECT_NEAR(2 / relative_pe_area(technology, params, eight).value, 2.03, 0.005);
    EXPECT_DOUBLE_EQ(relative_pe_area(technology, params, sixteen).value, 1);
    mac_array::Params wide;
    wide.lanes_32bit = 1;
    EXPECT_GT(relative_pe_area(technology, wide, thirty_two).value, 2);
}

TEST_P(AreaIn, TotalsAreInsideTheirBandsAndRowsAddUp) {
    const AreaReport report =
        area(config::load_technology(GetParam()), config::load_architecture("rapid-4bit"));
    double sum = 0, logic = 0;
    for (const AreaRow& row : report.rows) {
        const double total = 1e-6 * static_cast<double>(row.count) * row.each.value;
        sum += total;
        if (!row.is_memory) logic += total;
        EXPECT_LE(row.each.low, row.each.value) << row.unit;
        EXPECT_LE(row.each.value, row.each.high) << row.unit;
        EXPECT_GT(row.each.low, 0) << row.unit;
        EXPECT_FALSE(row.source.empty()) << row.unit;
    }
    EXPECT_DOUBLE_EQ(report.square_millimetres().value, sum);
    EXPECT_DOUBLE_EQ(report.logic_square_millimetres().value, logic);
    EXPECT_FALSE(report.left_out.empty());
}

INSTANTIATE_TEST_SUITE_P(Technologies, AreaIn, testing::Values("7nm", "22nm", "45nm"),
                         [](const auto& param) { return fmt::format("of_{}", param.param); });

TEST(Area, FloatingPointModesShareOnePipelineAndTheFixedPointOneStandsBesideIt) {
    const config::Technology technology = technology_with_logic();
    mac_array::Params params;
    params.lanes_32bit = 1;
    const auto relative = [&](const Modes& modes) {
        return relative_pe_area(technology, params, modes).value;
    };
    EXPECT_DOUBLE_EQ(relative({.four_bit = true, .sixteen_bit = true}), 0.5 + 1);
    EXPECT_DOUBLE_EQ(relative({.eight_bit = true, .sixteen_bit = true}), 1);
    EXPECT_DOUBLE_EQ(relative(built_modes(params)), 0.5 + 3);
    EXPECT_DOUBLE_EQ(relative({}), 0);
    params.lanes_4bit = 8;
    params.lanes_8bit = 6;
    EXPECT_DOUBLE_EQ(relative(four), 1);
    EXPECT_DOUBLE_EQ(relative({.eight_bit = true, .sixteen_bit = true}), 3);
}

TEST(Area, CellsThatCoverLessOfTheFloorTakeMoreOfIt) {
    config::Technology technology = technology_with_logic();
    technology.areas.pe_sixteen_bit.band = {1000, 1000, 1000};
    technology.assumptions.back().figure.band = {0.5, 0.8, 1};
    const config::Band pe = pe_area(technology, {}, sixteen);
    EXPECT_DOUBLE_EQ(pe.low, 1000);
    EXPECT_DOUBLE_EQ(pe.value, 1250);
    EXPECT_DOUBLE_EQ(pe.high, 2000);
}

TEST(Area, AModeWithoutLanesIsNotBuilt) {
    const mac_array::Params params;
    EXPECT_FALSE(built_modes(params).thirty_two_bit);
    EXPECT_TRUE(built_modes(params).four_bit);
    EXPECT_THROW(relative_pe_area(technology_with_logic(), params, thirty_two),
                 std::invalid_argument);
}

TEST(Area, RegistersAreAsWideAsTheWidestMode) {
    config::Technology technology = technology_with_logic();
    technology.areas.register_bit.band = {4, 4, 4};
    mac_array::Params params;  // 16 bits of operand in every mode, two of each register
    EXPECT_DOUBLE_EQ(pe_register_area(technology, params, sixteen).value, 4 * (3 * 16 + 2 * 16));
    params.double_stationary = false;
    params.double_result = false;
    params.lanes_4bit = 8;
    params.accumulator = mac_array::Accumulator::fp32;
    EXPECT_DOUBLE_EQ(pe_register_area(technology, params, four).value, 4 * (2 * 32 + 32));
}

TEST(Area, EveryCoreHasItsOwnAndTheScratchpadIsOne) {
    config::Architecture machine = small_machine();
    machine.array.rows = 2;
    machine.array.cols = 3;
    machine.vector_unit.lanes = 5;
    machine.scratchpad.bytes = 4096;
    const auto count = [](const AreaReport& report, const std::string& unit) {
        const auto found = std::ranges::find(report.rows, unit, &AreaRow::unit);
        return found == report.rows.end() ? std::int64_t{0} : found->count;
    };
    machine.cores = 4;
    const AreaReport four_cores = area(technology_with_logic(), machine);
    EXPECT_EQ(count(four_cores, "PE arithmetic"), 24);
    EXPECT_EQ(count(four_cores, "vector unit lane"), 4 * 5);
    EXPECT_EQ(count(four_cores, "scaling unit lane"), 24) << "more lanes than PEs are an idea";
    EXPECT_EQ(count(four_cores, "moving buffer"), 4);
    EXPECT_EQ(count(four_cores, "scratchpad"), 1);
    EXPECT_EQ(count(four_cores, "ring stop"), 5) << "one is the memory's";
    // 24 PEs of 1500 um2; memories: 0.01, 0.04, 0.16, 0.16, 0.01 mm2 a core, and 0.04.
    EXPECT_DOUBLE_EQ(four_cores.logic_square_millimetres().value, 0.036);
    EXPECT_DOUBLE_EQ(four_cores.logic_square_millimetres().high, 0.072);
    EXPECT_NEAR(four_cores.square_millimetres().value, 0.036 + 4 * 0.38 + 0.04, 1e-12);
    machine.cores = 1;
    EXPECT_EQ(count(area(technology_with_logic(), machine), "ring stop"), 0);
}

}  // namespace
}  // namespace quatrain::energy

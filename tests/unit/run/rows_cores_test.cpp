// SPDX-License-Identifier: Apache-2.0
// What a result says of several cores, from machine results made by hand.
#include "sim/run/memory.hpp"
#include "sim/run/rows.hpp"
#include "tests/unit/run/several_cores.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>

namespace quatrain::run {
namespace {

using energy::Component;
using training::BatchNormScope;

constexpr std::uint64_t cycles = 1000;

/// One operator of 30 x 4 MACs of 4 bits on each core, whatever the number of cores, in as many
/// cycles.
compiler::Program one_product() {
    compiler::Program program;
    compiler::OperatorCode code;
    code.name = "conv";
    code.macs = 120 * cycles;
    code.m = 7;
    program.code.push_back(code);
    program.dram_bytes = 4096;
    return program;
}

RunResult result_of(std::int64_t cores) {
    const RunOptions options = testing::options_of_cores(cores, BatchNormScope::per_core);
    machine::MachineResult simulated;
    machine::OperatorResult one;
    one.end_cycle = cycles;
    one.events[Event::macs_uint4_int4] = static_cast<std::uint64_t>(cores) * 120 * cycles;
    simulated.operators = {one};
    simulated.operators_done = 1;
    simulated.events = one.events;
    return make_result(options, one_product(), simulated);
}

TEST(RowsOfCores, AllArraysAreUsedAsMuchAsOne) {
    // 6 x 5 PEs with 4 lanes: 120 MACs per cycle, all of them used.
    for (const std::int64_t cores : {1, 4}) {
        const RunResult result = result_of(cores);
        EXPECT_EQ(result.operators[0].macs, static_cast<std::uint64_t>(cores) * 120 * cycles);
        EXPECT_EQ(result.macs, result.operators[0].macs);
        EXPECT_EQ(result.operators[0].m, 7);
        EXPECT_DOUBLE_EQ(result.operators[0].utilisation, 1);
        EXPECT_DOUBLE_EQ(result.utilisation, 1);
        EXPECT_EQ(result.cycles, cycles);
        EXPECT_EQ(result.dram_bytes, 4096 * cores);
    }
}

TEST(RowsOfCores, EveryCoreSpendsItsEnergyAndLeaks) {
    const RunResult one = result_of(1), four = result_of(4);
    const auto spent = [](const RunResult& result, Component component) {
        return static_cast<double>(result.energy.value[component]);
    };
    EXPECT_GT(one.energy.value[Component::mac_array], 0);
    // Either is rounded to a femtojoule.
    EXPECT_NEAR(spent(four, Component::mac_array), 4 * spent(one, Component::mac_array), 2.5);
    // The stops of the ring leak besides.
    EXPECT_GT(one.energy.value[Component::leakage], 0);
    EXPECT_GT(spent(four, Component::leakage), 4 * spent(one, Component::leakage));
}

TEST(RowsOfCores, TheRoofIsThatOfAllArrays) {
    config::Architecture architecture =
        testing::options_of_cores(4, BatchNormScope::per_core).architecture;
    architecture.dram.ideal = true;
    OperatorRow row = result_of(4).operators[0];
    const auto roof = roofline(architecture, row);
    ASSERT_TRUE(roof);
    EXPECT_DOUBLE_EQ(roof->attainable_macs_per_cycle, 4 * 120);
    EXPECT_DOUBLE_EQ(roof->attained_macs_per_cycle, 4 * 120);
}

class NumbersOfCores : public ::testing::TestWithParam<BatchNormScope> {
protected:
    RunResult result() {
        compiler::Program program;
        program.graph = memory_.graph;
        RunResult made;
        add_numbers(program, memory_.inputs, memory_.source(), made);
        return made;
    }
    void set(std::int64_t core, const std::string& name, std::uint32_t code) {
        memory_.tensor(core, name).codes = {code};
    }

    testing::CoresMemory memory_{testing::options_of_cores(3, GetParam())};
};

TEST_P(NumbersOfCores, TheLossIsThatOfTheWholeBatch) {
    float loss = 0;
    for (std::int64_t core = 0; core < 3; ++core)
        loss += std::bit_cast<float>(memory_.tensor(core, "loss").codes[0]);
    EXPECT_NEAR(result().loss.value(), loss, 1e-5);
}

TEST_P(NumbersOfCores, GradScaleIsDecidedByAllCores) {
    // 5 x 5 pixels of 8 channels and two images on each of three cores; the stride is 2.
    constexpr double gradients = 3 * 2 * 3 * 3 * 8;
    set(0, "conv.gradient_max", std::bit_cast<std::uint32_t>(40.0F));
    set(1, "conv.gradient_max", std::bit_cast<std::uint32_t>(100.0F));
    set(2, "conv.gradient_max", std::bit_cast<std::uint32_t>(7.0F));
    for (std::int64_t core = 0; core < 3; ++core) {
        set(core, "conv.gradscale_vote", core == 2 ? 1U : ~0U);  // no core's own vote decides
        set(core, "conv.gradscale_vote.reduced", static_cast<std::uint32_t>(-2));
        set(core, "conv.gradient_underflow", static_cast<std::uint32_t>(core + 1));
        set(core, "conv.gradient_overflow", static_cast<std::uint32_t>(10 * core));
    }
    const RunResult made = result();
    const auto row = std::ranges::find(made.gradscale, "conv", &GradScaleRow::layer);
    ASSERT_NE(row, made.gradscale.end());
    EXPECT_EQ(row->log2_scale, 16);
    EXPECT_EQ(row->max_abs, 100);
    EXPECT_EQ(row->vote, -1);
    EXPECT_EQ(row->vote_sum, -2);
    EXPECT_DOUBLE_EQ(row->underflow_fraction, 6 / gradients);
    EXPECT_DOUBLE_EQ(row->overflow_fraction, 30 / gradients);
}

INSTANTIATE_TEST_SUITE_P(Scopes, NumbersOfCores, testing::scopes(), testing::scope_name);

}  // namespace
}  // namespace quatrain::run

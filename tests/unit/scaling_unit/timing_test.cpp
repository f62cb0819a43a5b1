// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/timing.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorInstruction;
using isa::VectorOperation;

VectorInstruction instruction(VectorOperation operation, std::int64_t rows, std::int64_t columns) {
    VectorInstruction result;
    result.operation = operation;
    result.rows = rows;
    result.columns = columns;
    return result;
}

const Params params{.lanes = 16, .depth = 8, .special_cycles = 4};

TEST(ScalingUnitCycles, ADrainTakesOneCyclePerGroupAndThePipeline) {
    isa::Drain drain;
    drain.rows = 3;
    drain.columns = 16;
    EXPECT_EQ(cycles(params, drain), 3 + 8);
    drain.columns = 17;
    EXPECT_EQ(cycles(params, drain), 4 + 8);
    EXPECT_EQ(elements(drain), 51);
}

TEST(ScalingUnitCycles, TheStatisticsAddOneRowToAColumnPerCycle) {
    const auto statistics = [](std::int64_t rows, std::int64_t columns) {
        return cycles(params, instruction(VectorOperation::weight_statistics, rows, columns));
    };
    EXPECT_EQ(statistics(10, 16), 10 + 8);
    EXPECT_EQ(statistics(10, 17), 10 * 2 + 8);
    EXPECT_EQ(statistics(10, 1), 10 + 8) << "fifteen lanes idle: the sum runs down the column";
    EXPECT_EQ(elements(instruction(VectorOperation::weight_statistics, 10, 1)), 10);
}

TEST(ScalingUnitCycles, BothCodesOfAGradientTakeOnePassWhateverTheirWidth) {
    VectorInstruction quantise = instruction(VectorOperation::quantise_gradient, 10, 16);
    quantise.out[0].address = 0;
    const std::int64_t one = cycles(params, quantise);
    quantise.out[1].address = 4096;
    EXPECT_EQ(cycles(params, quantise), one);
    quantise.out[1].format = numerics::Format::fp8_152;
    EXPECT_EQ(cycles(params, quantise), one);
    EXPECT_EQ(one, 10 + 8);
}

TEST(ScalingUnitCycles, DividingByTheStepAndTheTransposedCopyAreCharged) {
    VectorInstruction quantise = instruction(VectorOperation::quantise_weight, 10, 16);
    EXPECT_EQ(cycles(params, quantise), 10 + 8);
    quantise.scalars[0] = 0;
    EXPECT_EQ(cycles(params, quantise), 10 * 4 + 8);
    quantise.out[1].address = 4096;
    EXPECT_EQ(cycles(params, quantise), 10 * 4 + 10 + 8);
}

TEST(ScalingUnitCycles, TheScalarPathDoesNotDependOnTheShape) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::activation_scale, 1, 1)), 2 * 4 + 8);
    EXPECT_EQ(cycles(params, instruction(VectorOperation::update_gradscale, 0, 0)), 1 + 8);
    EXPECT_EQ(elements(instruction(VectorOperation::update_gradscale, 0, 0)), 1);
    for (const VectorOperation one :
         {VectorOperation::gradscale_vote, VectorOperation::add_votes,
          VectorOperation::apply_gradscale, VectorOperation::least_vote}) {
        EXPECT_TRUE(executes(one));
        EXPECT_EQ(cycles(params, instruction(one, 0, 0)), 1 + 8);
        EXPECT_EQ(elements(instruction(one, 0, 0)), 1);
    }
    EXPECT_EQ(cycles(params, instruction(VectorOperation::weight_scale, 1, 64)), 64 + 4 * 4 + 8);
}

TEST(ScalingUnitCycles, ExecutesExactlyTheFirstBlockOfTheEnumeration) {
    for (std::size_t i = 0; i < isa::vector_operation_count; ++i) {
        const auto operation = static_cast<VectorOperation>(i);
        EXPECT_EQ(executes(operation), operation < VectorOperation::fill_zero) << i;
        if (executes(operation)) {
            EXPECT_GE(cycles(params, instruction(operation, 1, 1)), params.depth + 1) << i;
        } else {
            EXPECT_THROW(cycles(params, instruction(operation, 1, 1)), std::invalid_argument) << i;
        }
    }
}

TEST(ScalingUnitParams, EveryParameterIsDescribedInOrder) {
    const auto info = parameter_info(params);
    ASSERT_EQ(info.size(), 3U);
    EXPECT_EQ(info[0].name, "lanes");
    EXPECT_EQ(info[1].name, "depth");
    EXPECT_EQ(info[2].name, "special_cycles");
}

}  // namespace
}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/timing.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::vector_unit {
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

TEST(VectorUnitCost, EveryOperationOfTheVectorUnitHasAPriceAndThoseOfTheScalingUnitsHaveNone) {
    for (std::size_t i = 0; i < isa::vector_operation_count; ++i) {
        const auto operation = static_cast<VectorOperation>(i);
        if (operation < VectorOperation::fill_zero) {
            EXPECT_THROW(cost(operation), std::invalid_argument) << i;
        } else {
            EXPECT_GE(cost(operation).element.passes, 1) << i;
        }
    }
}

TEST(VectorUnitCost, PassesCoverTheBusierOfAdderAndMultiplier) {
    for (auto i = static_cast<std::size_t>(VectorOperation::fill_zero);
         i < isa::vector_operation_count; ++i) {
        const LaneCost element = cost(static_cast<VectorOperation>(i)).element;
        EXPECT_EQ(element.passes, std::max({std::int64_t{1}, element.adds, element.multiplies}))
            << i;
    }
}

TEST(VectorUnitCycles, AFullGroupTakesOnePassAndOneElementMoreTakesTwo) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::relu, 4, 4)), 1 + 8);
    EXPECT_EQ(cycles(params, instruction(VectorOperation::relu, 1, 17)), 2 + 8);
    EXPECT_EQ(cycles(params, instruction(VectorOperation::relu, 0, 17)), 8);
}

TEST(VectorUnitCycles, PassesMultiplyTheGroups) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::batch_norm_normalise, 100, 16)),
              2 * 100 + 8);
}

TEST(VectorUnitCycles, SpecialFunctionsHoldTheirLanes) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::batch_norm_finish, 1, 33)),
              3 * (6 + 4 * 4) + 8);
    EXPECT_EQ(cycles(params, instruction(VectorOperation::divide_scalar, 1, 1)), 1 + 4 + 8);
}

TEST(VectorUnitCycles, FactorsOfAColumnAreMadeOncePerColumn) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::batch_norm_backward_apply, 10, 32)),
              3 * 20 + 2 * (1 + 2 * 4) + 8);
}

TEST(VectorUnitCycles, ARunningSumAcrossColumnsTakesOneColumnPerCycle) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::reduce_columns, 1, 512)), 512 + 8);
}

TEST(VectorUnitCycles, ASumPerColumnTakesOneRowAtATime) {
    for (const auto operation : {VectorOperation::activation_backward, VectorOperation::column_sum,
                                 VectorOperation::batch_norm_statistics,
                                 VectorOperation::batch_norm_backward_statistics}) {
        const std::int64_t passes = cost(operation).element.passes;
        EXPECT_EQ(cycles(params, instruction(operation, 100, 1)), passes * 100 + 8);
        EXPECT_EQ(cycles(params, instruction(operation, 100, 15)), passes * 100 + 8);
        EXPECT_EQ(cycles(params, instruction(operation, 100, 16)), passes * 100 + 8);
        EXPECT_EQ(cycles(params, instruction(operation, 100, 17)), passes * 200 + 8);
    }
}

TEST(VectorUnitCycles, SoftmaxGivesEachLaneARowAndAddsTheLossesOneByOne) {
    EXPECT_EQ(cycles(params, instruction(VectorOperation::softmax_cross_entropy, 17, 10)),
              2 * 10 * (4 + 3 * 4) + 2 * (2 + 4) + 17 + 8);
    EXPECT_EQ(work(instruction(VectorOperation::softmax_cross_entropy, 17, 10)).adds,
              17 * 10 * 4 + 17 * 3);
}

TEST(VectorUnitCycles, AWindowStaysInItsLane) {
    VectorInstruction average = instruction(VectorOperation::average_pool, 1, 3);
    average.immediate = 49;
    EXPECT_EQ(cycles(params, average), 49 + 4 + 8);
    average.operation = VectorOperation::average_pool_backward;
    EXPECT_EQ(cycles(params, average), 49 + 4 + 8);
    VectorInstruction pool = instruction(VectorOperation::max_pool, 1, 3);
    pool.window.kernel = 3;
    EXPECT_EQ(cycles(params, pool), 9 + 8);
}

TEST(VectorUnitCycles, PoolingCountsTheElementsOfTheWindows) {
    VectorInstruction pool = instruction(VectorOperation::max_pool, 4 * 4, 16);
    pool.window = {.kernel = 3,
                   .stride = 2,
                   .padding = 1,
                   .input_height = 8,
                   .input_width = 8,
                   .output_height = 4,
                   .output_width = 4,
                   .first_input_row = 0,
                   .input_rows = 8,
                   .first_output_row = 0,
                   .output_rows = 4,
                   .first_result_row = 0,
                   .result_rows = 8};
    EXPECT_EQ(cycles(params, pool), 16 * 9 + 8);
    pool.operation = VectorOperation::max_pool_backward;
    pool.rows = 8 * 8;
    EXPECT_EQ(cycles(params, pool), 2 * 16 * 9 + 8);

    VectorInstruction average = instruction(VectorOperation::average_pool, 2, 16);
    average.immediate = 49;
    EXPECT_EQ(cycles(params, average), 2 * 49 + 2 * 4 + 8);
}

TEST(VectorUnitWork, CountsWhatTheFormulaNeeds) {
    const Work normalise = work(instruction(VectorOperation::batch_norm_normalise, 10, 7));
    EXPECT_EQ(normalise.elements, 70);
    EXPECT_EQ(normalise.adds, 140);
    EXPECT_EQ(normalise.multiplies, 140);
    EXPECT_EQ(normalise.specials, 0);
    EXPECT_EQ(work(instruction(VectorOperation::batch_norm_backward_apply, 10, 7)).specials, 14);
}

TEST(VectorUnitWork, OperandsThatAreNotGivenLeaveTheirUnitsIdle) {
    VectorInstruction sgd = instruction(VectorOperation::sgd_update, 10, 7);
    EXPECT_EQ(work(sgd).adds, 2 * 70);
    EXPECT_EQ(work(sgd).multiplies, 2 * 70);
    sgd.scalars = {0, 4, 8, 12, isa::no_address, isa::no_address};
    EXPECT_EQ(work(sgd).adds, 4 * 70);
    EXPECT_EQ(work(sgd).multiplies, 3 * 70);
    VectorInstruction finish = instruction(VectorOperation::batch_norm_finish, 1, 7);
    EXPECT_EQ(work(finish).multiplies, 7);
    finish.in[2].address = 0;
    EXPECT_EQ(work(finish).multiplies, 6 * 7);
    EXPECT_EQ(work(finish).adds, 5 * 7);
    VectorInstruction add = instruction(VectorOperation::add, 1, 5);
    EXPECT_EQ(work(add).multiplies, 0);
    add.scalars[1] = 4;
    EXPECT_EQ(work(add).multiplies, 5);
}

TEST(VectorUnitParams, EveryParameterIsDescribedInOrder) {
    const auto info = parameter_info(params);
    ASSERT_EQ(info.size(), 3U);
    EXPECT_EQ(info[0].name, "lanes");
    EXPECT_EQ(info[1].name, "depth");
    EXPECT_EQ(info[2].name, "special_cycles");
}

}  // namespace
}  // namespace quatrain::vector_unit

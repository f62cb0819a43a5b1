// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/bench.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

constexpr std::int64_t rows = 211, columns = 35;

struct Statistics {
    std::vector<float> sum = std::vector<float>(columns, 0.0F);
    std::vector<float> square_sum = std::vector<float>(columns, 0.0F);
    std::vector<float> maximum = std::vector<float>(columns, 0.0F);
};

Statistics statistics(const std::vector<float>& w) {
    Statistics result;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const std::size_t c = i % columns;
        result.sum[c] = result.sum[c] + std::fabs(w[i]);
        const float square = w[i] * w[i];
        result.square_sum[c] = result.square_sum[c] + square;
        result.maximum[c] = std::max(result.maximum[c], std::fabs(w[i]));
    }
    return result;
}

TEST(WeightStatistics, SequentialSumsPerColumnWhateverTheTiling) {
    const auto w = random_values(Format::fp32, rows * columns, 1, 0.05F);
    const Statistics expected = statistics(w);
    for (const std::int64_t tile_rows : {rows, std::int64_t{100}, std::int64_t{1}}) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::weight_statistics, 0, columns);
        for (std::size_t i = 0; i < 3; ++i) op.out[i] = bench.room(Format::fp32, columns);
        for (std::int64_t first = 0; first < rows; first += tile_rows) {
            op.rows = std::min(tile_rows, rows - first);
            op.accumulate = first != 0;
            op.in[0] = bench.tile(Format::fp32,
                                  std::vector<float>(w.begin() + first * columns,
                                                     w.begin() + (first + op.rows) * columns));
            bench.run(op);
        }
        EXPECT_EQ(bench.values(op.out[0], columns), expected.sum) << tile_rows;
        EXPECT_EQ(bench.values(op.out[1], columns), expected.square_sum) << tile_rows;
        EXPECT_EQ(bench.values(op.out[2], columns), expected.maximum) << tile_rows;
    }
}

struct Scale {
    float alpha, step;
};

Scale run_scale(const Statistics& s, std::int64_t count) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::weight_scale, 1, columns);
    op.in = {bench.tile(Format::fp32, s.sum), bench.tile(Format::fp32, s.square_sum),
             bench.tile(Format::fp32, s.maximum)};
    op.immediate = count;
    op.scalars[0] = bench.scalar(-1.0F);
    op.scalars[1] = bench.scalar(-1.0F);
    bench.run(op);
    return {bench.scalar_value<float>(op.scalars[0]), bench.scalar_value<float>(op.scalars[1])};
}

TEST(WeightScale, FollowsThePageOperationByOperation) {
    const Statistics s = statistics(random_values(Format::fp32, rows * columns, 2, 0.05F));
    const Scale scale = run_scale(s, rows * columns);
    float s1 = 0.0F, s2 = 0.0F;
    for (std::size_t c = 0; c < columns; ++c) {
        s1 = s1 + s.sum[c];
        s2 = s2 + s.square_sum[c];
    }
    const float e1 = s1 / static_cast<float>(rows * columns);
    const float e2 = s2 / static_cast<float>(rows * columns);
    const float first = 12.035F * std::sqrt(e2);
    const float second = 12.03F * e1;
    const float alpha = first - second;
    ASSERT_GT(alpha, 0.0F);
    EXPECT_EQ(scale.alpha, alpha);
    EXPECT_EQ(scale.step, alpha / 7.0F);
}

TEST(WeightScale, FallsBackToTheLargestMagnitude) {
    Statistics equal;  // sum and sum of squares that make alpha negative, then NaN
    equal.sum.assign(columns, 2.0F);
    equal.square_sum.assign(columns, 1.0F);
    equal.maximum[3] = 0.75F;
    EXPECT_EQ(run_scale(equal, columns).alpha, 0.75F);
    equal.sum[0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(run_scale(equal, columns).alpha, 0.75F);
    EXPECT_EQ(run_scale(equal, columns).step, 0.75F / 7.0F);
}

/// clamp(round_half_even(w / step), -7, 7) as a 4-bit two's complement code.
std::uint32_t int4_code(float w, float step) {
    const auto quotient = static_cast<double>(w / step);
    return static_cast<std::uint32_t>(std::lrint(std::clamp(std::nearbyint(quotient), -7.0, 7.0))) &
           15U;
}

std::vector<std::uint32_t> transposed(const std::vector<std::uint32_t>& codes, std::int64_t r,
                                      std::int64_t c) {
    std::vector<std::uint32_t> result;
    for (std::int64_t column = 0; column < c; ++column)
        for (std::int64_t row = 0; row < r; ++row)
            result.push_back(codes[static_cast<std::size_t>(row * c + column)]);
    return result;
}

TEST(QuantiseWeight, BothCopiesHoldTheSameCodes) {
    constexpr float step = 0.015F;
    for (const auto& [r, c] :
         std::array<std::array<std::int64_t, 2>, 3>{{{rows, columns}, {64, 32}, {1, 3}}}) {
        Bench bench;
        auto w = random_values(Format::fp32, r * c, 3, 0.05F);
        w[0] = 2.5F * step;  // a tie, or next to it: the division decides
        VectorInstruction op = instruction(VectorOperation::quantise_weight, r, c);
        op.in[0] = bench.tile(Format::fp32, w);
        op.scalars[0] = bench.scalar(step);
        op.out[0] = bench.room(Format::int4, r * c);
        op.out[1] = bench.room(Format::int4, r * c);
        bench.run(op);
        std::vector<std::uint32_t> expected;
        for (const float value : w) expected.push_back(int4_code(value, step));
        EXPECT_EQ(bench.codes(op.out[0], r * c), expected);
        EXPECT_EQ(bench.codes(op.out[1], r * c), transposed(expected, r, c));
    }
}

TEST(QuantiseWeight, TiesGoToEven) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::quantise_weight, 1, 6);
    op.in[0] = bench.tile(Format::fp32, std::vector<float>{0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 100.0F});
    op.scalars[0] = bench.scalar(1.0F);
    op.out[0] = bench.room(Format::int4, 6);
    bench.run(op);
    EXPECT_EQ(bench.values(op.out[0], 6),
              (std::vector<float>{0.0F, 2.0F, 2.0F, 0.0F, -2.0F, 7.0F}));
}

TEST(QuantiseWeight, AZeroStepGivesZeroCodes) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::quantise_weight, 1, 4);
    op.in[0] = bench.tile(Format::fp32, std::vector<float>(4, 0.0F));
    op.scalars[0] = bench.scalar(0.0F);
    op.out[0] = bench.room(Format::int4, 4);
    EXPECT_EQ(bench.run(op).faults, numerics::Faults{});
    EXPECT_EQ(bench.codes(op.out[0], 4), std::vector<std::uint32_t>(4, 0));
}

TEST(QuantiseWeight, WithoutStepRoundsIntoAnyFloatingPointFormat) {
    for (const Format format :
         {Format::fp8_143, Format::fp16, Format::dlfloat16, Format::bf16, Format::fp32}) {
        Bench bench;
        const auto w = random_values(Format::fp32, rows * columns, 4, 0.05F);
        VectorInstruction op = instruction(VectorOperation::quantise_weight, rows, columns);
        op.in[0] = bench.tile(Format::fp32, w);
        op.out[0] = bench.room(format, rows * columns);
        op.out[1] = bench.room(format, rows * columns);
        bench.run(op);
        std::vector<std::uint32_t> expected;
        for (const float value : w) expected.push_back(numerics::encode(format, value));
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), expected);
        EXPECT_EQ(bench.codes(op.out[1], rows * columns), transposed(expected, rows, columns));
    }
}

TEST(QuantiseWeight, RejectsAStepWithASixteenBitResult) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::quantise_weight, 1, 4);
    op.in[0] = bench.room(Format::fp32, 4);
    op.scalars[0] = bench.scalar(1.0F);
    op.out[0] = bench.room(Format::fp16, 4);
    EXPECT_THROW(bench.run(op), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::scaling_unit

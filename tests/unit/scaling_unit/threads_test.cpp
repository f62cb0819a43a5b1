// SPDX-License-Identifier: Apache-2.0
// Large tiles: every operation by several host threads, against the same tile taken a few rows at a
// time by one, and without allocations once the scratch memory is warm.
#include "tests/support/allocations.hpp"
#include "tests/unit/scaling_unit/bench.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <algorithm>
#include <limits>

namespace quatrain::scaling_unit {
namespace {

constexpr int thread_counts[] = {1, 2, 3, 7, 1};

struct Shape {
    std::int64_t rows, columns;
};
/// Of whole blocks, of one element more, of few and of many columns.
constexpr Shape shapes[] = {{4096, 16}, {2411, 17}, {257, 160}, {3, 12347}};

/// Values of a few magnitudes, some of which overflow 8 and 16 bits; a NaN and infinities.
std::vector<float> wild_values(std::int64_t count, std::uint32_t seed) {
    std::vector<float> values = random_values(Format::fp32, count, seed, 2.0F);
    for (std::size_t i = 97; i < values.size(); i += 1009) values[i] *= 40000.0F;
    values[values.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    values[values.size() / 3] = -std::numeric_limits<float>::infinity();
    return values;
}

/// Tile operands; everything else is a vector of one value per column, or a scalar.
struct Operation {
    std::string name;
    VectorOperation operation;
    Format in;
    std::vector<Format> out;
    std::vector<std::uint32_t> scalars{};  ///< by bits
    std::size_t vectors = 0;               ///< outputs that are vectors
};

std::uint32_t bits(float value) {
    return std::bit_cast<std::uint32_t>(value);
}

const std::vector<Operation>& operations() {
    using Op = VectorOperation;
    const std::uint32_t step = bits(0.37F), tracked = 0;
    const std::vector<std::uint32_t> gradscale{3, 0, tracked, tracked, tracked};
    static const std::vector<Operation> all{
        {"weight_statistics", Op::weight_statistics, Format::fp32, {}, {}, 3},
        {"weight_to_int4", Op::quantise_weight, Format::fp32, {Format::int4}, {step}},
        {"weight_to_fp16", Op::quantise_weight, Format::fp32, {Format::fp16}},
        {"gradient_even", Op::quantise_gradient, Format::dlfloat16, {Format::fp4_r4}, gradscale},
        {"gradient_even_odd",
         Op::quantise_gradient,
         Format::dlfloat16,
         {Format::fp4_r4, Format::fp4_r4},
         gradscale},
        {"gradient_even_fp8",
         Op::quantise_gradient,
         Format::fp16,
         {Format::fp4_r4, Format::fp8_152},
         gradscale},
        {"gradient_fp8", Op::quantise_gradient, Format::fp32, {Format::fp8_152}, gradscale},
        {"activation",
         Op::quantise_activation,
         Format::fp16,
         {Format::uint4},
         {bits(2.5F), bits(15.0F / 2.5F)}}};
    return all;
}

class Problem {
public:
    Problem(const Operation& operation, const Shape& shape)
        : op(instruction(operation.operation, shape.rows, shape.columns)) {
        const std::int64_t count = shape.rows * shape.columns;
        op.in[0] = bench.tile(operation.in, wild_values(count, 5));
        for (std::size_t i = 0; i < operation.out.size(); ++i)
            op.out[i] = bench.room(operation.out[i], count);
        for (std::size_t i = 0; i < operation.vectors; ++i)
            op.out[i] = bench.room(Format::fp32, shape.columns);
        tiles_ = operation.out.size();
        for (std::size_t i = 0; i < operation.scalars.size(); ++i)
            op.scalars[i] = bench.scalar(operation.scalars[i]);
    }
    /// Rows [first, first + count) of it, which go on with what the rows before tracked.
    VectorInstruction rows(std::int64_t first, std::int64_t count) const {
        VectorInstruction part = op;
        part.rows = count;
        part.accumulate = first > 0;
        const auto advance = [&](Operand& operand) {
            operand.address += numerics::packed_bytes(operand.format, first * op.columns);
        };
        advance(part.in[0]);
        for (std::size_t i = 0; i < tiles_; ++i) advance(part.out[i]);
        return part;
    }

    VectorInstruction op;
    Bench bench;

private:
    std::size_t tiles_ = 0;
};

class LargeTiles : public testing::TestWithParam<Operation> {
    // As many workers as are asked for, also on a host with fewer processors.
    oneapi::tbb::global_control control_{oneapi::tbb::global_control::max_allowed_parallelism, 7};
};

TEST_P(LargeTiles, GiveTheSameBitsWithAnyNumberOfThreadsAndAFewRowsAtATime) {
    for (const Shape& shape : shapes) {
        Problem slow(GetParam(), shape);
        numerics::Faults expected;
        for (std::int64_t row = 0; row < shape.rows; row += 2)
            expected +=
                slow.bench.run(slow.rows(row, std::min<std::int64_t>(2, shape.rows - row))).faults;
        Scratch scratch;  // not a fresh one each time: what is left in it must not matter
        for (const int threads : thread_counts) {
            Problem fast(GetParam(), shape);
            EXPECT_EQ(fast.bench.run(fast.op, scratch, threads).faults, expected) << threads;
            EXPECT_TRUE(fast.bench.contents() == slow.bench.contents())
                << threads << " threads, " << shape.rows << " x " << shape.columns;
        }
    }
}

TEST_P(LargeTiles, AllocateNothingOnceTheScratchMemoryIsWarm) {
    Problem p(GetParam(), shapes[1]);
    Scratch scratch;
    p.bench.run(p.op, scratch, 1);
    const std::int64_t before = test::allocations();
    p.bench.run(p.op, scratch, 1);
    EXPECT_EQ(test::allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Every, LargeTiles, testing::ValuesIn(operations()),
                         [](const auto& instance) { return instance.param.name; });

TEST(LargeWeights, AreTransposedCodeByCodeWithAnyNumberOfThreads) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    Scratch scratch;
    for (const Format format : {Format::int4, Format::fp8_143, Format::fp16, Format::fp32})
        for (const Shape& s : shapes)
            for (const int threads : thread_counts) {
                Bench bench;
                VectorInstruction op =
                    instruction(VectorOperation::quantise_weight, s.rows, s.columns);
                op.in[0] = bench.tile(Format::fp32, wild_values(s.rows * s.columns, 6));
                op.out[0] = bench.room(format, s.rows * s.columns);
                op.out[1] = bench.room(format, s.rows * s.columns);
                if (format == Format::int4) op.scalars[0] = bench.scalar(0.37F);
                bench.run(op, scratch, threads);
                const auto codes = bench.codes(op.out[0], s.rows * s.columns);
                std::vector<std::uint32_t> expected;
                for (std::int64_t c = 0; c < s.columns; ++c)
                    for (std::int64_t row = 0; row < s.rows; ++row)
                        expected.push_back(codes[static_cast<std::size_t>(row * s.columns + c)]);
                EXPECT_TRUE(bench.codes(op.out[1], s.rows * s.columns) == expected)
                    << numerics::name(format) << ", " << threads << " threads";
            }
}

/// A drain of a large tile: rows side by side, or with gaps on both sides.
struct DrainCase {
    Format accumulator, output;
    Shape shape;
    std::int64_t gap;  ///< behind every row [bytes]
};

class LargeDrain {
public:
    explicit LargeDrain(const DrainCase& one) : accumulator_(one.accumulator) {
        const std::int64_t source = numerics::packed_bytes(one.accumulator, one.shape.columns);
        const std::int64_t destination = numerics::packed_bytes(one.output, one.shape.columns);
        drain.rows = one.shape.rows;
        drain.columns = one.shape.columns;
        drain.format = one.output;
        drain.accumulator_stride = source + one.gap;
        drain.destination_stride = destination + one.gap;
        drain.step_a = bench.scalar(0.37F);
        drain.destination =
            bench.room(Format::uint8, one.shape.rows * drain.destination_stride).address;
        bench.accumulator().resize(
            static_cast<std::size_t>(one.shape.rows * drain.accumulator_stride));
        const auto values = wild_values(one.shape.rows * one.shape.columns, 7);
        for (std::int64_t row = 0; row < one.shape.rows; ++row)
            for (std::int64_t c = 0; c < one.shape.columns; ++c)
                numerics::store_code(
                    bench.accumulator().data() + row * drain.accumulator_stride, one.accumulator, c,
                    numerics::encode(
                        one.accumulator,
                        values[static_cast<std::size_t>(row * one.shape.columns + c)]));
    }
    /// Row by row, each a drain of its own.
    numerics::Faults run_rows() {
        numerics::Faults faults;
        for (std::int64_t row = 0; row < drain.rows; ++row) {
            isa::Drain one = drain;
            one.rows = 1;
            one.accumulator_address += row * drain.accumulator_stride;
            one.destination += row * drain.destination_stride;
            faults += bench.run(one, accumulator_).faults;
        }
        return faults;
    }
    Outcome run(Scratch& scratch, int threads) {
        return bench.run(drain, accumulator_, scratch, threads);
    }

    isa::Drain drain;
    Bench bench;

private:
    Format accumulator_;
};

constexpr DrainCase drains[] = {{Format::dlfloat16, Format::fp16, {4096, 16}, 0},
                                {Format::dlfloat16, Format::fp16, {4096, 16}, 6},
                                {Format::fp32, Format::dlfloat16, {2411, 17}, 0},
                                {Format::fp16, Format::bf16, {257, 160}, 3},
                                {Format::fp16, Format::fp8_143, {3, 12347}, 1},
                                {Format::fp32, Format::uint4, {2411, 17}, 0},
                                {Format::dlfloat16, Format::fp4_r4, {2400, 18}, 0}};

TEST(LargeDrains, GiveTheSameBitsWithAnyNumberOfThreadsAndRowByRow) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    Scratch scratch;
    for (const DrainCase& one : drains) {
        LargeDrain slow(one);
        const numerics::Faults expected = slow.run_rows();
        for (const int threads : thread_counts) {
            LargeDrain fast(one);
            EXPECT_EQ(fast.run(scratch, threads).faults, expected);
            EXPECT_TRUE(fast.bench.contents() == slow.bench.contents())
                << numerics::name(one.output) << ", gap " << one.gap << ", " << threads
                << " threads";
        }
    }
}

TEST(LargeDrains, OntoOneAnotherLeaveTheLastRow) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    for (const int threads : thread_counts) {
        LargeDrain slow(drains[0]), fast(drains[0]);
        slow.drain.destination_stride = fast.drain.destination_stride = 0;
        slow.run_rows();
        Scratch scratch;
        fast.run(scratch, threads);
        EXPECT_TRUE(fast.bench.contents() == slow.bench.contents()) << threads;
    }
}

TEST(LargeDrains, OutsideTheBufferAreTheSameErrorWithAnyNumberOfThreads) {
    const oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism,
                                              7);
    for (const DrainCase& one : {drains[0], drains[1]})
        for (const int threads : thread_counts) {
            LargeDrain t(one);
            t.bench.accumulator().resize(40'001);
            const std::int64_t row = 40'001 / t.drain.accumulator_stride;
            Scratch scratch;
            try {
                t.run(scratch, threads);
                FAIL();
            } catch (const std::out_of_range& error) {
                EXPECT_EQ(error.what(),
                          fmt::format("scaling_unit drain: accumulators at {}, 32 bytes: outside "
                                      "the accumulator buffer of 40001 bytes",
                                      row * t.drain.accumulator_stride));
            }
        }
}

TEST(LargeDrains, AllocateNothingOnceTheScratchMemoryIsWarm) {
    for (const DrainCase& one : drains) {
        LargeDrain t(one);
        Scratch scratch;
        t.run(scratch, 1);
        const std::int64_t before = test::allocations();
        t.run(scratch, 1);
        EXPECT_EQ(test::allocations(), before);
    }
}

}  // namespace
}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
// Large tiles: every operation by several host threads, against the same tile taken a few rows at a
// time by one, and without allocations once the scratch memory is warm.
#include "tests/support/allocations.hpp"
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <algorithm>
#include <limits>
#include <string>

namespace quatrain::vector_unit {
namespace {

/// How many elements an operand has.
enum class Extent : std::uint8_t { columns, tile, pixels, rows };

struct Role {
    Format format;
    Extent extent;
};

/// An operation, and what its operands are.
struct Operation {
    VectorOperation operation;
    std::vector<Role> in, out;
    std::vector<float> scalars{};
    std::int64_t immediate = 1;  ///< pixels of an image, where images are pooled
};

const std::vector<Operation>& operations() {
    using Op = VectorOperation;
    static constexpr Role vector{Format::fp32, Extent::columns};
    static constexpr Role activation{Format::fp16, Extent::tile};
    static constexpr Role gradient{Format::dlfloat16, Extent::tile};
    static constexpr Role codes{Format::uint4, Extent::tile};
    static constexpr Role weight{Format::fp32, Extent::tile};
    static const std::vector<Operation> all{
        {Op::fill_zero, {}, {activation}},
        {Op::input_normalise, {{Format::uint8, Extent::tile}, vector, vector}, {activation}},
        {Op::relu, {activation}, {{Format::fp8_143, Extent::tile}}},
        {Op::relu_backward, {gradient, activation}, {gradient}},
        {Op::activation_backward, {gradient, activation}, {gradient, vector}, {0.75F}},
        {Op::add, {codes, activation}, {activation}, {0.31F}},
        {Op::bias_add, {activation, vector}, {activation}},
        {Op::column_sum, {gradient}, {vector}},
        {Op::batch_norm_statistics, {activation}, {vector, vector}},
        {Op::batch_norm_normalise, {activation, vector, vector, vector, vector}, {activation}},
        {Op::batch_norm_backward_statistics,
         {gradient, activation, vector, vector},
         {vector, vector}},
        {Op::batch_norm_backward_apply,
         {gradient, activation, vector, vector, vector, vector, vector},
         {gradient},
         {},
         12345},
        {Op::average_pool, {{Format::uint4, Extent::pixels}}, {activation}, {0.31F}, 9},
        {Op::average_pool_backward, {gradient}, {{Format::dlfloat16, Extent::pixels}}, {}, 9},
        {Op::softmax_cross_entropy,
         {activation, {Format::int32, Extent::rows}},
         {gradient},
         {0.0F},
         4096},
        {Op::sgd_update, {gradient, weight, weight}, {weight, weight}, {0.1F, 0.9F, 1e-4F, 3.0F}}};
    return all;
}

struct Shape {
    std::int64_t rows, columns;
};
/// Of whole blocks, of one element more, of few and of many columns.
constexpr Shape shapes[] = {{4096, 16}, {2411, 17}, {257, 160}, {3, 12347}};

/// Values of a few magnitudes, some of which overflow 8 and 16 bits; a NaN and infinities.
std::vector<float> wild_values(std::int64_t count, std::uint32_t seed) {
    std::vector<float> values = random_values(Format::fp32, count, seed);
    for (std::size_t i = 97; i < values.size(); i += 1009) values[i] *= 40000.0F;
    if (values.size() > 5000) {
        values[4321] = std::numeric_limits<float>::quiet_NaN();
        values[4999] = std::numeric_limits<float>::infinity();
    }
    return values;
}

class Problem {
public:
    Problem(const Operation& operation, const Shape& shape)
        : op(instruction(operation.operation, shape.rows, shape.columns)), operation_(operation) {
        op.immediate = operation.immediate;
        for (std::size_t i = 0; i < operation.in.size(); ++i)
            op.in[i] = input(operation.in[i], static_cast<std::uint32_t>(i) + 1);
        for (std::size_t i = 0; i < operation.out.size(); ++i)
            op.out[i] =
                bench.room(operation.out[i].format, elements(operation.out[i].extent, shape.rows));
        for (std::size_t i = 0; i < operation.scalars.size(); ++i)
            op.scalars[i] = bench.scalar(operation.scalars[i]);
    }

    /// Rows [first, first + count) of it, which go on with the sums of the rows before.
    VectorInstruction rows(std::int64_t first, std::int64_t count) const {
        VectorInstruction part = op;
        part.rows = count;
        part.accumulate = first > 0;
        const auto advance = [&](Operand& operand, const Role& role) {
            if (role.extent == Extent::columns) return;
            operand.address += numerics::packed_bytes(role.format, elements(role.extent, first));
        };
        for (std::size_t i = 0; i < operation_.in.size(); ++i)
            advance(part.in[i], operation_.in[i]);
        for (std::size_t i = 0; i < operation_.out.size(); ++i)
            advance(part.out[i], operation_.out[i]);
        return part;
    }

    VectorInstruction op;
    Bench bench;

private:
    std::int64_t elements(Extent extent, std::int64_t rows) const {
        switch (extent) {
            case Extent::columns:
                return op.columns;
            case Extent::tile:
                return rows * op.columns;
            case Extent::pixels:
                return rows * op.columns * op.immediate;
            case Extent::rows:
                break;
        }
        return rows;
    }
    Operand input(const Role& role, std::uint32_t seed) {
        const std::int64_t count = elements(role.extent, op.rows);
        if (role.extent != Extent::rows)
            return bench.tile(role.format, op.operation == VectorOperation::softmax_cross_entropy
                                               ? random_values(role.format, count, seed)
                                               : wild_values(count, seed));
        std::vector<std::int32_t> labels;
        for (std::int64_t row = 0; row < count; ++row)
            labels.push_back(static_cast<std::int32_t>(row * 7 % op.columns));
        return bench.integers(labels);
    }

    const Operation& operation_;
};

class LargeTiles : public testing::TestWithParam<Operation> {
    // As many workers as are asked for, also on a host with fewer processors.
    oneapi::tbb::global_control control_{oneapi::tbb::global_control::max_allowed_parallelism, 7};
};

TEST_P(LargeTiles, GiveTheSameBitsWithAnyNumberOfThreadsAndAFewRowsAtATime) {
    for (const Shape& shape : shapes) {
        Problem slow(GetParam(), shape);
        Outcome expected;
        for (std::int64_t row = 0; row < shape.rows; row += 2) {
            const Outcome part =
                slow.bench.run(slow.rows(row, std::min<std::int64_t>(2, shape.rows - row)));
            expected.faults += part.faults;
            expected.elements += part.elements;
        }
        Scratch scratch;  // not a fresh one each time: what is left in it must not matter
        for (const int threads : {1, 2, 3, 7, 1}) {
            Problem fast(GetParam(), shape);
            const Outcome outcome = fast.bench.run(fast.op, scratch, threads);
            EXPECT_EQ(outcome.faults, expected.faults) << threads;
            EXPECT_EQ(outcome.elements, expected.elements);
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
                         [](const auto& instance) {
                             return std::string(isa::name(instance.param.operation));
                         });

TEST(Allocations, AreCounted) {
    const std::int64_t before = test::allocations();
    const std::vector<int> memory(10);
    EXPECT_EQ(memory.size(), 10U);
    EXPECT_GT(test::allocations(), before);
}

TEST(LargeTile, WithABadLabelIsTheSameErrorWithAnyNumberOfThreads) {
    for (const int threads : {1, 3}) {
        const auto softmax = std::ranges::find(operations(), VectorOperation::softmax_cross_entropy,
                                               &Operation::operation);
        Problem p(*softmax, shapes[0]);
        p.bench.set(p.op.in[1], 4000, 16);
        p.bench.set(p.op.in[1], 77, 99);
        Scratch scratch;
        try {
            p.bench.run(p.op, scratch, threads);
            FAIL();
        } catch (const std::invalid_argument& error) {
            EXPECT_STREQ(
                error.what(),
                "vector_unit softmax_cross_entropy: label = 99: must be a column, 0 to 15");
        }
    }
}

}  // namespace
}  // namespace quatrain::vector_unit

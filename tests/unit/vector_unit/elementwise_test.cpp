// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <functional>
#include <limits>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

// More than two blocks of the host's loop, with a tail in rows and in lanes; one row; a single
// element.
constexpr std::array<std::array<std::int64_t, 2>, 4> shapes{
    {{1001, 19}, {1, 7}, {1, 1}, {3, 9001}}};

using Pair = std::function<float(float, float)>;

/// One tile operand (and a vector, if `with_vector`) against `formula` on every element.
void expect_elementwise(VectorInstruction op, Format in, Format out, const Pair& formula,
                        bool two_tiles) {
    for (const auto& [rows, columns] : shapes) {
        Bench bench;
        op.rows = rows;
        op.columns = columns;
        const auto a = random_values(in, rows * columns, 1);
        const auto b =
            random_values(two_tiles ? in : Format::fp32, two_tiles ? rows * columns : columns, 2);
        op.in[0] = bench.tile(in, a);
        op.in[1] = two_tiles ? bench.tile(in, b) : bench.vector(b);
        op.out[0] = bench.room(out, rows * columns);
        const Outcome outcome = bench.run(op);
        std::vector<float> expected;
        for (std::size_t i = 0; i < a.size(); ++i)
            expected.push_back(
                formula(a[i], b[two_tiles ? i : i % static_cast<std::size_t>(columns)]));
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(out, expected))
            << rows << " x " << columns;
        EXPECT_EQ(outcome.faults, numerics::Faults{});
        EXPECT_EQ(outcome.elements, rows * columns);
    }
}

TEST(Relu, KeepsPositiveValuesAndReplacesTheRestByPlusZero) {
    for (const Format format : tile_formats)
        expect_elementwise(
            instruction(VectorOperation::relu, 0, 0), format, format,
            [](float x, float) { return x > 0.0F ? x : 0.0F; }, true);
}

// The activation that 8-bit layers read, from every output that a layer before it can have.
TEST(Relu, RoundsOnceIntoEightBits) {
    for (const Format format : {Format::fp16, Format::dlfloat16, Format::bf16}) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::relu, 256, 256);
        op.in[0] = bench.room(format, 65536);
        op.out[0] = bench.room(Format::fp8_143, 65536);
        std::vector<float> expected;
        for (std::uint32_t code = 0; code < 65536; ++code) {
            bench.set(op.in[0], code, code);
            const float x = numerics::decode(format, code);
            expected.push_back(x > 0.0F ? x : 0.0F);
        }
        numerics::Faults faults;
        for (const float y : expected) numerics::encode(Format::fp8_143, y, &faults);
        EXPECT_EQ(bench.run(op).faults, faults);
        EXPECT_GT(faults.saturated, 0U);
        EXPECT_EQ(bench.codes(op.out[0], 65536), encoded(Format::fp8_143, expected));
    }
}

TEST(Relu, NanAndMinusZeroBecomePlusZero) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::relu, 1, 2);
    op.in[0] = bench.vector({std::numeric_limits<float>::quiet_NaN(), -0.0F});
    op.out[0] = bench.room(Format::fp32, 2);
    bench.run(op);
    EXPECT_EQ(bench.codes(op.out[0], 2), (std::vector<std::uint32_t>{0, 0}));
}

TEST(ReluBackward, PassesTheGradientWhereTheInputIsPositive) {
    for (const Format format : tile_formats)
        expect_elementwise(
            instruction(VectorOperation::relu_backward, 0, 0), format, format,
            [](float dy, float x) { return x > 0.0F ? dy : 0.0F; }, true);
}

TEST(Add, RoundsTheSumOnce) {
    const auto expect = [](Format format) {
        expect_elementwise(
            instruction(VectorOperation::add, 0, 0), format, Format::fp16,
            [](float a, float b) { return a + b; }, true);
    };
    for (const Format format : tile_formats) expect(format);
    expect(Format::fp8_143);
}

TEST(BiasAdd, AddsTheColumnsBias) {
    for (const Format format : tile_formats)
        expect_elementwise(
            instruction(VectorOperation::bias_add, 0, 0), format, Format::bf16,
            [](float x, float bias) { return x + bias; }, false);
}

TEST(Add, AUint4OperandIsItsCodeTimesItsStep) {
    constexpr std::int64_t rows = 91;
    constexpr std::int64_t columns = 101;
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::add, rows, columns);
    std::vector<float> codes;
    for (std::int64_t i = 0; i < rows * columns; ++i)
        codes.push_back(static_cast<float>(i * 7 % 16));
    const auto other = random_values(Format::fp16, rows * columns, 3);
    constexpr float step = 0.377F;
    for (const std::size_t place : {std::size_t{0}, std::size_t{1}}) {
        op.in[place] = bench.tile(Format::uint4, codes);
        op.in[1 - place] = bench.tile(Format::fp16, other);
        op.scalars = VectorInstruction{}.scalars;
        op.scalars[place] = bench.scalar(step);
        op.out[0] = bench.room(Format::fp16, rows * columns);
        bench.run(op);
        std::vector<float> expected;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const float value = codes[i] * step;
            expected.push_back(place == 0 ? value + other[i] : other[i] + value);
        }
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(Format::fp16, expected));
    }
}

TEST(Add, TheResultMayStandInThePlaceOfAnOperand) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::add, 701, 31);
    const auto a = random_values(Format::dlfloat16, 701 * 31, 4);
    const auto b = random_values(Format::dlfloat16, 701 * 31, 5);
    op.in[0] = bench.tile(Format::dlfloat16, a);
    op.in[1] = bench.tile(Format::dlfloat16, b);
    op.out[0] = op.in[1];
    bench.run(op);
    std::vector<float> expected;
    for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(a[i] + b[i]);
    EXPECT_EQ(bench.codes(op.out[0], 701 * 31), encoded(Format::dlfloat16, expected));
}

TEST(InputNormalise, ScalesAndShiftsEveryByteValuePerChannel) {
    constexpr std::int64_t rows = 256;
    for (const Format format : tile_formats) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::input_normalise, rows, 3);
        const std::vector<float> scale{0.0171F, 0.0175F, 0.0174F};
        const std::vector<float> shift{-2.118F, -2.036F, -1.804F};
        std::vector<float> image;
        std::vector<float> expected;
        for (std::int64_t i = 0; i < rows * 3; ++i) {
            const std::int64_t pixel = i / 3;
            image.push_back(static_cast<float>(pixel));
            const auto c = static_cast<std::size_t>(i % 3);
            expected.push_back(image.back() * scale[c] + shift[c]);
        }
        op.in[0] = bench.tile(Format::uint8, image);
        op.in[1] = bench.vector(scale);
        op.in[2] = bench.vector(shift);
        op.out[0] = bench.room(format, rows * 3);
        bench.run(op);
        EXPECT_EQ(bench.codes(op.out[0], rows * 3), encoded(format, expected));
    }
}

TEST(ActivationBackward, MasksTheGradientAndSumsWhatWasClipped) {
    constexpr std::int64_t rows = 901;
    constexpr std::int64_t columns = 19;
    constexpr float alpha = 1.5F;
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::activation_backward, rows, columns);
    const auto dy = random_values(Format::dlfloat16, rows * columns, 6);
    auto x = random_values(Format::fp16, rows * columns, 7);
    for (std::size_t i = 0; i < x.size(); i += 11) x[i] = alpha;  // both sides include alpha
    op.in[0] = bench.tile(Format::dlfloat16, dy);
    op.in[1] = bench.tile(Format::fp16, x);
    op.out[0] = bench.room(Format::dlfloat16, rows * columns);
    op.out[1] = bench.room(Format::fp32, columns);
    op.scalars[0] = bench.scalar(alpha);
    bench.run(op);
    std::vector<float> expected;
    std::vector<float> sums(columns, 0.0F);
    for (std::size_t i = 0; i < x.size(); ++i) {
        expected.push_back(0.0F <= x[i] && x[i] <= alpha ? dy[i] : 0.0F);
        if (x[i] >= alpha) sums[i % columns] = sums[i % columns] + dy[i];
    }
    EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(Format::dlfloat16, expected));
    EXPECT_EQ(bench.values(op.out[1], columns), sums);
}

TEST(FillZero, ClearsTheTileAndNothingElse) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::fill_zero, 5, 3);
    op.out[0] = bench.room(Format::fp16, 15);
    const Operand next = bench.room(Format::fp16, 1);
    bench.run(op);
    EXPECT_EQ(bench.codes(op.out[0], 15), std::vector<std::uint32_t>(15, 0));
    EXPECT_EQ(bench.codes(next, 1), std::vector<std::uint32_t>{0xFFFF});
}

TEST(Faults, CountWhatConversionsMeet) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::add, 1, 4);
    const float infinity = std::numeric_limits<float>::infinity();
    op.in[0] = bench.vector({60000.0F, infinity, infinity, 1.0F});
    op.in[1] = bench.vector({60000.0F, 1.0F, -infinity, 1.0F});
    op.out[0] = bench.room(Format::fp16, 4);
    const Outcome outcome = bench.run(op);
    EXPECT_EQ(outcome.faults, (numerics::Faults{.nan = 1, .infinity = 1, .saturated = 1}));
}

TEST(Errors, NameOperationOperandAndRule) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::relu, 4, 4);
    op.out[0] = bench.room(Format::fp16, 16);
    const auto message = [&] {
        try {
            bench.run(op);
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(message(), "vector_unit relu: in[0] is not given");
    op.in[0] = {2, Format::fp16};
    EXPECT_EQ(message(),
              "vector_unit relu: in[0] at 2, 32 bytes: outside the vector buffer of 32 bytes");
    op = instruction(VectorOperation::divide_scalar, 0, 0);
    op.immediate = 2;
    EXPECT_EQ(message(), "vector_unit divide_scalar: scalars[0] is not given");
    op = instruction(VectorOperation::quantise_weight, 1, 1);
    EXPECT_EQ(message(), "vector_unit quantise_weight: belongs to the scaling units");
}

}  // namespace
}  // namespace quatrain::vector_unit

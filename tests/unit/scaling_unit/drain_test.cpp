// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/bench.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace quatrain::scaling_unit {
namespace {

constexpr std::int64_t rows = 13, columns = 37;

/// A drain whose rows lie apart on both sides.
struct Case {
    Bench bench;
    isa::Drain drain;
    Format accumulator;
    std::vector<std::uint32_t> codes;

    Case(Format accumulator_format, Format format, std::uint32_t seed)
        : accumulator(accumulator_format) {
        std::mt19937 generator(seed);
        std::normal_distribution<double> normal(0.0, 20000.0);
        const auto bytes = numerics::bits(accumulator) / 8;
        drain.accumulator_address = 16;
        drain.accumulator_stride = columns * bytes + 12;
        drain.rows = rows;
        drain.columns = columns;
        bench.room(Format::uint8, 8);
        drain.destination_stride = numerics::packed_bytes(format, columns) + 6;
        drain.destination = bench.room(Format::uint8, rows * drain.destination_stride).address;
        drain.format = format;
        bench.accumulator().resize(static_cast<std::size_t>(16 + rows * drain.accumulator_stride));
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < columns; ++c) {
                codes.push_back(numerics::encode(accumulator, normal(generator)));
                numerics::store_code(bench.accumulator().data() + 16 + r * drain.accumulator_stride,
                                     accumulator, c, codes.back());
            }
    }

    void expect(float scale) {
        const Outcome outcome = bench.run(drain, accumulator);
        EXPECT_EQ(outcome.elements, rows * columns);
        numerics::Faults faults;
        for (std::int64_t r = 0; r < rows; ++r) {
            std::vector<std::uint32_t> expected;
            for (std::int64_t c = 0; c < columns; ++c) {
                const float v = numerics::decode(accumulator,
                                                 codes[static_cast<std::size_t>(r * columns + c)]) *
                                scale;
                expected.push_back(numerics::encode(drain.format, v, &faults));
            }
            EXPECT_EQ(bench.codes({drain.destination + r * drain.destination_stride, drain.format},
                                  columns),
                      expected);
        }
        EXPECT_EQ(outcome.faults, faults);
    }
};

constexpr std::array accumulators{Format::dlfloat16, Format::fp16, Format::bf16, Format::fp32,
                                  Format::int32};
constexpr std::array outputs{Format::fp16, Format::dlfloat16, Format::bf16, Format::fp32};

TEST(Drain, WithoutScaleRoundsTheAccumulatorIntoTheOutputFormat) {
    for (const Format accumulator : accumulators)
        for (const Format output : outputs) Case(accumulator, output, 1).expect(1.0F);
}

TEST(Drain, MultipliesByStepsGradScaleAndPowerOfTwoInThisOrder) {
    constexpr float step_a = 0.0371F, step_b = 0.1193F;
    for (const Format accumulator : accumulators)
        for (const Format output : outputs) {
            Case t(accumulator, output, 2);
            t.drain.step_a = t.bench.scalar(step_a);
            t.drain.step_b = t.bench.scalar(step_b);
            t.drain.gradscale = t.bench.scalar(std::int32_t{3});
            t.drain.exponent = -7;
            const float product = step_a * step_b;
            t.expect(product * 0.125F * 0x1p-7F);
        }
}

TEST(Drain, EachPartOfTheScaleCanBeAlone) {
    Case only_b(Format::dlfloat16, Format::fp16, 3);
    only_b.drain.step_b = only_b.bench.scalar(0.7F);
    only_b.expect(0.7F);
    Case negative_gradscale(Format::fp16, Format::dlfloat16, 4);
    negative_gradscale.drain.gradscale = negative_gradscale.bench.scalar(std::int32_t{-4});
    negative_gradscale.expect(16.0F);
}

TEST(Drain, CountsValuesThatOverflowTheOutput) {
    Case t(Format::int32, Format::fp16, 5);
    t.drain.exponent = 3;
    t.expect(8.0F);
    EXPECT_GT(t.bench.run(t.drain, t.accumulator).faults.saturated, 0U);
}

TEST(Drain, LeavesTheBytesBetweenRowsAlone) {
    Case t(Format::fp16, Format::fp16, 6);
    t.bench.run(t.drain, t.accumulator);
    for (std::int64_t r = 0; r < rows; ++r)
        EXPECT_EQ(t.bench.codes({t.drain.destination + r * t.drain.destination_stride + 2 * columns,
                                 Format::uint8},
                                6),
                  std::vector<std::uint32_t>(6, 0xFF));
}

TEST(Drain, ErrorsNameOperandAndRule) {
    Case t(Format::fp16, Format::fp16, 7);
    const auto message = [&](Format accumulator) {
        try {
            t.bench.run(t.drain, accumulator);
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(message(Format::uint4),
              "scaling_unit drain: accumulator uint4: must be a 16-bit format, fp32 or int32");
    t.drain.accumulator_address = 100000;
    EXPECT_EQ(message(Format::fp16),
              "scaling_unit drain: accumulators at 100000, 74 bytes: outside the accumulator "
              "buffer of 1134 bytes");
}

}  // namespace
}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/bench.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>

namespace quatrain::scaling_unit {
namespace {

TEST(ActivationScale, GivesStepAndReciprocal) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::activation_scale, 0, 0);
    op.scalars[0] = bench.scalar(7.3F);
    op.scalars[1] = bench.scalar(0.0F);
    op.scalars[2] = bench.scalar(0.0F);
    bench.run(op);
    EXPECT_EQ(bench.scalar_value<float>(op.scalars[1]), 7.3F / 15.0F);
    EXPECT_EQ(bench.scalar_value<float>(op.scalars[2]), 15.0F / 7.3F);
}

/// docs/training-step.md, 5.
std::uint32_t pact_code(float x, float alpha) {
    if (!(x > 0.0F) || !(alpha > 0.0F)) return 0;
    const float r = 15.0F / alpha;
    const float scaled = std::min(x, alpha) * r;
    return static_cast<std::uint32_t>(
        std::clamp(std::nearbyint(static_cast<double>(scaled)), 0.0, 15.0));
}

TEST(QuantiseActivation, EverySixteenBitCodeAtSeveralAlphas) {
    for (const Format format : {Format::fp16, Format::dlfloat16, Format::bf16})
        for (const float alpha : {8.0F, 7.3F, 0.011F, 0.0F, -1.0F}) {
            Bench bench;
            std::vector<std::uint32_t> codes, expected;
            for (std::uint32_t code = 0; code < 65536; ++code) {
                codes.push_back(code);
                expected.push_back(pact_code(numerics::decode(format, code), alpha));
            }
            VectorInstruction op = instruction(VectorOperation::quantise_activation, 256, 256);
            op.in[0] = bench.tile(format, codes);
            op.out[0] = bench.room(Format::uint4, 65536);
            op.scalars[0] = bench.scalar(alpha);
            op.scalars[1] = bench.scalar(15.0F / alpha);
            bench.run(op);
            EXPECT_EQ(bench.codes(op.out[0], 65536), expected) << alpha;
        }
}

TEST(QuantiseActivation, AnOddNumberOfCodesEndsInHalfAByte) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::quantise_activation, 3, 5);
    op.in[0] = bench.tile(Format::fp16, std::vector<float>(15, 8.0F));
    op.out[0] = bench.room(Format::uint4, 15);
    const Operand next = bench.room(Format::uint8, 1);
    op.scalars[0] = bench.scalar(8.0F);
    op.scalars[1] = bench.scalar(15.0F / 8.0F);
    bench.run(op);
    EXPECT_EQ(bench.codes(op.out[0], 15), std::vector<std::uint32_t>(15, 15));
    EXPECT_EQ(bench.codes(next, 1), std::vector<std::uint32_t>{0xFF});
}

TEST(QuantiseActivation, NanIsCodedZeroAndCounted) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::quantise_activation, 1, 2);
    op.in[0] =
        bench.tile(Format::fp16, std::vector<std::uint32_t>{0x7E00, 0x7C00});  // NaN, infinity
    op.out[0] = bench.room(Format::uint4, 2);
    op.scalars[0] = bench.scalar(8.0F);
    op.scalars[1] = bench.scalar(15.0F / 8.0F);
    EXPECT_EQ(bench.run(op).faults, (numerics::Faults{.nan = 1, .infinity = 1, .saturated = 0}));
    EXPECT_EQ(bench.codes(op.out[0], 2), (std::vector<std::uint32_t>{0, 15}));
}

}  // namespace
}  // namespace quatrain::scaling_unit

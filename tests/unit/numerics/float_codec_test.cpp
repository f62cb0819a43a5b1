// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/codec.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

using reference::FloatFormat;
using reference::Rounder;

std::uint32_t code_count(const FloatFormat& format) {
    return 2 * format.sign();
}

/// Every floating-point format of 8 or 16 bits.
class FloatCodec : public testing::TestWithParam<FloatFormat> {};
INSTANTIATE_TEST_SUITE_P(EveryFormat, FloatCodec,
                         testing::Values(reference::fp16, reference::dlfloat16, reference::bf16,
                                         reference::fp8_143, reference::fp8_152),
                         [](const auto& instance) {
                             return std::string(name(instance.param.format));
                         });

TEST_P(FloatCodec, EveryCodeDecodesToTheValueOfItsFields) {
    for (std::uint32_t code = 0; code < code_count(GetParam()); ++code) {
        ASSERT_PRED2(reference::same, decode(GetParam().format, code),
                     reference::value(GetParam(), code))
            << code;
    }
}

TEST_P(FloatCodec, EveryCodeRoundTripsAndNaNBecomesTheQuietOne) {
    for (std::uint32_t code = 0; code < code_count(GetParam()); ++code) {
        const float x = decode(GetParam().format, code);
        const std::uint32_t expected = std::isnan(x) ? GetParam().quiet_nan() : code;
        ASSERT_EQ(encode(GetParam().format, x), expected);
        ASSERT_EQ(encode(GetParam().format, static_cast<double>(x)), expected);
    }
}

TEST_P(FloatCodec, EveryFp16InputRoundsToTheNearestValue) {
    const Rounder rounder(GetParam());
    for (float x : reference::all_fp16_inputs()) {
        ASSERT_EQ(encode(GetParam().format, x), rounder.code(static_cast<long double>(x))) << x;
    }
}

TEST_P(FloatCodec, RandomFloatsRoundToTheNearestValue) {
    const Rounder rounder(GetParam());
    reference::RandomFloats random(1);
    for (int i = 0; i < 1'000'000; ++i) {
        const float x = random();
        ASSERT_EQ(encode(GetParam().format, x), rounder.code(static_cast<long double>(x))) << x;
    }
}

TEST_P(FloatCodec, EveryMidpointAndItsDoubleNeighboursRoundOnce) {
    const Rounder rounder(GetParam());
    for (std::uint32_t code = 0; code < GetParam().infinity(); ++code) {
        const auto midpoint = static_cast<double>((reference::finite_value(GetParam(), code) +
                                                   reference::finite_value(GetParam(), code + 1)) /
                                                  2);
        for (double x :
             {std::nextafter(midpoint, 0.0), midpoint, std::nextafter(midpoint, 0x1p200)}) {
            ASSERT_EQ(encode(GetParam().format, x), rounder.code(static_cast<long double>(x))) << x;
            ASSERT_EQ(encode(GetParam().format, -x), rounder.code(static_cast<long double>(-x)))
                << -x;
        }
    }
}

TEST_P(FloatCodec, FaultsAreCountedByKind) {
    const float infinity = std::numeric_limits<float>::infinity();
    const auto largest =
        static_cast<double>(reference::finite_value(GetParam(), GetParam().infinity() - 1));
    const auto next =
        static_cast<double>(reference::finite_value(GetParam(), GetParam().infinity()));
    const double limit = (largest + next) / 2;  // ties go up: away, or to the even code of infinity
    Faults faults;
    encode(GetParam().format, largest, &faults);
    encode(GetParam().format, std::nextafter(limit, 0.0), &faults);
    encode(GetParam().format, 0.0F, &faults);
    EXPECT_EQ(faults, Faults{});
    encode(GetParam().format, limit, &faults);
    encode(GetParam().format, -next, &faults);
    encode(GetParam().format, 0x1p300, &faults);
    EXPECT_EQ(faults, (Faults{.nan = 0, .infinity = 0, .saturated = 3}));
    encode(GetParam().format, infinity, &faults);
    encode(GetParam().format, -infinity, &faults);
    encode(GetParam().format, std::numeric_limits<float>::quiet_NaN(), &faults);
    EXPECT_EQ(faults, (Faults{.nan = 1, .infinity = 2, .saturated = 3}));
}

TEST(FloatCodecTraps, TheDoubleOverloadDoesNotRoundTwice) {
    // Above the midpoint of 1 and 1 + 2^-10 by less than a float can hold: FP32 first would make it
    // a tie, and 1.
    const double x = 1 + 0x1p-11 + 0x1p-40;
    EXPECT_EQ(decode(Format::fp16, encode(Format::fp16, x)), 1 + 0x1p-10F);
    EXPECT_EQ(decode(Format::fp16, encode(Format::fp16, static_cast<float>(x))), 1.0F);
    // Below the midpoint, where ties go away: FP32 first would make it a tie, and 1 + 2^-9.
    const double y = 1 + 0x1p-10 - 0x1p-40;
    EXPECT_EQ(decode(Format::dlfloat16, encode(Format::dlfloat16, y)), 1.0F);
    EXPECT_EQ(decode(Format::dlfloat16, encode(Format::dlfloat16, static_cast<float>(y))),
              1 + 0x1p-9F);
    // A subnormal of bf16, where the rounding position depends on the exponent.
    EXPECT_EQ(encode(Format::bf16, 0x1.8p-133 - 0x1p-180), 1U);
    EXPECT_EQ(encode(Format::bf16, 0x1.8p-133), 2U);
}

TEST(FloatCodecTraps, DlFloatHasNoSubnormalsAndNoTwoToTheMinus31) {
    EXPECT_EQ(decode(Format::dlfloat16, 1), 513 * 0x1p-40F);
    EXPECT_EQ(encode(Format::dlfloat16, 0x1p-31F), 1U);
    EXPECT_EQ(encode(Format::dlfloat16, 513 * 0x1p-41F), 1U);
    EXPECT_EQ(encode(Format::dlfloat16, std::nextafter(513 * 0x1p-41F, 0.0F)), 0U);
    EXPECT_EQ(encode(Format::dlfloat16, -0x1p-60F), 0x8000U);
    EXPECT_EQ(decode(Format::dlfloat16, 0x7FFE), 0x1p32F * (1 + 510.0F / 512));
    EXPECT_EQ(decode(Format::dlfloat16, 0xFFFF), -std::numeric_limits<float>::infinity());
}

TEST(FloatCodecTraps, LargestNumbersAreThoseOfTheDecisionRecord) {
    EXPECT_EQ(decode(Format::fp16, 0x7BFF), 65504.0F);
    EXPECT_EQ(decode(Format::fp8_143, 0x77), 240.0F);
    EXPECT_EQ(decode(Format::fp8_152, 0x7B), 57344.0F);
    EXPECT_TRUE(std::isinf(decode(Format::fp8_143, 0x78)));
    EXPECT_TRUE(std::isnan(decode(Format::fp8_143, 0x79)));
}

TEST(FloatCodecTraps, Fp32KeepsEveryBitOfAFloatAndRoundsADouble) {
    reference::RandomFloats random(2);
    for (int i = 0; i < 10'000; ++i) {
        const float x = random();
        ASSERT_EQ(encode(Format::fp32, x), std::bit_cast<std::uint32_t>(x));
        ASSERT_PRED2(reference::same, decode(Format::fp32, std::bit_cast<std::uint32_t>(x)), x);
    }
    EXPECT_EQ(round_to(Format::fp32, 0.1F), 0.1F);
    EXPECT_EQ(encode(Format::fp32, 0x1p24 + 1), std::bit_cast<std::uint32_t>(0x1p24F));
    EXPECT_EQ(encode(Format::fp32, 0x1p24 + 3), std::bit_cast<std::uint32_t>(0x1p24F + 4));
}

TEST(Fp8Bias, EveryBiasRoundsToTheNearestValue) {
    for (Format format : {Format::fp8_143, Format::fp8_152}) {
        for (int bias = 0; bias < 64; ++bias) {
            FloatFormat definition =
                format == Format::fp8_143 ? reference::fp8_143 : reference::fp8_152;
            definition.bias = bias;
            const Rounder rounder(definition);
            reference::RandomFloats random(static_cast<std::uint32_t>(bias));
            for (int i = 0; i < 4000; ++i) {
                const float x = random();
                ASSERT_EQ(encode(format, x, bias), rounder.code(static_cast<long double>(x)))
                    << x << " " << bias;
            }
            for (std::uint32_t code = 0; code < 256; ++code) {
                ASSERT_PRED2(reference::same, decode(format, code, bias),
                             reference::value(definition, code));
            }
        }
    }
}

TEST(Fp8Bias, TheDefaultsAre7And15) {
    for (float x : reference::all_fp16_inputs()) {
        ASSERT_EQ(encode(Format::fp8_143, x, 7), encode(Format::fp8_143, x));
        ASSERT_EQ(encode(Format::fp8_152, x, 15), encode(Format::fp8_152, x));
    }
}

TEST(Fp8Bias, OtherFormatsAndBiasesAreErrorsThatNameTheRule) {
    try {
        encode(Format::fp16, 1.0F, 15);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "format = fp16: only fp8_143 and fp8_152 take an exponent bias");
    }
    EXPECT_THROW(decode(Format::fp8_143, 0, 64), std::invalid_argument);
    EXPECT_THROW(encode(Format::fp8_152, 1.0, -1), std::invalid_argument);
    EXPECT_THROW(decode(Format::fp8_143, 256, 7), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::numerics

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/int4.hpp"
#include "rtl_models/numerics/codec.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

int slow_quantise(float x, int lowest, int highest) {
    if (std::isnan(x)) return 0;
    if (std::isinf(x)) return x < 0 ? lowest : highest;
    const long double nearest = reference::nearest_integer(static_cast<long double>(x));
    return static_cast<int>(std::clamp<long double>(nearest, lowest, highest));
}

void expect_the_definition(float x) {
    const int signed_code = slow_quantise(x, -7, 7);
    ASSERT_EQ(quantise_int4(x), signed_code) << x;
    ASSERT_EQ(encode(Format::int4, x), static_cast<std::uint32_t>(signed_code) & 15U) << x;
    ASSERT_EQ(quantise_uint4(x), slow_quantise(x, 0, 15)) << x;
    ASSERT_EQ(encode(Format::uint4, x), static_cast<std::uint32_t>(slow_quantise(x, 0, 15))) << x;
    ASSERT_EQ(encode(Format::uint8, x), static_cast<std::uint32_t>(slow_quantise(x, 0, 255))) << x;
}

TEST(Int4, EveryFp16InputGivesTheNearestCode) {
    for (float x : reference::all_fp16_inputs()) ASSERT_NO_FATAL_FAILURE(expect_the_definition(x));
}

TEST(Int4, RandomFloatsGiveTheNearestCode) {
    reference::RandomFloats any(6);
    std::mt19937 generator(7);
    std::uniform_real_distribution<float> near(-20, 300);
    for (int i = 0; i < 1'000'000; ++i) {
        ASSERT_NO_FATAL_FAILURE(expect_the_definition(any()));
        ASSERT_NO_FATAL_FAILURE(expect_the_definition(near(generator)));
    }
}

TEST(Int4, TiesAndTheirNeighboursGoToTheEvenCode) {
    for (int half = -17; half <= 35; half += 2) {
        const float tie = 0.5F * static_cast<float>(half);
        for (float x : {std::nextafter(tie, -100.0F), tie, std::nextafter(tie, 100.0F)}) {
            ASSERT_NO_FATAL_FAILURE(expect_the_definition(x));
        }
    }
    EXPECT_EQ(quantise_int4(2.5F), 2);
    EXPECT_EQ(quantise_int4(-3.5F), -4);
    EXPECT_EQ(quantise_uint4(14.5F), 14);
}

TEST(Int4, EveryCodeRoundTripsButMinusEightWhichIsRejected) {
    for (std::uint32_t code = 0; code < 16; ++code) {
        EXPECT_EQ(decode(Format::uint4, code), static_cast<float>(code));
        EXPECT_EQ(encode(Format::uint4, decode(Format::uint4, code)), code);
        const int value = code < 8 ? static_cast<int>(code) : static_cast<int>(code) - 16;
        EXPECT_EQ(sign_extend_int4(code), value);
        if (code == 8) continue;
        EXPECT_EQ(decode(Format::int4, code), static_cast<float>(value));
        EXPECT_EQ(encode(Format::int4, decode(Format::int4, code)), code);
    }
    try {
        decode(Format::int4, 8);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "code = 0x8: int4 has no -8");
    }
}

TEST(Int4, CodesWithMoreBitsThanTheFormatAreRejected) {
    EXPECT_THROW(decode(Format::uint4, 16), std::invalid_argument);
    EXPECT_THROW(decode(Format::fp4_r4, 16), std::invalid_argument);
    EXPECT_THROW(decode(Format::fp8_143, 256), std::invalid_argument);
    EXPECT_THROW(decode(Format::fp16, 65536), std::invalid_argument);
}

TEST(Int4, NaNAndInfinityAreCountedAndClampingIsNot) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (Format format : {Format::int4, Format::uint4, Format::uint8}) {
        Faults faults;
        encode(format, 1e20F, &faults);
        encode(format, -1e20F, &faults);
        EXPECT_EQ(faults, Faults{});
        encode(format, infinity, &faults);
        encode(format, -std::numeric_limits<float>::quiet_NaN(), &faults);
        EXPECT_EQ(faults, (Faults{.nan = 1, .infinity = 1, .saturated = 0}));
    }
    Faults faults;
    quantise_int4(-infinity, &faults);
    quantise_uint4(std::numeric_limits<float>::quiet_NaN(), &faults);
    EXPECT_EQ(faults, (Faults{.nan = 1, .infinity = 1, .saturated = 0}));
}

TEST(Int4, Int32RoundsAndOverflowIsAnError) {
    EXPECT_EQ(encode(Format::int32, 2147483647.0), 0x7FFF'FFFFU);
    EXPECT_EQ(encode(Format::int32, -2147483648.5), 0x8000'0000U);
    EXPECT_EQ(encode(Format::int32, -2.5), 0xFFFF'FFFEU);
    EXPECT_EQ(decode(Format::int32, 0xFFFF'FFFEU), -2.0F);
    EXPECT_THROW(encode(Format::int32, 2147483647.5), std::overflow_error);
    EXPECT_THROW(encode(Format::int32, -2147483649.0), std::overflow_error);
    EXPECT_THROW(encode(Format::int32, std::numeric_limits<double>::infinity()),
                 std::overflow_error);
}

}  // namespace
}  // namespace quatrain::numerics

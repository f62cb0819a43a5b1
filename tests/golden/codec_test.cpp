// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/codec.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

namespace quatrain::golden {
namespace {

const std::vector<std::string> narrow_formats{"fp16", "bf16", "dlfloat16", "fp8_143", "fp8_152"};

/// Codes 0..last of the finite values of positive sign.
std::uint32_t last_finite(const std::string& name) {
    const FloatFormat format = float_format(name);
    std::uint32_t code = (1u << (bits(name) - 1)) - 1;
    while (!std::isfinite(decode(format, code))) --code;
    return code;
}

TEST(Codec, Fp16HasTheValuesOfBinary16) {
    const FloatFormat fp16 = float_format("fp16");
    EXPECT_EQ(decode(fp16, 0x3C00), 1.0);
    EXPECT_EQ(decode(fp16, 0x3555), 0.333251953125);
    EXPECT_EQ(decode(fp16, 0x7BFF), 65504.0);
    EXPECT_EQ(decode(fp16, 0x0400), 0x1p-14);
    EXPECT_EQ(decode(fp16, 0x0001), 0x1p-24);
    EXPECT_EQ(decode(fp16, 0xC000), -2.0);
    EXPECT_EQ(decode(fp16, 0x7C00), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(decode(fp16, 0x7C01)));
    EXPECT_EQ(encode(fp16, 65519.99), 0x7BFFu);
    EXPECT_EQ(encode(fp16, 65520.0), 0x7C00u);
    EXPECT_EQ(encode(fp16, 0x1p-25), 0u);
    EXPECT_EQ(encode(fp16, 0x1.8p-24), 2u);
    EXPECT_EQ(encode(fp16, -0.0), 0x8000u);
    EXPECT_EQ(encode(fp16, std::nan("")), 0x7E00u);
}

TEST(Codec, Dlfloat16HasOneBinadeInsteadOfSubnormalsAndOneSymbolForInfinityAndNan) {
    const FloatFormat dlfloat = float_format("dlfloat16");
    EXPECT_EQ(decode(dlfloat, 31u << 9), 1.0);
    EXPECT_EQ(decode(dlfloat, 1), 513 * 0x1p-40);
    EXPECT_EQ(decode(dlfloat, 0), 0.0);
    EXPECT_EQ(decode(dlfloat, 0x7FFE), 1022 * 0x1p23);
    EXPECT_EQ(decode(dlfloat, 0xFFFF), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(encode(dlfloat, 1022.499 * 0x1p23), 0x7FFEu);
    EXPECT_EQ(encode(dlfloat, 1022.5 * 0x1p23), 0x7FFFu);
    EXPECT_EQ(encode(dlfloat, -1e30), 0xFFFFu);
    EXPECT_EQ(encode(dlfloat, std::nan("")), 0x7FFFu);
    EXPECT_EQ(encode(dlfloat, 513 * 0x1p-41), 1u);
    EXPECT_EQ(encode(dlfloat, 512.9 * 0x1p-41), 0u);
    EXPECT_EQ(encode(dlfloat, 0x1p-31), 1u);
    EXPECT_EQ(encode(dlfloat, 1 + 0x1p-10), (31u << 9) + 1) << "ties go away from zero";
    EXPECT_EQ(encode(dlfloat, -1 - 0x1p-10), 0x8000u + (31u << 9) + 1);
}

TEST(Codec, Fp8HasSubnormalsAndAnInfinityAtTheTopExponent) {
    const FloatFormat forward = float_format("fp8_143"), backward = float_format("fp8_152");
    EXPECT_EQ(decode(forward, 0x38), 1.0) << "bias 7";
    EXPECT_EQ(decode(forward, 0x01), 0x1p-9);
    EXPECT_EQ(decode(forward, 0x08), 0x1p-6);
    EXPECT_EQ(decode(forward, 0x77), 240.0);
    EXPECT_EQ(decode(forward, 0xF8), -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(decode(forward, 0x79)));
    EXPECT_EQ(encode(forward, 247.99), 0x77u);
    EXPECT_EQ(encode(forward, 248), 0x78u) << "half-way to 256";
    EXPECT_EQ(encode(forward, 0x1p-10), 0u);
    EXPECT_EQ(encode(forward, 17), 0x58u) << "between 16 and 18: the even one";
    EXPECT_EQ(decode(backward, 0x3C), 1.0) << "bias 15";
    EXPECT_EQ(decode(backward, 0x01), 0x1p-16);
    EXPECT_EQ(decode(backward, 0x04), 0x1p-14);
    EXPECT_EQ(decode(backward, 0x7B), 57344.0);
    EXPECT_EQ(decode(backward, 0x7C), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(decode(backward, 0x7D)));
    EXPECT_EQ(encode(backward, 61440), 0x7Cu);
    EXPECT_EQ(encode(backward, -1.25), 0xBDu);
}

TEST(Codec, EveryFiniteCodeSurvivesARoundTripAndValuesIncreaseWithCodes) {
    for (const std::string& name : narrow_formats) {
        const FloatFormat format = float_format(name);
        const std::uint32_t sign = 1u << (bits(name) - 1);
        double previous = -1;
        for (std::uint32_t code = 0; code <= last_finite(name); ++code) {
            const double value = decode(format, code);
            ASSERT_GT(value, previous) << name << " " << code;
            ASSERT_EQ(encode(format, value), code) << name;
            ASSERT_EQ(encode(format, -value), code | sign) << name;
            ASSERT_EQ(decode(format, code | sign), -value) << name << " " << code;
            previous = value;
        }
    }
}

TEST(Codec, RoundsToTheNearestValueAndMidpointsAsTheFormatSays) {
    for (const std::string& name : narrow_formats) {
        const FloatFormat format = float_format(name);
        for (std::uint32_t code = 0; code < last_finite(name); ++code) {
            const double low = decode(format, code), high = decode(format, code + 1);
            const double middle = low + (high - low) / 2;
            const bool up = name == "dlfloat16" || code % 2 == 1;
            ASSERT_EQ(encode(format, middle), up ? code + 1 : code) << name;
            ASSERT_EQ(encode(format, std::nextafter(middle, 0.0)), code) << name;
            ASSERT_EQ(encode(format, std::nextafter(middle, 1e300)), code + 1) << name;
        }
    }
}

TEST(Codec, Fp32RoundsLikeTheHost) {
    const FloatFormat fp32 = float_format("fp32");
    double x = 1.1e-45;
    for (int i = 0; i < 20000; ++i, x *= -1.0096) {
        ASSERT_EQ(encode(fp32, x), encode_fp32(static_cast<float>(x))) << x;
        ASSERT_EQ(round_to(fp32, x), static_cast<double>(static_cast<float>(x)));
    }
}

TEST(Codec, FourBitFormatsHaveTheValuesOfTheirTables) {
    const std::vector<std::int32_t> int4{0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1};
    const std::vector<std::int32_t> fp4{0, 1,  4,  16,  64,  256,  1024,  4096,
                                        0, -1, -4, -16, -64, -256, -1024, -4096};
    EXPECT_EQ(integer_values("int4"), int4);
    EXPECT_EQ(integer_values("fp4_r4"), fp4);
    EXPECT_EQ(integer_values("uint4")[15], 15);
    EXPECT_THROW(integer_values("fp16"), std::invalid_argument);
    EXPECT_THROW(float_format("fp17"), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::golden

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/accumulator.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_int.hpp>

namespace quatrain::numerics {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;
using reference::FloatFormat;
using reference::Rounder;

/// The exact value of a finite double.
cpp_rational exact(double x) {
    int exponent = 0;
    const auto significand = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    exponent -= 53;
    return exponent >= 0 ? cpp_rational(cpp_int(significand) << exponent)
                         : cpp_rational(cpp_int(significand), cpp_int(1) << -exponent);
}

/// The FP32 value nearest to x, ties to even, found by bisection over the codes of the magnitudes.
float nearest_float(const cpp_rational& x) {
    const cpp_rational magnitude = abs(x);
    std::uint32_t low = 0, high = 0x7F80'0000;  // infinity stands for 2^128
    const auto value_of = [](std::uint32_t code) {
        return code == 0x7F80'0000 ? exact(0x1p128)
                                   : exact(static_cast<double>(std::bit_cast<float>(code)));
    };
    while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (value_of(middle) <= magnitude ? low : high) = middle;
    }
    const cpp_rational down = magnitude - value_of(low), up = value_of(high) - magnitude;
    const bool take_low = down < up || (down == up && low % 2 == 0);
    const auto result = std::bit_cast<float>(take_low ? low : high);
    return x < 0 ? -result : result;
}

float slow_group_sum(const std::vector<float>& a, const std::vector<float>& b) {
    cpp_rational sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += exact(static_cast<double>(a[i])) * exact(static_cast<double>(b[i]));
    }
    return nearest_float(sum);
}

/// A finite value whose exponent field is drawn from a window, so that sums cancel and overlap.
float random_value(const FloatFormat& format, std::mt19937& generator, std::uint32_t window_start,
                   std::uint32_t window) {
    const std::uint32_t fields = 1U << format.exponent_bits;
    const std::uint32_t field =
        std::min(window_start + static_cast<std::uint32_t>(generator()) % window, fields - 2);
    const std::uint32_t mantissa =
        static_cast<std::uint32_t>(generator()) & ((1U << format.mantissa_bits) - 1);
    const std::uint32_t sign = (generator() & 1U) != 0 ? format.sign() : 0;
    return reference::value(format, sign | (field << format.mantissa_bits) | mantissa);
}

void expect_exact_groups(const FloatFormat& a_format, const FloatFormat& b_format,
                         std::uint32_t window) {
    std::mt19937 generator(14);
    for (int trial = 0; trial < 700; ++trial) {
        const std::uint32_t a_start =
            static_cast<std::uint32_t>(generator()) % (1U << a_format.exponent_bits);
        const std::uint32_t b_start =
            static_cast<std::uint32_t>(generator()) % (1U << b_format.exponent_bits);
        std::vector<float> a, b;
        for (std::uint32_t i = 0; i < 1 + generator() % 8; ++i) {
            a.push_back(random_value(a_format, generator, a_start, window));
            b.push_back(random_value(b_format, generator, b_start, window));
        }
        b.resize(a.size());
        ASSERT_PRED2(reference::same, group_sum(a, b), slow_group_sum(a, b))
            << name(a_format.format) << trial;
    }
}

TEST(GroupSum, IsTheExactSumRoundedOnceForEveryPairOfFormats) {
    for (const FloatFormat& a : {reference::fp16, reference::dlfloat16, reference::bf16}) {
        for (const FloatFormat& b : {reference::fp16, reference::dlfloat16, reference::bf16}) {
            for (std::uint32_t window : {2U, 12U, 256U})
                ASSERT_NO_FATAL_FAILURE(expect_exact_groups(a, b, window));
        }
    }
}

TEST(GroupSum, DoesNotRoundThePartialSums) {
    // 2^100 + 1 - 2^100 in bf16; a running FP32 or double sum loses the 1.
    EXPECT_EQ(group_sum(std::vector{0x1p50F, 1.0F, -0x1p50F}, std::vector{0x1p50F, 1.0F, 0x1p50F}),
              1.0F);
    // A tie in FP32 that a far smaller product breaks, below the reach of a double.
    const std::vector<float> ones{1, 1, 0x1p-60F};
    EXPECT_EQ(group_sum(ones, std::vector{1.0F, 0x1p-24F, 0x1p-60F}), 1 + 0x1p-23F);
    EXPECT_EQ(group_sum(ones, std::vector{1.0F, 0x1p-24F, -0x1p-60F}), 1.0F);
    EXPECT_EQ(group_sum(ones, std::vector{1.0F, 0x1p-24F, 0.0F}), 1.0F);
}

TEST(GroupSum, ProductsOfFp32AreSummedExactly) {
    std::mt19937 generator(16);
    const auto any = [&](std::uint32_t start, std::uint32_t window) {
        const std::uint32_t field =
            std::min(start + static_cast<std::uint32_t>(generator()) % window, 254U);
        return std::bit_cast<float>(static_cast<std::uint32_t>(generator()) % 2 << 31 |
                                    field << 23 |
                                    (static_cast<std::uint32_t>(generator()) & 0x7F'FFFFU));
    };
    for (const std::uint32_t window : {2U, 12U, 255U})
        for (int trial = 0; trial < 500; ++trial) {
            const std::uint32_t a_start = static_cast<std::uint32_t>(generator()) % 255;
            const std::uint32_t b_start = static_cast<std::uint32_t>(generator()) % 255;
            std::vector<float> a, b;
            for (std::size_t i = 1 + generator() % 16; i > 0; --i) {
                a.push_back(any(a_start, window));
                b.push_back(any(b_start, window));
            }
            ASSERT_PRED2(reference::same, group_sum(a, b), slow_group_sum(a, b)) << trial;
        }
    // The ends of the range: 2^-298 breaks a tie of 2^-149; 64 of the largest products cancel.
    EXPECT_EQ(group_sum(std::vector{0x1p-75F, 0x1p-149F}, std::vector{0x1p-75F, 0x1p-149F}),
              0x1p-149F);
    std::vector<float> large(64, 0x1.fffffep127F), signs(64, 0x1.fffffep127F);
    for (std::size_t i = 0; i < 32; ++i) signs[i] = -signs[i];
    EXPECT_EQ(group_sum(large, signs), 0.0F);
}

TEST(GroupSum, OneProductOfFp16IsExact) {
    std::mt19937 generator(15);
    for (int i = 0; i < 10'000; ++i) {
        const std::vector<float> a{random_value(reference::fp16, generator, 0, 32)};
        const std::vector<float> b{random_value(reference::fp16, generator, 0, 32)};
        ASSERT_EQ(static_cast<double>(group_sum(a, b)),
                  static_cast<double>(a[0]) * static_cast<double>(b[0]));
    }
}

TEST(GroupSum, KeepsSubnormalsAndOverflowsToInfinity) {
    EXPECT_EQ(group_sum(std::vector{0x1p-75F}, std::vector{0x1p-74F}), 0x1p-149F);
    EXPECT_EQ(group_sum(std::vector{0x1p-75F}, std::vector{0x1p-75F}), 0.0F);  // a tie, to even
    EXPECT_EQ(group_sum(std::vector{0x1p-75F, 0x1p-130F}, std::vector{0x1p-75F, 0x1p-130F}),
              0x1p-149F);
    EXPECT_EQ(group_sum(std::vector{0x1p100F}, std::vector{-0x1p100F}),
              -std::numeric_limits<float>::infinity());
    EXPECT_EQ(group_sum(std::vector{0x1p100F, -0x1p100F}, std::vector{0x1p100F, 0x1p100F}), 0.0F);
}

TEST(GroupSum, ZeroSumsArePositiveAndNonFiniteValuesFollowIeee) {
    const float infinity = std::numeric_limits<float>::infinity();
    EXPECT_PRED2(reference::same, group_sum(std::vector{-0.0F}, std::vector{1.0F}), 0.0F);
    EXPECT_PRED2(reference::same, group_sum(std::vector<float>{}, std::vector<float>{}), 0.0F);
    EXPECT_PRED2(reference::same, group_sum(std::vector{2.0F, -1.0F}, std::vector{1.0F, 2.0F}),
                 0.0F);
    EXPECT_EQ(group_sum(std::vector{1.0F, infinity}, std::vector{1.0F, -1.0F}), -infinity);
    EXPECT_TRUE(std::isnan(group_sum(std::vector{infinity}, std::vector{0.0F})));
    EXPECT_TRUE(std::isnan(group_sum(std::vector{infinity, -infinity}, std::vector{1.0F, 1.0F})));
}

TEST(GroupSum, GroupsOfUnequalOrExcessiveSizeAreErrors) {
    EXPECT_THROW(group_sum(std::vector{1.0F}, std::vector{1.0F, 2.0F}), std::invalid_argument);
    EXPECT_THROW(group_sum(std::vector<float>(65), std::vector<float>(65)), std::invalid_argument);
}

class AddChunk : public testing::TestWithParam<FloatFormat> {};
INSTANTIATE_TEST_SUITE_P(EveryFormat, AddChunk,
                         testing::Values(reference::fp16, reference::dlfloat16, reference::bf16),
                         [](const auto& instance) {
                             return std::string(name(instance.param.format));
                         });

/// accumulator + rounded chunk, exact in long double wherever its inexactness could matter (64 bits
/// against 11).
float slow_add(const FloatFormat& format, const Rounder& rounder, float accumulator,
               long double chunk) {
    const float rounded = reference::value(format, rounder.code(chunk));
    if (!std::isfinite(rounded) || !std::isfinite(accumulator)) {
        return reference::value(format,
                                rounder.code(static_cast<long double>(accumulator + rounded)));
    }
    const long double sum =
        static_cast<long double>(accumulator) + static_cast<long double>(rounded);
    return reference::value(format, rounder.code(sum));
}

TEST_P(AddChunk, RoundsTheIntegerSumOnceAndTheAdditionOnce) {
    const Rounder rounder(GetParam());
    std::mt19937_64 generator(16);
    float accumulator = 0;
    for (int i = 0; i < 200'000; ++i) {
        const int size = static_cast<int>(generator() % 44);  // [bits]
        const std::int64_t chunk = static_cast<std::int64_t>(generator()) >> (63 - size);
        const int unit = (generator() & 1U) != 0 ? -6 : 0;
        const long double value = std::ldexp(static_cast<long double>(chunk), unit);
        const float expected = slow_add(GetParam(), rounder, accumulator, value);
        const float got = add_chunk(GetParam().format, accumulator, chunk, unit);
        ASSERT_PRED2(reference::same, got, expected) << accumulator << " " << chunk;
        accumulator = std::isfinite(got) && i % 16 != 0 ? got : 0;
    }
}

TEST_P(AddChunk, AnyAccumulatorPlusAnyChunkOfTheFormatIsRoundedOnce) {
    const Rounder rounder(GetParam());
    std::mt19937 generator(17);
    for (int i = 0; i < 200'000; ++i) {
        const float accumulator =
            reference::value(GetParam(), static_cast<std::uint32_t>(generator()) & 0xFFFFU);
        const auto distance =
            static_cast<std::uint32_t>(generator()) % (40U << GetParam().mantissa_bits);
        const auto code = static_cast<std::uint32_t>(generator()) & 0xFFFFU;
        const float chunk =
            i % 2 == 0 ? reference::value(GetParam(), code)
                       : -accumulator * std::ldexp(1.0F, -static_cast<int>(distance % 20)) * 1.01F;
        if (std::isnan(chunk)) continue;
        const float expected =
            slow_add(GetParam(), rounder, accumulator, static_cast<long double>(chunk));
        ASSERT_PRED2(reference::same, add_chunk(GetParam().format, accumulator, chunk), expected)
            << accumulator << " " << chunk;
    }
}

TEST(AddChunkFp32, RoundsTheIntegerSumOnceAndTheAdditionOnce) {
    std::mt19937_64 generator(18);
    for (int i = 0; i < 3'000; ++i) {
        const std::int64_t chunk =
            static_cast<std::int64_t>(generator()) >> (11 + generator() % 40);
        const auto accumulator =
            static_cast<float>(static_cast<std::int64_t>(generator()) >> (20 + generator() % 40));
        const float rounded = nearest_float(cpp_rational(chunk) / 64);
        const float expected = nearest_float(exact(static_cast<double>(rounded)) +
                                             exact(static_cast<double>(accumulator)));
        ASSERT_EQ(add_chunk(Format::fp32, accumulator, chunk, -6), expected);
        ASSERT_EQ(add_chunk(Format::fp32, accumulator, rounded), expected);
    }
}

TEST(AddChunkTraps, TheIntegerSumIsNotRoundedToFp32First) {
    // 2^30 + 2^19 + 1: just above a tie of fp16-like precision; FP32 would drop the 1 and the tie
    // would go to even.
    const std::int64_t sum = (std::int64_t{1} << 30) + (std::int64_t{1} << 22) + 1;
    EXPECT_EQ(add_chunk(Format::bf16, 0, sum, 0), 0x1p30F + 0x1p23F);
    EXPECT_EQ(add_chunk(Format::bf16, 0, sum - 1, 0), 0x1p30F);
}

TEST(AddChunkTraps, OverflowIsInfiniteAndCounted) {
    Faults faults;
    EXPECT_TRUE(std::isinf(add_chunk(Format::fp16, 65504, std::int64_t{65504}, 0, &faults)));
    EXPECT_EQ(faults, (Faults{.nan = 0, .infinity = 0, .saturated = 1}));
    EXPECT_EQ(add_chunk(Format::fp16, 65504, std::int64_t{-65504}, 0, &faults), 0);
    EXPECT_EQ(faults.saturated, 1U);
}

TEST(AddChunkTraps, OnlyFloatingPointAccumulatorsAreAccepted) {
    try {
        add_chunk(Format::int32, 0, std::int64_t{1}, 0);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(),
                     "accumulator format = int32: must be fp32, fp16, dlfloat16 or bf16");
    }
    EXPECT_THROW(add_chunk(Format::fp8_152, 0, 1.0F), std::invalid_argument);
}

TEST(AddChunkInt32, IsExactAndOverflowIsAnError) {
    EXPECT_EQ(add_chunk_int32(2'000'000'000, 147'483'647), 2'147'483'647);
    EXPECT_EQ(add_chunk_int32(-2'000'000'000, 4'000'000'000), 2'000'000'000);
    EXPECT_EQ(add_chunk_int32(-2'147'483'647, -1), std::numeric_limits<std::int32_t>::min());
    EXPECT_THROW(add_chunk_int32(2'147'483'647, 1), std::overflow_error);
    EXPECT_THROW(add_chunk_int32(-1, std::numeric_limits<std::int64_t>::min()),
                 std::overflow_error);
    try {
        add_chunk_int32(2'147'483'647, 5);
        FAIL();
    } catch (const std::overflow_error& error) {
        EXPECT_STREQ(error.what(),
                     "int32 accumulator = 2147483647: adding the chunk sum 5 overflows");
    }
}

}  // namespace
}  // namespace quatrain::numerics

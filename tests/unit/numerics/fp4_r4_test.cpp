// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/codec.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

/// Mean squared error of the even phase with a threshold factor.
double mean_squared_error(const std::vector<double>& data, double factor) {
    double sum = 0;
    for (double x : data) {
        const double error = x - static_cast<double>(even_value(quantise_reference(x, factor)));
        sum += error * error;
    }
    return sum / static_cast<double>(data.size());
}

/// Factor in 1.00, 1.05 .. 4.00 with the smallest error.
double best_factor(const std::vector<double>& data) {
    double best = 1;
    for (int step = 21; step <= 80; ++step) {
        const double factor = 0.05 * step;
        if (mean_squared_error(data, factor) < mean_squared_error(data, best)) best = factor;
    }
    return best;
}

TEST(Fp4R4, EveryCodeHasTheValueOfTheNumericsPage) {
    const float even[8] = {0, 0x1p-6F, 0x1p-4F, 0x1p-2F, 1, 4, 16, 64};
    const std::int32_t integers[8] = {0, 1, 4, 16, 64, 256, 1024, 4096};
    for (std::uint8_t code = 0; code < 16; ++code) {
        const bool negative = code > 8;  // 0b1000 is zero, and +0
        const float expected = negative ? -even[code & 7] : even[code & 7];
        EXPECT_PRED2(reference::same, even_value(code), expected);
        EXPECT_PRED2(reference::same, decode(Format::fp4_r4, code), expected);
        EXPECT_PRED2(reference::same, odd_value(code), expected / 2);
        EXPECT_EQ(integer_value(code), negative ? -integers[code & 7] : integers[code & 7]);
    }
}

TEST(Fp4R4, EveryCodeRoundTripsInBothPhasesAndZeroIsPositive) {
    for (std::uint8_t code = 0; code < 16; ++code) {
        const std::uint8_t expected = code == 8 ? 0 : code;
        EXPECT_EQ(quantise_even(even_value(code)), expected);
        EXPECT_EQ(quantise_odd(odd_value(code)), expected);
        EXPECT_EQ(quantise_reference(static_cast<double>(even_value(code))), expected);
    }
    EXPECT_EQ(quantise_even(-0.0F), 0);
    EXPECT_EQ(quantise_even(-0x1p-20F), 0);
    EXPECT_EQ(quantise_odd(-0x1p-20F), 0);
}

void expect_both_forms_equal_the_definition(float x) {
    const std::uint8_t even = reference::fp4_r4_even(static_cast<long double>(x));
    const std::uint8_t odd = reference::fp4_r4_even(2 * static_cast<long double>(x));
    ASSERT_EQ(quantise_even(x), even) << x;
    ASSERT_EQ(quantise_odd(x), odd) << x;
    ASSERT_EQ(quantise_reference(static_cast<double>(x)), even) << x;
    ASSERT_EQ(quantise_reference(2 * static_cast<double>(x)), odd) << x;
    ASSERT_EQ(encode(Format::fp4_r4, x), even) << x;
}

TEST(Fp4R4, HardwareFormEqualsReferenceFormOnEveryFp16Input) {
    for (float x : reference::all_fp16_inputs()) {
        ASSERT_NO_FATAL_FAILURE(expect_both_forms_equal_the_definition(x));
    }
}

TEST(Fp4R4, HardwareFormEqualsReferenceFormOnEveryDlFloatAndBf16Input) {
    for (std::uint32_t code = 0; code < 65536; ++code) {
        ASSERT_NO_FATAL_FAILURE(
            expect_both_forms_equal_the_definition(reference::value(reference::dlfloat16, code)));
        ASSERT_NO_FATAL_FAILURE(
            expect_both_forms_equal_the_definition(reference::value(reference::bf16, code)));
    }
}

TEST(Fp4R4, HardwareFormEqualsReferenceFormOnRandomFloats) {
    reference::RandomFloats any(3);
    std::mt19937 generator(4);
    std::uniform_real_distribution<float> log2(-9, 8);  // the range in which the codes change
    for (int i = 0; i < 1'000'000; ++i) {
        ASSERT_NO_FATAL_FAILURE(expect_both_forms_equal_the_definition(any()));
        if (i % 4 != 0) continue;
        ASSERT_NO_FATAL_FAILURE(expect_both_forms_equal_the_definition(std::exp2(log2(generator))));
    }
}

TEST(Fp4R4, TiesGoUpAndTheRangeEndsAtTheStatedBounds) {
    for (int n = -3; n <= 3; ++n) {
        const float threshold = 0.625F * std::ldexp(1.0F, 2 * n);  // 4^n / 1.6
        EXPECT_EQ(quantise_even(threshold), n + 4);
        EXPECT_EQ(quantise_even(std::nextafter(threshold, 0.0F)), n + 3);
        EXPECT_EQ(quantise_even(-threshold), 8 + n + 4);
        EXPECT_EQ(quantise_odd(threshold / 2), n + 4);
        EXPECT_EQ(quantise_odd(std::nextafter(threshold / 2, 0.0F)), n + 3);
    }
    EXPECT_EQ(quantise_even(1.25F * 0x1p-7F), 1);
    EXPECT_EQ(quantise_even(40.0F), 7);
    EXPECT_EQ(quantise_even(65504.0F), 7);
    EXPECT_EQ(quantise_odd(20.0F), 7);
}

TEST(Fp4R4, OtherThresholdsGiveTheReferenceFormOnEveryFp16InputAndBesideEveryThreshold) {
    for (const double factor : {1.0, 1.3, 1.6, 2.0, 2.7, 3.999, 4.0}) {
        const float threshold = fp4_threshold_of(factor);
        // The reference form of the threshold that FP32 holds: |x| >= threshold * 4^(n-1).
        const auto expected = [&](double x) {
            std::uint8_t code = 0;
            for (int n = -3; n <= 3; ++n)
                if (std::fabs(x) >= std::ldexp(static_cast<double>(threshold), 2 * (n - 1)))
                    code = static_cast<std::uint8_t>(n + 4);
            return static_cast<std::uint8_t>(code == 0 || !std::signbit(x) ? code : code | 8);
        };
        const auto check = [&](float x) {
            if (std::isnan(x)) return;
            ASSERT_EQ(quantise_fp4_r4(x, 0, threshold), expected(static_cast<double>(x)))
                << x << " with " << factor;
            ASSERT_EQ(quantise_fp4_r4(x, 1, threshold), expected(2 * static_cast<double>(x)))
                << x << " with " << factor;
        };
        for (float x : reference::all_fp16_inputs()) ASSERT_NO_FATAL_FAILURE(check(x));
        for (int n = -5; n <= 4; ++n) {
            const float at = std::ldexp(threshold, 2 * n);
            for (const float x : {at, std::nextafter(at, 0.0F), std::nextafter(at, 1e30F), -at})
                ASSERT_NO_FATAL_FAILURE(check(x));
        }
        for (double x = 0x1p-9; x < 128; x *= 1.01) {
            const bool beside_a_threshold =
                std::fabs(std::remainder(std::log2(x * factor), 2.0)) < 1e-6;
            ASSERT_TRUE(beside_a_threshold || expected(x) == quantise_reference(x, factor))
                << x << " " << factor;
        }
    }
}

TEST(Fp4R4, AThresholdIsThePatternOfOneToFour) {
    const auto pattern = [](float x) { return std::int64_t{std::bit_cast<std::uint32_t>(x)}; };
    EXPECT_EQ(fp4_threshold_of_pattern(0), fp4_threshold);
    EXPECT_EQ(fp4_threshold_of_pattern(pattern(1.0F)), 1.0F);
    EXPECT_EQ(fp4_threshold_of_pattern(pattern(4.0F)), 4.0F);
    EXPECT_FALSE(fp4_threshold_of_pattern(pattern(0.999F)));
    EXPECT_FALSE(fp4_threshold_of_pattern(pattern(4.001F)));
    EXPECT_FALSE(fp4_threshold_of_pattern(pattern(-2.0F)));
    EXPECT_FALSE(fp4_threshold_of_pattern(pattern(std::numeric_limits<float>::quiet_NaN())));
    EXPECT_FALSE(fp4_threshold_of_pattern(pattern(2.0F) + (std::int64_t{1} << 32)));
    EXPECT_EQ(fp4_threshold_key(1.0F), 0U);
    EXPECT_EQ(fp4_threshold_key(4.0F), 1U << 24);
}

TEST(Fp4R4, OddPhaseIsHalfOfTheEvenPhaseOfTwiceTheInput) {
    for (float x : reference::all_fp16_inputs()) {
        ASSERT_EQ(odd_value(quantise_odd(x)), even_value(quantise_even(2 * x)) / 2) << x;
    }
}

TEST(Fp4R4, TheDoubleOverloadOfEncodeDoesNotRoundAcrossAThreshold) {
    const double below = std::nextafter(40.0, 0.0);  // FP32 first would make it 40
    EXPECT_EQ(encode(Format::fp4_r4, below), 6U);
    EXPECT_EQ(encode(Format::fp4_r4, 40.0), 7U);
    Faults faults;
    EXPECT_EQ(encode(Format::fp4_r4, -1e300, &faults), 15U);
    EXPECT_EQ(faults, Faults{});
}

TEST(Fp4R4, NaNGivesZeroAndInfinitySaturatesAndBothAreCounted) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Faults faults;
    EXPECT_EQ(quantise_even(nan, &faults), 0);
    EXPECT_EQ(quantise_even(-nan, &faults), 0);
    EXPECT_EQ(quantise_even(infinity, &faults), 7);
    EXPECT_EQ(quantise_odd(-infinity, &faults), 15);
    EXPECT_EQ(quantise_odd(-nan), 0);
    EXPECT_EQ(quantise_even(1e30F, &faults), 7);
    EXPECT_EQ(faults, (Faults{.nan = 2, .infinity = 2, .saturated = 0}));
    EXPECT_EQ(quantise_reference(std::numeric_limits<double>::quiet_NaN()), 0);
    EXPECT_EQ(quantise_reference(-std::numeric_limits<double>::infinity()), 15);
}

TEST(Fp4R4, ThresholdFactor1Point6MinimisesTheMeanSquaredError) {
    std::mt19937_64 generator(5);
    std::uniform_real_distribution<double> log4(-3, 3);
    std::normal_distribution<double> normal(0, 16);
    std::vector<double> log_uniform, gaussian;
    for (int i = 0; i < 40'000; ++i) {
        log_uniform.push_back(std::exp2(2 * log4(generator)));
        gaussian.push_back(std::clamp(normal(generator), -64.0, 64.0));
    }
    EXPECT_NEAR(best_factor(log_uniform), 1.6, 1e-9);
    EXPECT_NEAR(best_factor(gaussian), 1.6, 1e-9);
}

TEST(Fp4R4, MeanOfBothPhasesIsCloserThanEither) {
    double even = 0, odd = 0, mean = 0;
    for (int i = 0; i < 32'000; ++i) {
        const float x = 0.001F * static_cast<float>(i);
        const float e = even_value(quantise_even(x)), o = odd_value(quantise_odd(x));
        even += static_cast<double>((x - e) * (x - e));
        odd += static_cast<double>((x - o) * (x - o));
        mean += static_cast<double>((x - (e + o) / 2) * (x - (e + o) / 2));
    }
    // For x uniform on 0..32, from the integral of (x - value)^2 over the interval of each value.
    EXPECT_NEAR(even / 32'000, 47.24, 0.02);
    EXPECT_NEAR(odd / 32'000, 36.57, 0.02);
    EXPECT_NEAR(mean / 32'000, 12.19, 0.02);
}

}  // namespace
}  // namespace quatrain::numerics

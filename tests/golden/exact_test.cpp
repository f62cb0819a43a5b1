// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/exact.hpp"
#include "workloads/golden/accumulate.hpp"

#include <gtest/gtest.h>
#include <array>
#include <bit>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace quatrain::golden {
namespace {

TEST(ExactSum, LosesNothingBetweenTerms) {
    EXPECT_EQ(exact_sum(std::array{0x1p100, 1.0, -0x1p100}), 1.0F);
    EXPECT_EQ(exact_sum(std::array{0x1p-200, 0x1p80, -0x1p80}), 0.0F)
        << "below half the smallest float";
    EXPECT_EQ(exact_sum(std::array{0x1p-140, 0x1p80, -0x1p80}), 0x1p-140F);
    EXPECT_EQ(exact_sum(std::array{-0x1p-149, 0x1p80, -0x1p80}), -0x1p-149F);
    EXPECT_EQ(exact_sum(std::array{1.5, -1.5}), 0.0F);
}

TEST(ExactSum, RoundsOnceToEven) {
    EXPECT_EQ(exact_sum(std::array{1.0, 0x1p-24}), 1.0F);
    EXPECT_EQ(exact_sum(std::array{1.0, 0x1p-24, 0x1p-90}), 1.0F + 0x1p-23F)
        << "just above the middle";
    EXPECT_EQ(exact_sum(std::array{1.0, 0x1p-24, -0x1p-90}), 1.0F);
    EXPECT_EQ(exact_sum(std::array{1.0 + 0x1p-23, 0x1p-24}), 1.0F + 0x1p-22F);
    EXPECT_TRUE(std::isinf(exact_sum(std::array{0x1.fffffep127, 0x1p103, 0x1p-90})));
}

TEST(ExactSum, OfFp32ProductsReachesFromTheSmallestToTheLargest) {
    const double most = static_cast<double>(0x1.fffffep127F);
    EXPECT_EQ(exact_sum(std::array{most * most, 1.0, -most * most}), 1.0F);
    EXPECT_EQ(exact_sum(std::array{0x1p-298, 1.0, 0x1p-24}), 1.0F + 0x1p-23F);
    EXPECT_EQ(exact_sum(std::array{0x1p-298, 0x1p-149}), 0x1p-149F);
    EXPECT_EQ(exact_sum(std::array{0x1p-298, 0x1p-150}), 0x1p-149F) << "just above the middle";
    EXPECT_EQ(exact_sum(std::array{0x1p-150}), 0.0F);
    EXPECT_TRUE(std::isinf(exact_sum(std::array{most * most, 1.0})));
    EXPECT_TRUE(std::isnan(exact_sum(std::array{HUGE_VAL, -HUGE_VAL})));
}

// The fast ways, in a double and in 128 bits, against the one for all terms.
TEST(ExactSum, EqualsTheSlowWayWhateverTheSpreadOfExponents) {
    std::mt19937 random(3);
    const auto draw = [&](int low, int high) {
        return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    };
    const auto value = [&](int spread) {
        const auto significand = static_cast<float>((random() >> 8) | 1u << 23);
        return std::ldexp(draw(0, 1) == 0 ? significand : -significand, draw(-spread, spread) - 23);
    };
    for (const int spread : {0, 2, 10, 30, 37, 60})
        for (int i = 0; i < 4000; ++i) {
            std::vector<double> terms;
            for (int k = draw(1, 9); k > 0; --k) {
                const double product = static_cast<double>(value(spread)) * value(spread);
                terms.push_back(product);
                if (draw(0, 3) == 0) terms.push_back(-product * (1 + std::ldexp(1.0, -20)));
                if (draw(0, 7) == 0) terms.push_back(draw(0, 1) == 0 ? 0.0 : -0.0);
            }
            const float fast = exact_sum(terms), slow = exact_sum_of_any(terms);
            ASSERT_EQ(std::bit_cast<std::uint32_t>(fast), std::bit_cast<std::uint32_t>(slow))
                << "spread " << spread << ", case " << i;
        }
}

// Middles between two FP32 values, and what is just beside them, at every distance.
TEST(ExactSum, SeesWhatIsBesideAMiddleAtAnyDistance) {
    for (int distance = 25; distance < 160; ++distance) {
        const double beside = std::ldexp(1.0, -distance);
        EXPECT_EQ(exact_sum(std::array{1.0, 0x1p-24, beside}), 1.0F + 0x1p-23F) << distance;
        EXPECT_EQ(exact_sum(std::array{1.0, 0x1p-24, -beside}), 1.0F) << distance;
        EXPECT_EQ(exact_sum(std::array{-1.0 - 0x1p-23, -0x1p-24, beside}), -1.0F - 0x1p-23F)
            << distance;
    }
}

TEST(Elementary, ExponentialAndLogarithmAreNearestToTheExactValue) {
    using Precise = boost::multiprecision::cpp_bin_float_100;
    const auto expect_nearest = [](float result, const Precise& exact) {
        const Precise error = abs(exact - Precise(result));
        const Precise below = abs(exact - Precise(std::nextafter(result, -HUGE_VALF)));
        const Precise above = abs(exact - Precise(std::nextafter(result, HUGE_VALF)));
        EXPECT_TRUE(error <= below && error <= above) << result;
    };
    for (int i = 0; i < 400; ++i) {
        const float x = -0.0007F - 0.2553F * static_cast<float>(i);
        expect_nearest(exponential(x), exp(Precise(x)));
        expect_nearest(logarithm(1.0F - x), log(Precise(1.0F - x)));
    }
    EXPECT_EQ(exponential(0), 1.0F);
    EXPECT_EQ(exponential(-200), 0.0F);
    EXPECT_EQ(logarithm(1), 0.0F);
}

TEST(IntegerSum, RoundsEachChunkAndEachAddition) {
    // dlfloat16 counts by 2 above 1024: the chunk 1025 becomes 1026 (tie away), then 1026 + 1 ties
    // up to 1028.
    IntegerSum sum({.accumulator = "dlfloat16", .chunk = 2, .lanes = 1, .unit = 1});
    sum.add(1024, 1);
    sum.add(1, 1);
    sum.add(1, 1);
    EXPECT_EQ(sum.finish(), 1028.0F);
    IntegerSum whole({.accumulator = "dlfloat16", .chunk = 3, .lanes = 1, .unit = 0x1p-6});
    for (const int product : {1024, 1, 1}) whole.add(product, 1);
    EXPECT_EQ(whole.finish(), 1026.0F * 0x1p-6F);
}

TEST(IntegerSum, Int32AccumulatorThrowsExactlyWhenItOverflows) {
    const Accumulation rule{.accumulator = "int32", .chunk = 1, .lanes = 1, .unit = 0x1p-6};
    IntegerSum fits(rule);
    fits.add(1 << 30, 1);
    fits.add((1 << 30) - 1, 1);
    EXPECT_EQ(fits.finish(), 0x1p31F) << "2^31 - 1 in FP32; the unit is the scaling unit's";
    IntegerSum overflows(rule);
    overflows.add(1 << 30, 1);
    EXPECT_THROW(overflows.add(1 << 30, 1), std::overflow_error);
}

TEST(FloatSum, AGroupIsExactAndGroupsRoundToFp32) {
    const auto sum_of = [](std::int64_t lanes) {
        FloatSum sum({.accumulator = "fp32", .chunk = 4, .lanes = lanes});
        for (const float a : {0x1p24F, 1.0F, 1.0F, -0x1p24F}) sum.add(a, 1);
        return sum.finish();
    };
    EXPECT_EQ(sum_of(1), 0.0F) << "2^24 + 1 rounds to 2^24, twice";
    EXPECT_EQ(sum_of(2), 1.0F) << "2^24 + 1 rounds to 2^24, 1 - 2^24 is exact";
    EXPECT_EQ(sum_of(4), 2.0F);
    EXPECT_EQ(sum_of(3), 2.0F) << "2^24 + 2, then the short last group";
}

TEST(FloatSum, EveryChunkIsRoundedIntoTheAccumulatorFormat) {
    // uint4 codes 10 and 15 times 514/1024: 5.01953125 and 7.529296875, 642.5 and 963.75 times
    // 1/128. Together 803.125 times 1/64, the last place of dlfloat16 there.
    const auto sum_of = [](std::int64_t chunk) {
        FloatSum sum({.accumulator = "dlfloat16", .chunk = chunk, .lanes = 1});
        for (const float code : {10.0F, 15.0F}) sum.add(code, 514.0F / 1024);
        return sum.finish();
    };
    EXPECT_EQ(sum_of(2), 803.0F / 64);
    EXPECT_EQ(sum_of(1), 804.0F / 64) << "643 + 964 = 1607 times 1/128; the tie goes away";
}

TEST(FloatSum, Fp32ProductsAreExactInAGroupAndRoundedAlone) {
    // (1 + 2^-23)^2 - 1 = 2^-22 + 2^-46, a tie that goes to 2^-22; 2^-200 more breaks it.
    const auto sum_of = [](std::int64_t lanes, float third) {
        FloatSum sum({.accumulator = "fp32", .chunk = 8, .lanes = lanes});
        sum.add(1 + 0x1p-23F, 1 + 0x1p-23F);
        sum.add(-1, 1);
        sum.add(third, 0x1p-100F);
        return sum.finish();
    };
    EXPECT_EQ(sum_of(3, 0), 0x1p-22F);
    EXPECT_EQ(sum_of(3, 0x1p-100F), 0x1p-22F * (1 + 0x1p-23F));
    EXPECT_EQ(sum_of(1, 0x1p-100F), 0x1p-22F) << "the first product rounds to 1 + 2^-22";
    FloatSum large({.accumulator = "fp32", .chunk = 3, .lanes = 3});
    for (const float a : {0x1p127F, 0x1p-10F, -0x1p127F}) large.add(a, 0x1p100F);
    EXPECT_EQ(large.finish(), 0x1p90F) << "2^227 comes and goes";
}

}  // namespace
}  // namespace quatrain::golden

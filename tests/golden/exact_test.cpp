// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/exact.hpp"
#include "workloads/golden/accumulate.hpp"

#include <gtest/gtest.h>
#include <array>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <stdexcept>

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

}  // namespace
}  // namespace quatrain::golden

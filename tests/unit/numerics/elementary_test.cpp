// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/elementary.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

namespace quatrain::numerics {
namespace {

using Precise = boost::multiprecision::cpp_bin_float_100;

/// The largest float at most x, for x within the finite floats; by its bits, from an approximation.
float at_most(const Precise& x) {
    auto candidate = static_cast<float>(static_cast<double>(x));
    while (Precise(candidate) > x)
        candidate = std::nextafter(candidate, -std::numeric_limits<float>::infinity());
    return candidate;
}

/// Nearest float to x, ties to even, for any finite x.
float nearest(const Precise& x) {
    if (x >= Precise(0x1.FFFFFFp127)) return std::numeric_limits<float>::infinity();
    const float below = at_most(x);
    const float above = std::nextafter(below, std::numeric_limits<float>::infinity());
    const Precise down = x - Precise(below);
    const Precise up = (std::isinf(above) ? Precise(0x1p128) : Precise(above)) - x;
    if (down != up) return down < up ? below : above;
    return (std::bit_cast<std::uint32_t>(below) & 1U) == 0 ? below : above;
}

/// Nearest float to a value known to 2^-58 from a long double; `precise` decides close to a
/// boundary of rounding.
template <class Function>
float nearest_of_long_double(long double x, Function precise) {
    const long double margin = std::fabs(x) * 0x1p-58L;
    const auto below = static_cast<float>(x - margin), above = static_cast<float>(x + margin);
    return below == above ? below : nearest(precise());
}

void expect_exp(float x) {
    const float expected = nearest_of_long_double(std::exp(static_cast<long double>(x)),
                                                  [x] { return exp(Precise(x)); });
    ASSERT_PRED2(reference::same, exp_rounded(x), expected) << std::hexfloat << x;
}

void expect_log(float x) {
    const float expected = nearest_of_long_double(std::log(static_cast<long double>(x)),
                                                  [x] { return log(Precise(x)); });
    ASSERT_PRED2(reference::same, log_rounded(x), expected) << std::hexfloat << x;
}

TEST(Elementary, ExpIsCorrectlyRoundedOnAMillionFloats) {
    std::mt19937 generator(19);
    std::uniform_real_distribution<float> range(
        -105, 90);  // from below the subnormals to above the largest float
    reference::RandomFloats any(20);
    for (int i = 0; i < 1'000'000; ++i) {
        ASSERT_NO_FATAL_FAILURE(expect_exp(range(generator)));
        const float x = any();
        if (!(std::fabs(x) < 1000)) continue;
        ASSERT_NO_FATAL_FAILURE(expect_exp(x));
    }
}

TEST(Elementary, LogIsCorrectlyRoundedOnAMillionFloats) {
    std::mt19937 generator(21);
    std::uniform_real_distribution<float> near_one(0.5F, 2);
    for (int i = 0; i < 1'000'000; ++i) {
        const auto bits = static_cast<std::uint32_t>(generator()) % 0x7F7F'FFFFU +
                          1;  // any positive finite float
        ASSERT_NO_FATAL_FAILURE(expect_log(std::bit_cast<float>(bits)));
        ASSERT_NO_FATAL_FAILURE(expect_log(near_one(generator)));
    }
}

TEST(Elementary, AHundredDigitsGiveTheSameFloats) {
    std::mt19937 generator(22);
    std::uniform_real_distribution<float> range(-104, 89);
    for (int i = 0; i < 2'000; ++i) {
        const float x = range(generator);
        ASSERT_PRED2(reference::same, exp_rounded(x), nearest(exp(Precise(x)))) << x;
        const float y = std::exp2(1.4F * range(generator));
        ASSERT_PRED2(reference::same, log_rounded(y), nearest(log(Precise(y)))) << y;
    }
}

TEST(Elementary, ArgumentsWhoseResultsLieNextToABoundaryAreDecidedExactly) {
    // e^x = 1 + x + x^2/2: for x = +-2^-24, +-2^-25 the sum 1 + x is half way between two floats,
    // and x^2/2 breaks the tie, far below a double's last place.
    EXPECT_EQ(exp_rounded(0x1p-24F), 1 + 0x1p-23F);
    EXPECT_EQ(exp_rounded(-0x1p-25F), 1.0F);
    EXPECT_EQ(exp_rounded(std::nextafter(-0x1p-25F, -1.0F)), 1 - 0x1p-24F);
    for (int k = 0; k < 200; ++k) {
        const float odd_half =
            std::ldexp(2 * static_cast<float>(k) + 1, -24);  // 1 + x is half way, k + 1/2 steps up
        ASSERT_PRED2(reference::same, exp_rounded(odd_half), nearest(exp(Precise(odd_half))));
        ASSERT_PRED2(reference::same, exp_rounded(-odd_half), nearest(exp(Precise(-odd_half))));
    }
}

TEST(Elementary, TheHardestArgumentsAreDecidedBeyondADouble) {
    // Found by a search over all floats: the results lie within a double's last place of a boundary
    // of rounding, so that the double alone decides some of them wrongly.
    EXPECT_EQ(exp_rounded(-0x1.D2259Ap3F), nearest(exp(Precise(-0x1.D2259Ap3F))));
    int wrong_by_double = 0;
    for (float x : {0x1.917748p-100F, 0x1.390FFp-93F, 0x1.22D57p-65F, 0x1.98496Ep-39F,
                    0x1.B97C7p-14F, 0x1.F0DDEp-8F, 0x1.827A74p-7F, 0x1.2F1FD6p3F, 0x1.CB534Cp13F,
                    0x1.BACB4Ap25F, 0x1.C09D7Cp27F, 0x1.D1309Cp62F, 0x1.B121A6p76F, 0x1.5190Cp78F,
                    0x1.6351D8p95F, 0x1.CFD86Ep116F}) {
        const float expected = nearest(log(Precise(x)));
        EXPECT_EQ(log_rounded(x), expected) << std::hexfloat << x;
        const auto nearest_double = static_cast<double>(log(Precise(x)));
        wrong_by_double += static_cast<float>(nearest_double) != expected ? 1 : 0;
    }
    EXPECT_GT(wrong_by_double, 0);
}

TEST(Elementary, TheEndsOfTheRangeAreRoundedToo) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float largest = 0x1.62E42Ep6F;  // just below ln 2^128: the largest with a finite result
    EXPECT_TRUE(std::isfinite(exp_rounded(largest)));
    EXPECT_EQ(exp_rounded(std::nextafter(largest, 100.0F)), infinity);
    for (float x = -103.0F; x > -104.5F; x = std::nextafter(x, -200.0F) - 0.001F) {
        ASSERT_PRED2(reference::same, exp_rounded(x), nearest(exp(Precise(x)))) << x;
    }
    ASSERT_PRED2(reference::same, log_rounded(0x1p-149F), nearest(log(Precise(0x1p-149F))));
}

TEST(Elementary, SpecialArgumentsFollowIeee) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_PRED2(reference::same, exp_rounded(0), 1.0F);
    EXPECT_PRED2(reference::same, exp_rounded(-0.0F), 1.0F);
    EXPECT_EQ(exp_rounded(infinity), infinity);
    EXPECT_PRED2(reference::same, exp_rounded(-infinity), 0.0F);
    EXPECT_TRUE(std::isnan(exp_rounded(nan)));
    EXPECT_PRED2(reference::same, log_rounded(1), 0.0F);
    EXPECT_EQ(log_rounded(0), -infinity);
    EXPECT_EQ(log_rounded(-0.0F), -infinity);
    EXPECT_TRUE(std::isnan(log_rounded(-1)));
    EXPECT_TRUE(std::isnan(log_rounded(nan)));
    EXPECT_EQ(log_rounded(infinity), infinity);
}

}  // namespace
}  // namespace quatrain::numerics

// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/quantise.hpp"

#include "workloads/golden/codec.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

namespace quatrain::golden {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double even_value(double x) {
    return integer_values("fp4_r4")[quantise_even(x)] * 0x1p-6;
}
double odd_value(double x) {
    return integer_values("fp4_r4")[quantise_odd(x)] * 0x1p-7;
}

TEST(QuantiseGradient, ThresholdsAreTheMiddlesBetweenNeighboursAndTiesGoUp) {
    for (int n = -2; n <= 3; ++n) {
        const double high = std::ldexp(1.0, 2 * n), low = high / 4, middle = (low + high) / 2;
        EXPECT_EQ(even_value(middle), high);
        EXPECT_EQ(even_value(std::nextafter(middle, 0.0)), low);
        EXPECT_EQ(even_value(-middle), -high);
        EXPECT_EQ(odd_value(middle / 2), high / 2);
        EXPECT_EQ(odd_value(std::nextafter(middle / 2, 0.0)), low / 2);
    }
}

TEST(QuantiseGradient, UnderflowsBelowFiveQuartersOf2ToMinus7) {
    EXPECT_EQ(even_value(1.25 * 0x1p-7), 0x1p-6);
    EXPECT_EQ(quantise_even(std::nextafter(1.25 * 0x1p-7, 0.0)), 0u);
    EXPECT_EQ(quantise_even(-std::nextafter(1.25 * 0x1p-7, 0.0)), 0u) << "zero has no sign";
    EXPECT_EQ(odd_value(1.25 * 0x1p-8), 0x1p-7);
    EXPECT_EQ(quantise_odd(std::nextafter(1.25 * 0x1p-8, 0.0)), 0u);
}

TEST(QuantiseGradient, SaturatesFrom40AndOddFrom20) {
    EXPECT_EQ(even_value(40), 64.0);
    EXPECT_EQ(even_value(std::nextafter(40.0, 0.0)), 16.0);
    EXPECT_EQ(even_value(1e30), 64.0);
    EXPECT_EQ(odd_value(20), 32.0);
    EXPECT_EQ(odd_value(64), 32.0);
    EXPECT_EQ(quantise_even(-infinity), 15u);
    EXPECT_EQ(quantise_even(std::nan("")), 0u);
}

TEST(QuantiseWeight, RoundsHalfToEvenAndClampsTo7) {
    EXPECT_EQ(quantise_weight(0.5F, 1), 0u);
    EXPECT_EQ(quantise_weight(1.5F, 1), 2u);
    EXPECT_EQ(quantise_weight(-2.5F, 1), 14u);
    EXPECT_EQ(quantise_weight(6.6F, 1), 7u);
    EXPECT_EQ(quantise_weight(100, 1), 7u);
    EXPECT_EQ(quantise_weight(-7.6F, 1), 9u) << "-8 is never produced";
    EXPECT_EQ(quantise_weight(1, 0), 0u);
}

TEST(QuantiseActivation, CoversZeroToAlphaWith15Steps) {
    const auto code = [](float x) { return quantise_activation(x, 3, 15.0F / 3); };
    EXPECT_EQ(code(-1), 0u);
    EXPECT_EQ(code(0.1F), 0u) << "0.5 steps, tie to even";
    EXPECT_EQ(code(0.3F), 2u) << "1.5 steps, tie to even";
    EXPECT_EQ(code(2.85F), 14u);
    EXPECT_EQ(code(3), 15u);
    EXPECT_EQ(code(1e30F), 15u);
    EXPECT_EQ(code(std::nanf("")), 0u);
    EXPECT_EQ(quantise_activation(1, -1, -15), 0u);
}

TEST(QuantiseFp8Gradient, KeepsEveryFiniteValueAndSaturatesBeyondThem) {
    const FloatFormat fp8 = float_format("fp8_152");
    for (std::uint32_t code = 0; code < 256; ++code) {
        const double value = decode(fp8, code);
        const std::uint32_t saturated = std::isinf(value) ? (code & 0x80) | 0x7B : code;
        EXPECT_EQ(quantise_fp8_gradient(value), std::isnan(value) ? 0 : saturated);
    }
    EXPECT_EQ(quantise_fp8_gradient(61440), 0x7Bu) << "nearer to an infinity";
    EXPECT_EQ(quantise_fp8_gradient(-1e30), 0xFBu);
    EXPECT_EQ(quantise_fp8_gradient(0x1p-17), 0x00u) << "a tie with zero, which is even";
    EXPECT_EQ(quantise_fp8_gradient(-0x1p-17), 0x80u);
    EXPECT_EQ(quantise_fp8_gradient(0x1.1p-17), 0x01u);
    EXPECT_EQ(quantise_fp8_gradient(1.125), 0x3Cu) << "between 1 and 1.25";
}

}  // namespace
}  // namespace quatrain::golden

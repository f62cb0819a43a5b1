// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/fp4_multiplier/function.hpp"

#include "rtl_models/numerics/codec.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace quatrain::fp4_multiplier {
namespace {

/// The definition: the operand times the code's value, in units of 2^-6.
double product_by_value(int operand, std::uint32_t code) {
    return operand * static_cast<double>(numerics::decode(numerics::Format::fp4_r4, code)) * 64;
}

TEST(Fp4Multiplier, EveryUint4OperandTimesEveryCodeIsTheExactProduct) {
    for (std::uint32_t code = 0; code < 16; ++code)
        for (int operand = 0; operand <= 15; ++operand)
            EXPECT_EQ(multiply(operand, static_cast<std::uint8_t>(code)),
                      product_by_value(operand, code))
                << operand << " x code " << code;
}

TEST(Fp4Multiplier, EveryInt4OperandTimesEveryCodeIsTheExactProduct) {
    for (std::uint32_t code = 0; code < 16; ++code)
        for (int operand = -7; operand <= 7; ++operand)
            EXPECT_EQ(multiply(operand, static_cast<std::uint8_t>(code)),
                      product_by_value(operand, code))
                << operand << " x code " << code;
}

TEST(Fp4Multiplier, ProductsReachButDoNotExceedTheStatedWidth) {
    EXPECT_EQ(multiply(15, 7), 61440);
    EXPECT_EQ(multiply(15, 15), -61440);
    EXPECT_EQ(multiply(-7, 7), -28672);
}

}  // namespace
}  // namespace quatrain::fp4_multiplier

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/fp8.hpp"

#include <gtest/gtest.h>
#include <array>
#include <bit>

namespace quatrain::scaling_unit {
namespace {

/// Every sign and exponent with every pattern of the upper seven fraction bits, and of the lower
/// sixteen those next to a boundary.
template <class Check>
void for_many_floats(Check check) {
    for (std::uint32_t upper = 0; upper < 0x10000U; ++upper)
        for (const std::uint32_t lower : std::array{0U, 1U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU})
            check(std::bit_cast<float>(upper << 16 | lower));
}

TEST(ClockedQuantisers, BothPhasesOfFp4AreThoseOfTheNumericsRoom) {
    for (const float threshold : {numerics::fp4_threshold, 1.0F, 1.75F, 2.0F, 3.2F, 4.0F}) {
        const std::uint32_t key = numerics::fp4_threshold_key(threshold);
        for_many_floats([&](float x) {
            ASSERT_EQ(clocked_fp4_code(x, false, key), numerics::quantise_fp4_r4(x, 0, threshold))
                << x;
            ASSERT_EQ(clocked_fp4_code(x, true, key), numerics::quantise_fp4_r4(x, 1, threshold))
                << x;
        });
    }
}

TEST(ClockedQuantisers, Fp8OfAGradientIsThatOfTheNumericsRoom) {
    for_many_floats(
        [](float x) { ASSERT_EQ(clocked_fp8_152_code(x), numerics::quantise_fp8_152(x)) << x; });
}

TEST(ClockedQuantisers, IntegersAreThoseOfTheNumericsRoom) {
    for_many_floats([](float x) {
        ASSERT_EQ(clocked_int4_code(x), numerics::encode(numerics::Format::int4, x)) << x;
        ASSERT_EQ(clocked_uint4_code(x), numerics::encode(numerics::Format::uint4, x)) << x;
    });
}

TEST(ClockedQuantisers, CountTheSameFaults) {
    for (const auto format :
         {numerics::Format::int4, numerics::Format::uint4, numerics::Format::fp4_r4,
          numerics::Format::fp16, numerics::Format::fp8_143, numerics::Format::fp32}) {
        numerics::Faults is, expected;
        for_many_floats([&](float x) {
            ASSERT_EQ(clocked_code(format, x, is), numerics::encode(format, x, &expected)) << x;
        });
        EXPECT_EQ(is, expected);
        EXPECT_GT(is.nan, 0U);
        EXPECT_GT(is.infinity, 0U);
    }
}

}  // namespace
}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
// The quantiser of scaled gradients; the format itself is in float_codec_test.cpp.
#include "rtl_models/numerics/fp8.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

/// The definition: the nearest value as a search finds it, held at the largest finite one.
class Definition {
public:
    std::uint32_t operator()(float x) const {
        if (std::isnan(x)) return 0;
        const std::uint32_t code = rounder_.code(static_cast<long double>(x));
        return (code & 0x80U) | std::min(code & 0x7FU, 0x7BU);
    }

private:
    reference::Rounder rounder_{reference::fp8_152};
};

TEST(Fp8Gradients, EveryFiniteCodeRoundTripsAndTheOthersSaturateOrVanish) {
    for (std::uint32_t code = 0; code < 256; ++code) {
        const std::uint32_t magnitude = code & 0x7FU, sign = code & 0x80U;
        std::uint32_t expected = code;
        if (magnitude == 0x7C) expected = sign | 0x7B;  // infinity
        if (magnitude > 0x7C) expected = 0;             // NaN
        EXPECT_EQ(quantise_fp8_152(reference::value(reference::fp8_152, code)), expected) << code;
    }
    EXPECT_EQ(reference::value(reference::fp8_152, fp8_152_largest), 57344.0F);
}

TEST(Fp8Gradients, EqualTheDefinitionOnEverySixteenBitGradientAtEveryScale) {
    const Definition definition;
    for (const auto& format : {reference::fp16, reference::dlfloat16})
        for (std::uint32_t code = 0; code < 65536; ++code) {
            const float gradient = reference::value(format, code);
            if (!std::isfinite(gradient)) continue;
            for (std::int32_t log2 = gradscale_minimum; log2 <= gradscale_maximum; ++log2) {
                const float t = gradient * power_of_two(log2);
                const std::uint32_t is = quantise_fp8_152(t);
                if (is != definition(t))
                    FAIL() << t << ": " << is << " instead of " << definition(t);
            }
        }
}

TEST(Fp8Gradients, EqualTheDefinitionOnRandomFloats) {
    const Definition definition;
    reference::RandomFloats any(17);
    std::mt19937 generator(18);
    std::uniform_real_distribution<float> log2(-19, 18);  // the range in which the codes change
    for (int i = 0; i < 500'000; ++i) {
        const float anything = any();
        ASSERT_EQ(quantise_fp8_152(anything), definition(anything)) << anything;
        const float near = std::exp2(log2(generator));
        ASSERT_EQ(quantise_fp8_152(-near), definition(-near)) << near;
    }
}

TEST(Fp8Gradients, TiesGoToEvenAndTheRangeEndsAtTheLargestFiniteValue) {
    EXPECT_EQ(quantise_fp8_152(0x1p-17F), 0);  // half of the smallest magnitude
    EXPECT_EQ(quantise_fp8_152(-0x1p-17F), 0x80);
    EXPECT_EQ(quantise_fp8_152(std::nextafter(0x1p-17F, 1.0F)), 1);
    EXPECT_EQ(quantise_fp8_152(0x1.8p-16F), 2);  // between 1 and 2
    EXPECT_EQ(quantise_fp8_152(1.125F), 0x3C);
    EXPECT_EQ(quantise_fp8_152(1.375F), 0x3E);
    EXPECT_EQ(quantise_fp8_152(61440.0F), 0x7B);  // encode() gives infinity from here on
    EXPECT_EQ(quantise_fp8_152(-std::numeric_limits<float>::max()), 0xFB);
}

TEST(Fp8Gradients, NaNAndInfinityAreCountedOnceAndSaturationIsNot) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    Faults faults;
    EXPECT_EQ(quantise_fp8_152(nan, &faults), 0);
    EXPECT_EQ(quantise_fp8_152(-nan, &faults), 0);
    EXPECT_EQ(quantise_fp8_152(infinity, &faults), 0x7B);
    EXPECT_EQ(quantise_fp8_152(-infinity, &faults), 0xFB);
    EXPECT_EQ(quantise_fp8_152(1e30F, &faults), 0x7B);
    EXPECT_EQ(faults, (Faults{.nan = 2, .infinity = 2, .saturated = 0}));
}

}  // namespace
}  // namespace quatrain::numerics

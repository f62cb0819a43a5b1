// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/format.hpp"

#include <gtest/gtest.h>
#include <set>

namespace quatrain::numerics {
namespace {

constexpr int format_count = static_cast<int>(Format::int32) + 1;

TEST(Format, EveryNameIsUniqueAndLeadsBackToItsFormat) {
    std::set<std::string_view> names;
    for (int i = 0; i < format_count; ++i) {
        const auto format = static_cast<Format>(i);
        EXPECT_TRUE(names.insert(name(format)).second) << name(format);
        EXPECT_EQ(format_from_name(name(format)), format);
    }
    EXPECT_EQ(name(Format::fp4_r4), "fp4_r4");
    EXPECT_EQ(name(Format::dlfloat16), "dlfloat16");
}

TEST(Format, UnknownNamesHaveNoFormat) {
    EXPECT_EQ(format_from_name("fp4"), std::nullopt);
    EXPECT_EQ(format_from_name(""), std::nullopt);
    EXPECT_EQ(format_from_name("FP16"), std::nullopt);
}

TEST(Format, BitsAreTheStorageOfOneElement) {
    for (Format format : {Format::int4, Format::uint4, Format::fp4_r4}) EXPECT_EQ(bits(format), 4);
    for (Format format : {Format::fp8_143, Format::fp8_152, Format::uint8})
        EXPECT_EQ(bits(format), 8);
    for (Format format : {Format::fp16, Format::dlfloat16, Format::bf16})
        EXPECT_EQ(bits(format), 16);
    for (Format format : {Format::fp32, Format::int32}) EXPECT_EQ(bits(format), 32);
}

TEST(Format, SixteenBitFormatsAreTheThreeThatTheArrayMultiplies) {
    for (int i = 0; i < format_count; ++i) {
        const auto format = static_cast<Format>(i);
        const bool expected =
            format == Format::fp16 || format == Format::dlfloat16 || format == Format::bf16;
        EXPECT_EQ(is_sixteen_bit(format), expected) << name(format);
    }
}

TEST(Format, ThePairDecidesTheModeByItsWiderFormat) {
    using enum Format;
    const auto mode = [](Format a, Format b) -> int {
        try {
            EXPECT_EQ(precision(a, b), precision(b, a));
            return 4 << static_cast<int>(precision(a, b));
        } catch (const std::invalid_argument&) {
            EXPECT_THROW(precision(b, a), std::invalid_argument);
            return 0;
        }
    };
    constexpr Format integers[] = {int4, uint4};
    constexpr Format floats[] = {fp8_143, fp8_152, fp16, dlfloat16, bf16, fp32};
    for (int i = 0; i < format_count; ++i) {
        const auto other = static_cast<Format>(i);
        const bool integer = other == int4 || other == uint4;
        const bool operand = other != uint8 && other != int32;
        EXPECT_EQ(mode(fp4_r4, other), integer ? 4 : 0) << name(other);
        EXPECT_EQ(mode(uint8, other), 0) << name(other);
        EXPECT_EQ(mode(int32, other), 0) << name(other);
        for (const Format one : integers)
            EXPECT_EQ(mode(one, other), operand ? bits(other) : 0) << name(other);
        for (const Format one : floats) {
            const int expected = operand && other != fp4_r4 ? std::max(bits(one), bits(other)) : 0;
            EXPECT_EQ(mode(one, other), expected) << name(one) << " x " << name(other);
        }
    }
}

TEST(Format, AValueOutsideTheEnumerationIsAnError) {
    EXPECT_THROW(bits(static_cast<Format>(format_count)), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::numerics

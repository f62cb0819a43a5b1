// SPDX-License-Identifier: Apache-2.0
// Every pair of codes of every product in the numerics page's table, in values, integers and
// shifts.
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/int4.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace quatrain::numerics {
namespace {

struct Range {
    std::int32_t lowest = 0, highest = 0;
    void include(std::int32_t x) {
        lowest = std::min(lowest, x);
        highest = std::max(highest, x);
    }
    bool operator==(const Range&) const = default;
};

bool valid(Format format, std::uint32_t code) {
    return format != Format::int4 || code != 8;
}

/// Value of an integer code, from two's complement written out.
std::int32_t integer(Format format, std::uint32_t code) {
    const auto value = static_cast<std::int32_t>(code);
    return format == Format::int4 && value > 7 ? value - 16 : value;
}

/// The product of the integer datapath for all pairs, checked against the product of the decoded
/// values.
Range integer_products(Format a_format, Format b_format) {
    Range range;
    for (std::uint32_t a = 0; a < 16; ++a) {
        for (std::uint32_t b = 0; b < 16; ++b) {
            if (!valid(a_format, a) || !valid(b_format, b)) continue;
            const std::int32_t product = integer(a_format, a) * integer(b_format, b);
            EXPECT_EQ(static_cast<float>(product), decode(a_format, a) * decode(b_format, b));
            range.include(product);
        }
    }
    return range;
}

/// The log-domain multiplier: sign * (a << 2(c-1)), for all pairs; in units of 2^-6 (even) and 2^-7
/// (odd).
Range shift_products(Format a_format) {
    Range range;
    for (std::uint32_t a = 0; a < 16; ++a) {
        for (std::uint8_t b = 0; b < 16; ++b) {
            if (!valid(a_format, a)) continue;
            const std::int32_t value = integer(a_format, a);
            const int c = b & 7;
            const std::int32_t shifted = c == 0 ? 0 : value * (1 << (2 * (c - 1)));
            const std::int32_t product = (b & 8) != 0 ? -shifted : shifted;
            EXPECT_EQ(value * integer_value(b), product);
            EXPECT_EQ(static_cast<float>(product) * 0x1p-6F, decode(a_format, a) * even_value(b));
            EXPECT_EQ(static_cast<float>(product) * 0x1p-7F, decode(a_format, a) * odd_value(b));
            range.include(product);
        }
    }
    return range;
}

TEST(Products, Uint4TimesInt4IsWithin105) {
    EXPECT_EQ(integer_products(Format::uint4, Format::int4), (Range{-105, 105}));
}

TEST(Products, Int4TimesInt4IsWithin49) {
    EXPECT_EQ(integer_products(Format::int4, Format::int4), (Range{-49, 49}));
}

TEST(Products, Uint4TimesFp4IsAShiftWithin61440) {
    EXPECT_EQ(shift_products(Format::uint4), (Range{-61440, 61440}));
    EXPECT_LT(61440, 1 << 16);  // 17 bits signed
    EXPECT_GT(61440, 1 << 15);  // and not 16
}

TEST(Products, Int4TimesFp4IsAShiftWithin28672) {
    EXPECT_EQ(shift_products(Format::int4), (Range{-28672, 28672}));
    EXPECT_LT(28672, 1 << 15);  // 16 bits signed
    EXPECT_GT(28672, 1 << 14);  // and not 15
}

TEST(Products, Fp4TimesFp4IsAnExponentAdd) {
    for (std::uint8_t a = 0; a < 16; ++a) {
        for (std::uint8_t b = 0; b < 16; ++b) {
            const int ca = a & 7, cb = b & 7;
            const float sign = ((a ^ b) & 8) != 0 ? -1.0F : 1.0F;
            const float expected =
                ca == 0 || cb == 0 ? 0 : sign * std::ldexp(1.0F, 2 * (ca + cb - 8));
            EXPECT_EQ(even_value(a) * even_value(b), expected);
            EXPECT_EQ(odd_value(a) * odd_value(b), expected / 4);
        }
    }
}

}  // namespace
}  // namespace quatrain::numerics

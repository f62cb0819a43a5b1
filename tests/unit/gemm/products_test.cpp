// SPDX-License-Identifier: Apache-2.0
// Every pair of codes of every product, through the packed operands and the kernels that the array
// uses, at every place in a word.
#include "rtl_models/fp4_multiplier/function.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/int4.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "tests/support/highway_targets.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

constexpr std::int64_t codes = 16;
constexpr std::int64_t depth = 8;  ///< two words of four, or four of two

bool valid(Format format, std::int64_t code) {
    return format != Format::int4 || code != 8;
}

/// Value of an integer code, from two's complement written out.
std::int32_t integer(Format format, std::int64_t code) {
    return static_cast<std::int32_t>(format == Format::int4 && code > 7 ? code - 16 : code);
}

/// The product by the multiplier's definition, in units of 2^-6 if a factor is fp4_r4.
std::int32_t product(Format a_format, std::int64_t a, Format b_format, std::int64_t b) {
    if (a_format == Format::fp4_r4)
        return fp4_multiplier::multiply(integer(b_format, b), static_cast<std::uint8_t>(a));
    if (b_format == Format::fp4_r4)
        return fp4_multiplier::multiply(integer(a_format, a), static_cast<std::uint8_t>(b));
    return integer(a_format, a) * integer(b_format, b);
}

/// [code][depth] or [depth][code] 4-bit codes: code i at reduction element `place`, zeros
/// elsewhere.
std::vector<std::byte> operand(Format format, std::int64_t place, bool moving) {
    std::vector<std::byte> bytes(codes * depth / 2);
    for (std::int64_t code = 0; code < codes; ++code) {
        const std::int64_t element = moving ? code * depth + place : place * codes + code;
        if (valid(format, code))
            store_code(bytes.data(), format, element, static_cast<std::uint32_t>(code));
    }
    return bytes;
}

/// All 256 products at once: row = moving code, column = stationary code.
std::vector<std::uint32_t> all_products(Format moving, Format stationary, std::int64_t place) {
    const ProductKind kind = product_kind(moving, stationary);
    const GemmRounding rounding{.kind = kind,
                                .accumulator = Format::int32,
                                .unit_log2 = unit_log2(moving, stationary),
                                .chunk = depth};
    DecodedBuffer moving_buffer, stationary_buffer;
    const DecodedRows rows = moving_buffer.zeroed(kind, codes, depth);
    decode_rows(moving, operand(moving, place, true), 0, depth, codes, depth, rows, depth);
    const DecodedRows columns = stationary_buffer.zeroed(kind, depth, codes);
    decode_rows(stationary, operand(stationary, place, false), 0, codes, depth, codes, columns,
                codes);
    PackedOperand packed;
    pack_stationary(columns, codes, depth, codes, depth, packed);
    const std::int64_t stride = padded_columns(codes);
    std::vector<std::uint32_t> sums(static_cast<std::size_t>(codes * stride));
    multiply_chunks(rounding, moving_words(kind, rows, depth), packed, codes, sums, stride, 1);
    return sums;
}

class EveryProduct : public testing::TestWithParam<std::pair<Format, Format>> {};

TEST_P(EveryProduct, OfTwoCodesIsTheMultipliersInTheKernels) {
    const auto [moving, stationary] = GetParam();
    const std::int64_t stride = padded_columns(codes);
    const auto expect_products = [&](const std::vector<std::uint32_t>& sums, std::int64_t place) {
        for (std::int64_t a = 0; a < codes; ++a)
            for (std::int64_t b = 0; b < codes; ++b) {
                if (!valid(moving, a) || !valid(stationary, b)) continue;
                EXPECT_EQ(static_cast<std::int32_t>(sums[static_cast<std::size_t>(a * stride + b)]),
                          product(moving, a, stationary, b))
                    << "codes " << a << ", " << b << " at element " << place;
            }
    };
    test::on_every_target([&] {
        for (std::int64_t place = 0; place < depth; ++place)
            expect_products(all_products(moving, stationary, place), place);
    });
}

TEST_P(EveryProduct, OfTwoCodesIsTheMultipliersInTheReference) {
    const auto [moving, stationary] = GetParam();
    const GemmRounding rounding{.kind = product_kind(moving, stationary),
                                .accumulator = Format::int32,
                                .unit_log2 = unit_log2(moving, stationary),
                                .chunk = 1};
    for (std::int64_t a = 0; a < codes; ++a)
        for (std::int64_t b = 0; b < codes; ++b) {
            if (!valid(moving, a) || !valid(stationary, b)) continue;
            const auto value = [](Format format, std::int64_t code) {
                const auto low = static_cast<std::uint8_t>(code);
                return static_cast<float>(format == Format::fp4_r4
                                              ? fp4_multiplier::multiply(1, low)
                                              : integer(format, code));
            };
            std::uint32_t sum = 0;
            multiply_reference(rounding, std::vector{value(moving, a)},
                               std::vector{value(stationary, b)}, 1, 1, 1, std::span(&sum, 1));
            EXPECT_EQ(static_cast<std::int32_t>(sum), product(moving, a, stationary, b));
        }
}

INSTANTIATE_TEST_SUITE_P(Pairs, EveryProduct,
                         testing::Values(std::pair(Format::uint4, Format::int4),
                                         std::pair(Format::int4, Format::int4),
                                         std::pair(Format::uint4, Format::fp4_r4),
                                         std::pair(Format::int4, Format::fp4_r4),
                                         std::pair(Format::fp4_r4, Format::int4),
                                         std::pair(Format::fp4_r4, Format::uint4)),
                         [](const auto& tested) {
                             return std::string(name(tested.param.first)) + "_times_" +
                                    std::string(name(tested.param.second));
                         });

}  // namespace
}  // namespace quatrain::numerics

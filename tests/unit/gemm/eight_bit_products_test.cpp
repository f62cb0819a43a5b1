// SPDX-License-Identifier: Apache-2.0
// Every pair of codes of every pair of formats of the 8-bit mode, through the packed operands and
// the kernels that the array uses.
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace quatrain::numerics {
namespace {

/// Value of a code from the fields that the numerics page gives: exact in a double.
double value(Format format, std::uint32_t code) {
    if (format == Format::uint4) return code;
    if (format == Format::int4) return code > 7 ? static_cast<double>(code) - 16 : code;
    const bool forward = format == Format::fp8_143;
    const unsigned mantissa_bits = forward ? 3 : 2;
    const int bias = forward ? 7 : 15;
    const std::uint32_t top = forward ? 15 : 31;
    const double sign = (code & 0x80U) != 0 ? -1 : 1;
    const std::uint32_t exponent = (code & 0x7FU) >> mantissa_bits;
    const std::uint32_t mantissa = code & ((1U << mantissa_bits) - 1);
    if (exponent == top)
        return mantissa == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    const double unit = std::ldexp(1.0, -static_cast<int>(mantissa_bits));
    const double significand = mantissa * unit + (exponent == 0 ? 0 : 1);
    return sign *
           std::ldexp(significand, static_cast<int>(std::max(exponent, std::uint32_t{1})) - bias);
}

std::int64_t codes_of(Format format) {
    return std::int64_t{1} << bits(format);
}

/// Codes that exist, in order.
std::vector<std::uint32_t> valid_codes(Format format) {
    std::vector<std::uint32_t> codes;
    for (std::uint32_t code = 0; code < codes_of(format); ++code)
        if (format != Format::int4 || code != 8) codes.push_back(code);
    return codes;
}

/// Rows of `depth` elements: row i holds code i at element `place`, zeros elsewhere; transposed for
/// the stationary side.
std::vector<std::byte> operand(Format format, const std::vector<std::uint32_t>& codes,
                               std::int64_t depth, std::int64_t place, bool moving) {
    const std::int64_t count = std::ssize(codes);
    std::vector<std::byte> bytes(static_cast<std::size_t>(packed_bytes(format, count * depth)));
    for (std::int64_t i = 0; i < count; ++i)
        store_code(bytes.data(), format, moving ? i * depth + place : place * count + i,
                   codes[static_cast<std::size_t>(i)]);
    return bytes;
}

class EveryEightBitProduct : public testing::TestWithParam<std::pair<Format, Format>> {};

TEST_P(EveryEightBitProduct, OfTwoCodesIsExactInTheKernels) {
    const auto [moving, stationary] = GetParam();
    const std::vector<std::uint32_t> a = valid_codes(moving), b = valid_codes(stationary);
    const std::int64_t rows = std::ssize(a), columns = std::ssize(b), depth = 4;
    for (const std::int64_t lanes : {1, 2, 4})
        for (std::int64_t place = 0; place < depth; ++place) {
            DecodedBuffer moving_buffer, stationary_buffer;
            const ProductKind kind = product_kind(moving, stationary);
            const DecodedRows moving_rows = moving_buffer.zeroed(kind, rows, depth);
            decode_rows(moving, operand(moving, a, depth, place, true), 0, depth, rows, depth,
                        moving_rows, depth);
            const DecodedRows stationary_rows = stationary_buffer.zeroed(kind, depth, columns);
            decode_rows(stationary, operand(stationary, b, depth, place, false), 0, columns, depth,
                        columns, stationary_rows, columns);
            PackedOperand packed;
            pack_stationary(stationary_rows, columns, depth, columns, depth, packed);
            const std::int64_t stride = padded_columns(columns);
            std::vector<std::uint32_t> sums(static_cast<std::size_t>(rows * stride));
            multiply_chunks(
                {.kind = kind, .accumulator = Format::fp32, .lanes = lanes, .chunk = depth},
                moving_words(kind, moving_rows, depth), packed, rows, sums, stride, 1);
            for (std::int64_t i = 0; i < rows; ++i)
                for (std::int64_t j = 0; j < columns; ++j) {
                    const double x = value(moving, a[static_cast<std::size_t>(i)]);
                    const double y = value(stationary, b[static_cast<std::size_t>(j)]);
                    const double expected = x * y;
                    const auto sum =
                        std::bit_cast<float>(sums[static_cast<std::size_t>(i * stride + j)]);
                    if (std::isnan(expected)) {
                        ASSERT_TRUE(std::isnan(sum)) << x << " * " << y;
                        continue;
                    }
                    ASSERT_EQ(static_cast<double>(sum), expected) << x << " * " << y;
                }
        }
}

INSTANTIATE_TEST_SUITE_P(Pairs, EveryEightBitProduct,
                         testing::Values(std::pair(Format::fp8_143, Format::fp8_143),
                                         std::pair(Format::fp8_152, Format::fp8_143),
                                         std::pair(Format::fp8_143, Format::fp8_152),
                                         std::pair(Format::fp8_152, Format::int4),
                                         std::pair(Format::uint4, Format::fp8_152),
                                         std::pair(Format::fp8_152, Format::fp8_152)),
                         [](const auto& tested) {
                             return std::string(name(tested.param.first)) + "_times_" +
                                    std::string(name(tested.param.second));
                         });

}  // namespace
}  // namespace quatrain::numerics

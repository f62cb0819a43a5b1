// SPDX-License-Identifier: Apache-2.0
// Passes of the array against their definition, element by element.
#pragma once

#include "rtl_models/mac_array/function.hpp"
#include "rtl_models/numerics/accumulator.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "tests/support/random_stream.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <span>
#include <vector>

namespace quatrain::mac_array {

using numerics::Format;
using test::below;
using test::Random;

struct Pair {
    Format moving, stationary;
};
inline constexpr Pair pairs[] = {
    {Format::uint4, Format::int4},     {Format::int4, Format::int4},
    {Format::fp4_r4, Format::int4},    {Format::uint4, Format::fp4_r4},
    {Format::fp16, Format::dlfloat16}, {Format::bf16, Format::bf16},
    {Format::dlfloat16, Format::fp16}, {Format::fp8_143, Format::fp8_152},
    {Format::fp8_152, Format::int4},   {Format::uint4, Format::fp8_152},
    {Format::dlfloat16, Format::int4}, {Format::uint4, Format::dlfloat16},
    {Format::fp32, Format::fp32}};
inline constexpr Accumulator accumulators[] = {Accumulator::dlfloat16, Accumulator::fp16,
                                               Accumulator::bf16, Accumulator::fp32,
                                               Accumulator::int32};

inline bool allowed(const Pair& pair, Accumulator accumulator) {
    return accumulator != Accumulator::int32 ||
           numerics::precision(pair.moving, pair.stationary) == numerics::Precision::four_bit;
}

/// A dense matrix of codes: rows [depth], `columns` each.
struct Matrix {
    Format format;
    std::int64_t rows, columns;
    std::vector<std::uint32_t> codes;

    std::uint32_t at(std::int64_t row, std::int64_t column) const {
        return codes[static_cast<std::size_t>(row * columns + column)];
    }
};

inline Matrix random_matrix(Format format, std::int64_t rows, std::int64_t columns,
                            Random& random) {
    Matrix matrix{format, rows, columns,
                  std::vector<std::uint32_t>(static_cast<std::size_t>(rows * columns))};
    for (auto& code : matrix.codes) code = test::random_code(format, random);
    return matrix;
}

inline MovingVectors vectors_of(const Matrix& matrix) {
    return [&matrix](std::int64_t first, std::int64_t count, numerics::DecodedRows rows,
                     std::int64_t stride) {
        std::visit(
            [&]<class T>(T* elements) {
                for (std::int64_t t = 0; t < count; ++t)
                    for (std::int64_t k = 0; k < matrix.columns; ++k) {
                        const std::uint32_t code = matrix.at(first + t, k);
                        elements[t * stride + k] =
                            matrix.format == Format::fp4_r4
                                ? static_cast<T>(
                                      numerics::integer_value(static_cast<std::uint8_t>(code)))
                                : static_cast<T>(numerics::decode(matrix.format, code));
                    }
            },
            rows);
    };
}

inline std::vector<std::byte> packed(const Matrix& matrix, std::int64_t address,
                                     std::int64_t stride) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(address + matrix.rows * stride));
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        for (std::int64_t column = 0; column < matrix.columns; ++column)
            numerics::store_code(bytes.data() + address + row * stride, matrix.format, column,
                                 matrix.at(row, column));
    return bytes;
}

/// The accumulator after one more chunk, from the codes.
inline std::uint32_t add_chunk(Accumulator accumulator, std::uint32_t code,
                               const std::vector<std::uint32_t>& moving,
                               const std::vector<std::uint32_t>& stationary, const Pair& formats,
                               std::int64_t lanes) {
    const Format format = accumulator_format(accumulator);
    if (numerics::precision(formats.moving, formats.stationary) != numerics::Precision::four_bit) {
        float sum = 0;
        for (std::size_t k = 0; k < moving.size(); k += static_cast<std::size_t>(lanes)) {
            std::vector<float> a, b;
            for (std::size_t i = k;
                 i < std::min(k + static_cast<std::size_t>(lanes), moving.size()); ++i) {
                a.push_back(numerics::decode(formats.moving, moving[i]));
                b.push_back(numerics::decode(formats.stationary, stationary[i]));
            }
            sum += numerics::group_sum(a, b);
        }
        return numerics::encode(format,
                                numerics::add_chunk(format, numerics::decode(format, code), sum));
    }
    const auto integer = [](Format f, std::uint32_t c) {
        return f == Format::fp4_r4 ? numerics::integer_value(static_cast<std::uint8_t>(c))
                                   : static_cast<std::int32_t>(numerics::decode(f, c));
    };
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < moving.size(); ++k)
        sum += std::int64_t{integer(formats.moving, moving[k])} *
               integer(formats.stationary, stationary[k]);
    if (format == Format::int32)
        return static_cast<std::uint32_t>(
            numerics::add_chunk_int32(static_cast<std::int32_t>(code), sum));
    const int unit =
        formats.moving == Format::fp4_r4 || formats.stationary == Format::fp4_r4 ? -6 : 0;
    return numerics::encode(format,
                            numerics::add_chunk(format, numerics::decode(format, code), sum, unit));
}

inline bool is_zero(Format format, std::uint32_t code) {
    return numerics::decode(format, code) == 0;
}

inline Params random_array(Random& random, Accumulator accumulator) {
    Params params;
    params.rows = 1 + below(random, 9);
    params.cols = 1 + below(random, 40);
    params.lanes_4bit = 1 + below(random, 4);
    params.lanes_8bit = 1 + below(random, 4);
    params.lanes_16bit = 1 + below(random, 3);
    params.lanes_32bit = 1 + below(random, 2);
    params.chunk = 12 * (1 + below(random, 4));  // of every number of lanes
    params.accumulator = accumulator;
    return params;
}

inline std::vector<std::byte> random_accumulators(Accumulator accumulator, std::int64_t bytes,
                                                  Random& random) {
    std::vector<std::byte> buffer(static_cast<std::size_t>(bytes));
    const std::int64_t width = accumulator_bits(accumulator) / 8;
    for (std::int64_t i = 0; i < bytes / width; ++i) {
        const auto value = static_cast<float>(below(random, 401) - 200);
        numerics::store_code(buffer.data(), accumulator_format(accumulator), i,
                             numerics::encode(accumulator_format(accumulator), value));
    }
    return buffer;
}

/// Every number of threads against the definition.
inline void check_weight_stationary(const Pair& formats, const Params& params, bool accumulate,
                                    std::int64_t vectors, std::span<const int> threads,
                                    Random& random) {
    const std::int64_t k_count =
        1 + below(random, params.rows * lanes(params, formats.moving, formats.stationary));
    const std::int64_t columns = 1 + below(random, params.cols);
    const Matrix moving = random_matrix(formats.moving, vectors, k_count, random);
    const Matrix stationary = random_matrix(formats.stationary, k_count, columns, random);
    const std::int64_t width = accumulator_bits(params.accumulator) / 8;
    isa::WeightStationaryPass pass;
    pass.moving_format = formats.moving;
    pass.stationary_format = formats.stationary;
    pass.k_count = k_count;
    pass.vectors = vectors;
    pass.columns = columns;
    pass.stationary_address = 8;
    pass.stationary_stride = numerics::packed_bytes(formats.stationary, columns) / 4 * 4 + 4;
    pass.accumulator_address = 12;
    pass.accumulator_stride = columns * width + 4;
    pass.accumulate = accumulate;
    const auto before =
        random_accumulators(params.accumulator, 12 + vectors * pass.accumulator_stride, random);
    auto expected = before;
    std::int64_t zero_macs = 0;
    for (std::int64_t t = 0; t < vectors; ++t) {
        for (std::int64_t n = 0; n < columns; ++n) {
            std::vector<std::uint32_t> a, b;
            for (std::int64_t k = 0; k < k_count; ++k) {
                a.push_back(moving.at(t, k));
                b.push_back(stationary.at(k, n));
                zero_macs +=
                    is_zero(formats.moving, a.back()) || is_zero(formats.stationary, b.back()) ? 1
                                                                                               : 0;
            }
            std::byte* row =
                expected.data() + pass.accumulator_address + t * pass.accumulator_stride;
            const Format format = accumulator_format(params.accumulator);
            const std::uint32_t code = accumulate ? numerics::load_code(row, format, n) : 0;
            numerics::store_code(row, format, n,
                                 add_chunk(params.accumulator, code, a, b, formats,
                                           lanes(params, formats.moving, formats.stationary)));
        }
    }
    const auto bytes = packed(stationary, pass.stationary_address, pass.stationary_stride);
    const MovingVectors stream = vectors_of(moving);
    PassCounts counted{.macs = vectors * k_count * columns,
                       .zero_macs = zero_macs,
                       .accumulator_adds = vectors * columns};
    Scratch scratch;
    for (const bool count_zeros : {true, false}) {
        if (!count_zeros) counted.zero_macs = 0;
        for (const int count : threads) {
            auto buffer = before;
            EXPECT_EQ(weight_stationary_pass(params, pass, stream, bytes, buffer, scratch, count,
                                             count_zeros),
                      counted);
            EXPECT_TRUE(buffer == expected) << count << " threads";
        }
    }
}

/// Every number of threads against the definition.
inline void check_output_stationary(const Pair& formats, const Params& params, bool resume,
                                    std::int64_t pixels, std::span<const int> threads,
                                    Random& random) {
    const std::int64_t outputs = 1 + below(random, params.rows);
    const std::int64_t columns = 1 + below(random, params.cols);
    const Matrix moving = random_matrix(formats.moving, pixels, outputs, random);
    const Matrix stationary = random_matrix(formats.stationary, pixels, columns, random);
    const std::int64_t width = accumulator_bits(params.accumulator) / 8;
    isa::OutputStationaryPass pass;
    pass.moving_format = formats.moving;
    pass.stationary_format = formats.stationary;
    pass.outputs = outputs;
    pass.pixels = pixels;
    pass.columns = columns;
    pass.stationary_stride = numerics::packed_bytes(formats.stationary, columns) / 4 * 4 + 4;
    pass.accumulator_stride = columns * width;
    pass.resume = resume;
    const auto before =
        random_accumulators(params.accumulator, outputs * pass.accumulator_stride, random);
    auto expected = before;
    std::int64_t zero_macs = 0;
    const Format format = accumulator_format(params.accumulator);
    for (std::int64_t r = 0; r < outputs; ++r) {
        for (std::int64_t n = 0; n < columns; ++n) {
            std::byte* row = expected.data() + r * pass.accumulator_stride;
            std::uint32_t code = resume ? numerics::load_code(row, format, n) : 0;
            for (std::int64_t first = 0; first < pixels; first += params.chunk) {
                std::vector<std::uint32_t> a, b;
                for (std::int64_t p = first; p < std::min(first + params.chunk, pixels); ++p) {
                    a.push_back(moving.at(p, r));
                    b.push_back(stationary.at(p, n));
                    zero_macs +=
                        is_zero(formats.moving, a.back()) || is_zero(formats.stationary, b.back())
                            ? 1
                            : 0;
                }
                code = add_chunk(params.accumulator, code, a, b, formats,
                                 lanes(params, formats.moving, formats.stationary));
            }
            numerics::store_code(row, format, n, code);
        }
    }
    const auto bytes = packed(stationary, 0, pass.stationary_stride);
    const MovingVectors stream = vectors_of(moving);
    PassCounts counted{.macs = outputs * pixels * columns,
                       .zero_macs = zero_macs,
                       .accumulator_adds = outputs * columns * ceil_div(pixels, params.chunk)};
    Scratch scratch;
    for (const bool count_zeros : {true, false}) {
        if (!count_zeros) counted.zero_macs = 0;
        for (const int count : threads) {
            auto buffer = before;
            EXPECT_EQ(output_stationary_pass(params, pass, stream, bytes, buffer, scratch, count,
                                             count_zeros),
                      counted);
            EXPECT_TRUE(buffer == expected) << count << " threads";
        }
    }
}

}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"

#include <fmt/format.h>
#include "tests/support/highway_targets.hpp"
#include "tests/unit/gemm/scattered.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace quatrain::numerics {
namespace {

using Random = std::mt19937_64;

std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

constexpr Format float_accumulators[] = {Format::dlfloat16, Format::fp16, Format::bf16,
                                         Format::fp32};

struct Shape {
    std::int64_t rows, columns, depth, chunk;
};

/// What a random code is like: everything, mostly large values, or mostly zero.
enum class Spread { all, extreme, sparse };

float random_value(Format format, Spread spread, Random& random) {
    if (spread == Spread::sparse && below(random, 4) != 0) return 0;
    switch (format) {
        case Format::int4:
            return static_cast<float>(spread == Spread::extreme ? 7 : below(random, 15) - 7);
        case Format::uint4:
            return static_cast<float>(spread == Spread::extreme ? 15 : below(random, 16));
        case Format::fp4_r4:
            return static_cast<float>(integer_value(static_cast<std::uint8_t>(
                spread == Spread::extreme ? 7 + 8 * (below(random, 8) / 7) : below(random, 16))));
        default:
            break;
    }
    if (spread == Spread::extreme)
        return decode(format,
                      static_cast<std::uint32_t>(below(random, std::int64_t{1} << bits(format))));
    // A third: a significand that fills FP32.
    return round_to(format, std::ldexp(static_cast<float>(below(random, 4097) - 2048) / 3,
                                       static_cast<int>(below(random, 12)) - 14));
}

std::vector<float> random_values(Format format, std::int64_t count, Spread spread, Random& random) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = random_value(format, spread, random);
    return values;
}

/// Small multiples of 1/8; in extreme cases any value of the format, infinity, NaN and the smallest
/// included.
std::vector<std::uint32_t> random_accumulators(Format format, std::int64_t count, Spread spread,
                                               Random& random) {
    std::vector<std::uint32_t> accumulators(static_cast<std::size_t>(count));
    for (auto& accumulator : accumulators) {
        const auto integer = static_cast<std::int32_t>(below(random, 2001) - 1000);
        if (format == Format::int32) {
            accumulator = static_cast<std::uint32_t>(integer);
        } else if (spread == Spread::extreme && format != Format::fp32) {
            accumulator = std::bit_cast<std::uint32_t>(
                decode(format, static_cast<std::uint32_t>(below(random, 1 << 16))));
        } else {
            accumulator =
                std::bit_cast<std::uint32_t>(round_to(format, static_cast<float>(integer) / 8));
        }
    }
    return accumulators;
}

/// Rows of decoded elements in the type that the kind wants.
DecodedRows decoded(ProductKind kind, std::span<const float> values, std::int64_t rows,
                    std::int64_t columns, std::int64_t stride, DecodedBuffer& buffer) {
    const DecodedRows result = buffer.zeroed(kind, rows, stride);
    std::visit(
        [&]<class T>(T* elements) {
            for (std::int64_t i = 0; i < rows * columns; ++i)
                elements[i / columns * stride + i % columns] =
                    static_cast<T>(values[static_cast<std::size_t>(i)]);
        },
        result);
    return result;
}

std::vector<float> transposed(std::span<const float> values, std::int64_t rows,
                              std::int64_t columns) {
    std::vector<float> result(values.size());
    for (std::int64_t i = 0; i < rows * columns; ++i)
        result[static_cast<std::size_t>(i % columns * rows + i / columns)] =
            values[static_cast<std::size_t>(i)];
    return result;
}

/// The kernels' result, columns to a row, from every layout of the moving operand: all where there
/// is one chunk.
std::vector<std::vector<std::uint32_t>> multiply(const GemmRounding& rounding, const Shape& shape,
                                                 std::span<const float> moving,
                                                 std::span<const float> stationary,
                                                 std::span<const std::uint32_t> initial,
                                                 int threads) {
    DecodedBuffer moving_buffer, stationary_buffer, transposed_buffer;
    PackedOperand packed_stationary, packed_moving;
    OverlappingVectors scattered;
    pack_stationary(decoded(rounding.kind, stationary, shape.depth, shape.columns,
                            shape.columns + 3, stationary_buffer),
                    shape.columns + 3, shape.depth, shape.columns, shape.chunk, packed_stationary);
    pack_moving(decoded(rounding.kind, transposed(moving, shape.rows, shape.depth), shape.depth,
                        shape.rows, shape.rows, transposed_buffer),
                shape.rows, shape.depth, shape.rows, shape.chunk, packed_moving);
    std::vector<MovingWords> layouts{moving_words(packed_moving)};
    if (shape.chunk >= shape.depth) {
        const std::int64_t stride = (shape.depth + 3) / 4 * 4 + 8;
        layouts.push_back(moving_words(
            rounding.kind,
            decoded(rounding.kind, moving, shape.rows, shape.depth, stride, moving_buffer),
            stride));
        test::scatter(rounding.kind, moving, shape.rows, shape.depth, scattered);
        if (rounding.lanes == 1) layouts.push_back(moving_words(scattered));
    }
    const std::int64_t stride = padded_columns(shape.columns);
    std::vector<std::vector<std::uint32_t>> results;
    for (const MovingWords& layout : layouts) {
        std::vector<std::uint32_t> padded(static_cast<std::size_t>(shape.rows * stride)), dense;
        for (std::int64_t t = 0; t < shape.rows; ++t)
            std::copy_n(initial.begin() + t * shape.columns, shape.columns,
                        padded.begin() + t * stride);
        multiply_chunks(rounding, layout, packed_stationary, shape.rows, padded, stride, threads);
        for (std::int64_t t = 0; t < shape.rows; ++t)
            dense.insert(dense.end(), padded.begin() + t * stride,
                         padded.begin() + t * stride + shape.columns);
        results.push_back(dense);
    }
    return results;
}

/// NaN has many FP32 codes; all are one value.
std::vector<std::uint32_t> one_nan(std::vector<std::uint32_t> bits, Format format) {
    if (format == Format::int32) return bits;
    for (auto& word : bits)
        if (std::isnan(std::bit_cast<float>(word))) word = 0x7FC0'0000U;
    return bits;
}

void expect_equal_to_definition(Format moving_format, Format stationary_format, Format accumulator,
                                const Shape& shape, std::int64_t lanes, Spread spread,
                                Random& random, int threads) {
    SCOPED_TRACE(fmt::format("{} x {} -> {}, {} x {} x {}, chunk {}, lanes {}", name(moving_format),
                             name(stationary_format), name(accumulator), shape.rows, shape.columns,
                             shape.depth, shape.chunk, lanes));
    const GemmRounding rounding{.kind = product_kind(moving_format, stationary_format),
                                .accumulator = accumulator,
                                .unit_log2 = unit_log2(moving_format, stationary_format),
                                .lanes = lanes,
                                .chunk = shape.chunk};
    const auto moving = random_values(moving_format, shape.rows * shape.depth, spread, random);
    const auto stationary =
        random_values(stationary_format, shape.depth * shape.columns, spread, random);
    const auto initial =
        random_accumulators(accumulator, shape.rows * shape.columns, spread, random);
    auto expected = initial;
    multiply_reference(rounding, moving, stationary, shape.rows, shape.columns, shape.depth,
                       expected);
    expected = one_nan(expected, accumulator);
    test::on_every_target([&] {
        for (const auto& result : multiply(rounding, shape, moving, stationary, initial, threads))
            ASSERT_EQ(one_nan(result, accumulator), expected);
    });
}

struct Pair {
    Format moving, stationary;
};
constexpr Pair four_bit_pairs[] = {{Format::uint4, Format::int4},
                                   {Format::int4, Format::int4},
                                   {Format::fp4_r4, Format::int4},
                                   {Format::uint4, Format::fp4_r4},
                                   {Format::int4, Format::fp4_r4}};

Shape random_shape(Random& random) {
    const std::int64_t depth = 1 + below(random, 150);
    return {1 + below(random, 11), 1 + below(random, 37), depth,
            below(random, 2) == 0 ? depth + below(random, 3) : 1 + below(random, 70)};
}

TEST(Gemm, FourBitProductsEqualTheDefinitionOverRandomShapes) {
    Random random(1);
    for (const Pair& pair : four_bit_pairs)
        for (const Format accumulator :
             {Format::dlfloat16, Format::fp16, Format::bf16, Format::fp32, Format::int32})
            for (int repeat = 0; repeat < 12; ++repeat)
                expect_equal_to_definition(pair.moving, pair.stationary, accumulator,
                                           random_shape(random), 1, static_cast<Spread>(repeat % 3),
                                           random, 1);
}

TEST(Gemm, OneRowOneColumnOneElementEqualsTheDefinition) {
    Random random(2);
    for (const Pair& pair : four_bit_pairs)
        for (const Format accumulator : float_accumulators)
            for (const Shape& shape :
                 {Shape{1, 1, 1, 1}, Shape{1, 1, 3, 1}, Shape{5, 1, 1, 64}, Shape{1, 17, 2, 2}})
                expect_equal_to_definition(pair.moving, pair.stationary, accumulator, shape, 1,
                                           Spread::all, random, 1);
}

TEST(Gemm, LongChunksWhoseSumsExceedTwentyFourBitsAreRoundedOnce) {
    Random random(3);
    for (const Pair& pair :
         {Pair{Format::uint4, Format::fp4_r4}, Pair{Format::uint4, Format::int4}})
        for (const Format accumulator : float_accumulators)
            for (const Spread spread : {Spread::all, Spread::extreme})
                for (const std::int64_t chunk : {300, 1000, 3000})
                    expect_equal_to_definition(pair.moving, pair.stationary, accumulator,
                                               {3, 18, 3001, chunk}, 1, spread, random, 1);
}

TEST(Gemm, SmallSumsInAnyAccumulatorAreRoundedOnce) {
    // One tiny chunk leaves the accumulator, or cancels it, near the ends of the format's range.
    Random random(7);
    for (const Format accumulator : float_accumulators)
        for (int repeat = 0; repeat < 40; ++repeat) {
            const GemmRounding rounding{ProductKind::logarithmic, accumulator, -6, 1, 2};
            const Shape shape{8, 16, 2, 2};
            const auto moving =
                random_values(Format::fp4_r4, shape.rows * shape.depth, Spread::sparse, random);
            const auto stationary =
                random_values(Format::int4, shape.depth * shape.columns, Spread::sparse, random);
            const auto initial = random_accumulators(accumulator, shape.rows * shape.columns,
                                                     Spread::extreme, random);
            auto expected = initial;
            multiply_reference(rounding, moving, stationary, shape.rows, shape.columns, shape.depth,
                               expected);
            for (const auto& result : multiply(rounding, shape, moving, stationary, initial, 1))
                ASSERT_EQ(one_nan(result, accumulator), one_nan(expected, accumulator))
                    << name(accumulator);
        }
}

TEST(Gemm, Fp16AccumulatorsOverflowToInfinity) {
    const GemmRounding rounding{ProductKind::integer4, Format::fp16, 0, 1, 64};
    const std::vector<float> moving(640, 15), stationary(640, 7);
    const std::vector<std::uint32_t> zero(1);
    const auto result = multiply(rounding, {1, 1, 640, 64}, moving, stationary, zero, 1);
    EXPECT_EQ(std::bit_cast<float>(result.at(0).at(0)), std::numeric_limits<float>::infinity());
}

TEST(Gemm, SixteenBitProductsEqualTheDefinitionForEveryGroupSize) {
    Random random(4);
    constexpr Format formats[] = {Format::fp16, Format::dlfloat16, Format::bf16};
    for (const Format moving : formats)
        for (const Format stationary : formats)
            for (const Format accumulator : float_accumulators)
                for (const std::int64_t lanes : {1, 2, 3, 8})
                    for (const Spread spread : {Spread::all, Spread::extreme, Spread::sparse}) {
                        Shape shape = random_shape(random);
                        shape.depth = std::min<std::int64_t>(shape.depth, 40);
                        expect_equal_to_definition(moving, stationary, accumulator, shape, lanes,
                                                   spread, random, 1);
                    }
}

TEST(Gemm, EightAndThirtyTwoBitAndMixedProductsEqualTheDefinitionForEveryGroupSize) {
    Random random(8);
    constexpr Pair wider_pairs[] = {
        {Format::fp8_143, Format::fp8_143}, {Format::fp8_152, Format::fp8_143},
        {Format::fp8_152, Format::int4},    {Format::uint4, Format::fp8_152},
        {Format::dlfloat16, Format::int4},  {Format::uint4, Format::dlfloat16},
        {Format::fp8_143, Format::bf16},    {Format::fp32, Format::fp32},
        {Format::uint4, Format::fp32},      {Format::fp32, Format::fp16}};
    for (const Pair& pair : wider_pairs)
        for (const Format accumulator : float_accumulators)
            for (const std::int64_t lanes : {1, 2, 5, 16})
                for (const Spread spread : {Spread::all, Spread::extreme, Spread::sparse}) {
                    Shape shape = random_shape(random);
                    shape.depth = std::min<std::int64_t>(shape.depth, 40);
                    expect_equal_to_definition(pair.moving, pair.stationary, accumulator, shape,
                                               lanes, spread, random, 1);
                }
}

TEST(Gemm, ResultsDoNotDependOnThreads) {
    Random random(5);
    // 1200 rows are several tasks
    const Shape shape{1200, 33, 256, 128};
    const GemmRounding rounding{ProductKind::logarithmic, Format::dlfloat16, -6, 1, shape.chunk};
    const auto moving =
        random_values(Format::fp4_r4, shape.rows * shape.depth, Spread::all, random);
    const auto stationary =
        random_values(Format::int4, shape.depth * shape.columns, Spread::all, random);
    const auto initial =
        random_accumulators(Format::dlfloat16, shape.rows * shape.columns, Spread::all, random);
    const auto one = multiply(rounding, shape, moving, stationary, initial, 1);
    EXPECT_EQ(multiply(rounding, shape, moving, stationary, initial, 2), one);
    EXPECT_EQ(multiply(rounding, shape, moving, stationary, initial, 5), one);
}

TEST(Gemm, Int32AccumulatorsThatOverflowAreAnError) {
    for (const int threads : {1, 2}) {
        const GemmRounding rounding{ProductKind::integer4, Format::int32, 0, 1, 4};
        const std::vector<float> moving{15, 15, 15, 15}, stationary{7, 7, 7, 7};
        const std::vector<std::uint32_t> fits{0x7FFF'FFFFU - 420}, overflows{0x7FFF'FFFFU - 419};
        const Shape shape{1, 1, 4, 4};
        EXPECT_EQ(multiply(rounding, shape, moving, stationary, fits, threads).at(0).at(0),
                  0x7FFF'FFFFU);
        EXPECT_THROW(multiply(rounding, shape, moving, stationary, overflows, threads),
                     std::overflow_error);
    }
}

TEST(Gemm, PairsThatTheArrayCannotMultiplyAreRejected) {
    EXPECT_THROW(product_kind(Format::fp4_r4, Format::fp4_r4), std::invalid_argument);
    EXPECT_THROW(product_kind(Format::fp4_r4, Format::fp8_152), std::invalid_argument);
    EXPECT_THROW(product_kind(Format::fp16, Format::fp4_r4), std::invalid_argument);
    EXPECT_THROW(product_kind(Format::uint8, Format::fp16), std::invalid_argument);
    EXPECT_THROW(product_kind(Format::fp16, Format::int32), std::invalid_argument);
    EXPECT_EQ(product_kind(Format::bf16, Format::fp16), ProductKind::floating);
    EXPECT_EQ(product_kind(Format::uint4, Format::fp16), ProductKind::floating);
    EXPECT_EQ(product_kind(Format::int4, Format::fp8_152), ProductKind::floating);
    EXPECT_EQ(product_kind(Format::fp32, Format::fp32), ProductKind::floating);
}

TEST(Gemm, FloatingProductsWithInt32AccumulatorsAreAnError) {
    const GemmRounding rounding{ProductKind::floating, Format::int32, 0, 1, 4};
    const std::vector<float> one(4, 1.0F);
    const std::vector<std::uint32_t> zero(1);
    EXPECT_THROW(multiply(rounding, {1, 1, 4, 4}, one, one, zero, 1), std::invalid_argument);
}

TEST(Gemm, ZeroProductsEqualTheCountOverAllProducts) {
    Random random(6);
    for (const ProductKind kind :
         {ProductKind::integer4, ProductKind::logarithmic, ProductKind::floating}) {
        const Shape shape{600, 13, 9, 9};  // more rows than an 8-bit partial count holds
        auto moving =
            random_values(Format::uint4, shape.rows * shape.depth, Spread::sparse, random);
        const auto stationary =
            random_values(Format::int4, shape.depth * shape.columns, Spread::sparse, random);
        if (kind == ProductKind::floating) std::ranges::replace(moving, 0.0F, -0.0F);
        std::int64_t expected = 0;
        for (std::int64_t t = 0; t < shape.rows; ++t)
            for (std::int64_t n = 0; n < shape.columns; ++n)
                for (std::int64_t k = 0; k < shape.depth; ++k)
                    expected +=
                        moving[t * shape.depth + k] == 0 || stationary[k * shape.columns + n] == 0
                            ? 1
                            : 0;
        DecodedBuffer buffer;
        std::vector<std::int64_t> moving_zeros(shape.depth), stationary_zeros(shape.depth);
        count_zeros(decoded(kind, moving, shape.rows, shape.depth, 12, buffer), 12, shape.rows,
                    shape.depth, moving_zeros);
        count_zeros(decoded(kind, transposed(stationary, shape.depth, shape.columns), shape.columns,
                            shape.depth, 12, buffer),
                    12, shape.columns, shape.depth, stationary_zeros);
        EXPECT_EQ(zero_products(moving_zeros, shape.rows, stationary_zeros, shape.columns),
                  expected);
    }
}

TEST(Gemm, AccumulatorsAreStoredAndLoadedUnchanged) {
    for (const Format format : {Format::dlfloat16, Format::fp16, Format::bf16}) {
        std::vector<std::uint16_t> codes(1 << 16), stored(1 << 16);
        for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint16_t>(i);
        std::vector<std::uint32_t> values(codes.size());
        load_accumulators(format, reinterpret_cast<const std::byte*>(codes.data()), 2 * 256, 256,
                          256, values.data(), 256);
        for (std::size_t i = 0; i < codes.size(); ++i)
            ASSERT_EQ(values[i], std::bit_cast<std::uint32_t>(decode(format, codes[i])));
        store_accumulators(format, values.data(), 256, 256, 256,
                           reinterpret_cast<std::byte*>(stored.data()), 2 * 256);
        for (std::size_t i = 0; i < codes.size(); ++i)
            ASSERT_EQ(stored[i], encode(format, std::bit_cast<float>(values[i])));
    }
}

}  // namespace
}  // namespace quatrain::numerics

// SPDX-License-Identifier: Apache-2.0
// What surrounds the kernels - decoded rows, packed operands, zero counts, accumulators - element
// by element, on every instruction set that the host has.
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "tests/support/highway_targets.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <random>

namespace quatrain::numerics {
namespace {

using Random = std::mt19937_64;

std::int64_t below(Random& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

/// `count` random codes of the format, 4-bit ones without -8.
std::vector<std::byte> random_codes(Format format, std::int64_t count, Random& random) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(packed_bytes(format, count)));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto code =
            static_cast<std::uint32_t>(below(random, std::int64_t{1} << bits(format)));
        store_code(bytes.data(), format, i, format == Format::int4 && code == 8 ? 0 : code);
    }
    return bytes;
}

template <class T>
T element_of(Format format, std::uint32_t code) {
    if (format == Format::fp4_r4 && !std::is_same_v<T, float>)
        return static_cast<T>(integer_value(static_cast<std::uint8_t>(code)));
    return static_cast<T>(decode(format, code));
}

template <class T>
auto bits_of(T value) {
    if constexpr (std::is_same_v<T, float>)
        return std::bit_cast<std::uint32_t>(value);
    else
        return value;
}

template <class T>
constexpr T untouched{77};

struct Runs {
    std::int64_t first, element_stride, rows, length, stride;
};

/// Runs that follow each other on both sides, runs apart, and runs in reverse.
Runs random_runs(std::int64_t elements, Random& random) {
    const std::int64_t length =
        below(random, 2) == 0 ? 16 * (1 + below(random, 4)) : below(random, 90);
    const std::int64_t rows = 1 + below(random, 5);
    const std::int64_t gap = below(random, 3) == 0 ? 0 : below(random, 4);
    const bool reverse = below(random, 5) == 0;
    const std::int64_t element_stride = (reverse ? -1 : 1) * (length + gap);
    const std::int64_t span = (rows - 1) * (length + gap);
    const std::int64_t lowest = below(random, elements - span - length);
    return {reverse ? lowest + span : lowest, element_stride, rows, length,
            length + (below(random, 2) == 0 ? 0 : below(random, 20))};
}

template <class T>
void check_decoded_rows(Format format) {
    Random random(31);
    constexpr std::int64_t elements = 2000;
    const std::vector<std::byte> source = random_codes(format, elements, random);
    for (int i = 0; i < 2000; ++i) {
        const Runs runs = random_runs(elements, random);
        std::vector<T> out(static_cast<std::size_t>(runs.rows * runs.stride + 1), untouched<T>);
        std::vector<T> expected = out;
        for (std::int64_t row = 0; row < runs.rows; ++row)
            for (std::int64_t k = 0; k < runs.length; ++k)
                expected[static_cast<std::size_t>(row * runs.stride + k)] = element_of<T>(
                    format,
                    load_code(source.data(), format, runs.first + row * runs.element_stride + k));
        decode_rows(format, source, runs.first, runs.element_stride, runs.rows, runs.length,
                    out.data(), runs.stride);
        for (std::size_t k = 0; k < out.size(); ++k)
            ASSERT_EQ(bits_of(out[k]), bits_of(expected[k]))
                << name(format) << ", run " << i << ", element " << k;
    }
}

TEST(OperandRows, DecodeAsTheirCodesFromAnyPlaceToAnyStride) {
    test::on_every_target([] {
        for (const Format format : {Format::int4, Format::uint4}) {
            check_decoded_rows<std::int8_t>(format);
            check_decoded_rows<std::int16_t>(format);
            check_decoded_rows<float>(format);
        }
        check_decoded_rows<std::int16_t>(Format::fp4_r4);
        for (const Format format : {Format::fp16, Format::dlfloat16, Format::bf16, Format::fp32,
                                    Format::fp8_143, Format::fp8_152})
            check_decoded_rows<float>(format);
    });
}

TEST(OperandRows, DecodeEveryPairOfCodesInEveryPlaceOfARow) {
    std::vector<std::byte> bytes;
    for (int byte = 0; byte < 256; ++byte)
        for (int i = 0; i < 5; ++i) bytes.push_back(static_cast<std::byte>(byte));
    const auto elements = static_cast<std::int64_t>(2 * bytes.size());
    test::on_every_target([&] {
        std::vector<std::int16_t> shorts(static_cast<std::size_t>(elements));
        std::vector<std::int8_t> integers(shorts.size());
        decode_rows(Format::fp4_r4, bytes, 0, 0, 1, elements, shorts.data(), 0);
        decode_rows(Format::uint4, bytes, 0, 0, 1, elements, integers.data(), 0);
        for (std::int64_t i = 0; i < elements; ++i) {
            const std::uint32_t code = load_code(bytes.data(), Format::uint4, i);
            ASSERT_EQ(shorts[static_cast<std::size_t>(i)],
                      integer_value(static_cast<std::uint8_t>(code)));
            ASSERT_EQ(integers[static_cast<std::size_t>(i)], static_cast<int>(code));
        }
    });
}

TEST(OperandRows, RejectWhatTheirElementsCannotHold) {
    const std::vector<std::byte> bytes(64, std::byte{0x88});
    std::vector<std::int8_t> integers(64);
    std::vector<std::int16_t> shorts(64);
    std::vector<float> floats(64);
    const auto decode_to = [&](Format format, DecodedRows rows) {
        decode_rows(format, bytes, 1, 20, 3, 17, rows, 18);
    };
    test::on_every_target([&] {
        EXPECT_THROW(decode_to(Format::int4, integers.data()), std::invalid_argument);
        EXPECT_THROW(decode_to(Format::int4, shorts.data()), std::invalid_argument);
        EXPECT_THROW(decode_to(Format::int4, floats.data()), std::invalid_argument);
        EXPECT_THROW(decode_to(Format::fp4_r4, integers.data()), std::invalid_argument);
        EXPECT_THROW(decode_to(Format::fp4_r4, floats.data()), std::invalid_argument);
        EXPECT_THROW(decode_to(Format::fp8_152, shorts.data()), std::invalid_argument);
        EXPECT_NO_THROW(decode_to(Format::fp4_r4, shorts.data()));
        EXPECT_NO_THROW(decode_to(Format::uint4, integers.data()));
    });
}

template <class T>
std::vector<T> random_elements(std::int64_t count, Random& random) {
    std::vector<T> elements(static_cast<std::size_t>(count));
    for (T& element : elements) element = static_cast<T>(below(random, 5) - 2);
    return elements;
}

/// Word (step, column) as PackedOperand and pack_stationary() define it, from the elements.
template <class T>
std::uint32_t word_of(const std::vector<T>& rows, std::int64_t stride, std::int64_t first,
                      std::int64_t last, std::int64_t column) {
    std::uint32_t word = 0;
    for (std::int64_t k = first; k < last; ++k) {
        std::uint32_t element = 0;
        std::memcpy(&element, &rows[static_cast<std::size_t>(k * stride + column)], sizeof(T));
        word |= element << ((k - first) * 8 * static_cast<std::int64_t>(sizeof(T)));
    }
    return word;
}

template <class T>
void check_packed(Random& random) {
    constexpr std::int64_t per_word = 4 / sizeof(T);
    const std::int64_t depth = 1 + below(random, 40), width = 1 + below(random, 70);
    const std::int64_t stride = width + below(random, 9), chunk = 1 + below(random, 20);
    auto rows = random_elements<T>(depth * stride, random);
    PackedOperand stationary, moving;
    stationary.words.assign(9000, 0xDEAD'BEEFU);
    pack_stationary(rows.data(), stride, depth, width, chunk, stationary);
    pack_moving(rows.data(), stride, depth, width, chunk, moving);
    std::int64_t step = 0;
    for (std::int64_t first = 0; first < depth; first += chunk) {
        const std::int64_t end = std::min(first + chunk, depth);
        for (std::int64_t k = first; k < end; k += per_word, ++step)
            for (std::int64_t column = 0; column < padded_columns(width); ++column) {
                const std::int64_t last = std::min(k + per_word, end);
                const std::uint32_t expected =
                    column < width ? word_of(rows, stride, k, last, column) : 0U;
                const std::int64_t place =
                    column / 16 * 16 * stationary.steps + step * 16 + column % 16;
                ASSERT_EQ(stationary.words[static_cast<std::size_t>(place)], expected);
                if (column >= width) continue;
                ASSERT_EQ(moving.words[static_cast<std::size_t>(step * width + column)], expected);
            }
    }
    ASSERT_EQ(stationary.steps, step);
    ASSERT_EQ(moving.steps, step);
}

TEST(PackedOperands, HoldTheElementsOfAWordInOrder) {
    test::on_every_target([] {
        Random random(32);
        for (int i = 0; i < 300; ++i) {
            check_packed<std::int8_t>(random);
            check_packed<std::int16_t>(random);
            check_packed<float>(random);
        }
    });
}

template <class T>
void check_zero_counts(std::int64_t count, Random& random) {
    const std::int64_t depth = below(random, 100), stride = depth + below(random, 10);
    auto rows = random_elements<T>(count * stride + 1, random);
    if constexpr (std::is_same_v<T, float>) std::ranges::replace(rows, 1.0F, -0.0F);
    std::vector<std::int64_t> in_rows(static_cast<std::size_t>(count));
    std::vector<std::int64_t> in_columns(static_cast<std::size_t>(depth), 5), expected = in_columns;
    for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t k = 0; k < depth; ++k) {
            const bool zero = rows[static_cast<std::size_t>(row * stride + k)] == T{};
            in_rows[static_cast<std::size_t>(row)] += zero ? 1 : 0;
            expected[static_cast<std::size_t>(k)] += zero ? 1 : 0;
        }
    count_zeros(rows.data(), stride, count, depth, in_columns);
    ASSERT_EQ(in_columns, expected) << count << " rows of " << depth;
    ASSERT_EQ(count_zeros_in_rows(rows.data(), stride, count, depth), in_rows);
}

TEST(ZeroCounts, EqualACountElementByElement) {
    test::on_every_target([] {
        Random random(33);
        for (int i = 0; i < 60; ++i) {
            for (const std::int64_t count : {std::int64_t{0}, 1 + below(random, 20),
                                             std::int64_t{127}, 120 + below(random, 300)}) {
                check_zero_counts<std::int8_t>(count, random);
                check_zero_counts<std::int16_t>(count, random);
                check_zero_counts<float>(count, random);
            }
        }
    });
}

TEST(ZeroCounts, DoNotOverflowOverManyZeroRows) {
    constexpr std::int64_t count = 70'000, depth = 40;
    std::vector<std::int16_t> shorts(static_cast<std::size_t>(count * depth));
    std::vector<std::int8_t> bytes(shorts.size());
    test::on_every_target([&] {
        for (const DecodedRows rows : {DecodedRows(shorts.data()), DecodedRows(bytes.data())}) {
            std::vector<std::int64_t> zeros(depth);
            count_zeros(rows, depth, count, depth, zeros);
            EXPECT_EQ(zeros, std::vector<std::int64_t>(depth, count));
        }
    });
}

TEST(AccumulatorRows, KeepEveryCodeAtEveryStride) {
    constexpr std::int64_t columns = 41, rows = 1600, byte_stride = 87, stride = 48;
    test::on_every_target([] {
        for (const Format format : {Format::dlfloat16, Format::fp16, Format::bf16}) {
            std::vector<std::byte> source(rows * byte_stride + 1), stored(source.size());
            for (std::int64_t i = 0; i < rows * columns; ++i)
                store_code(source.data() + i / columns * byte_stride + 1, format, i % columns,
                           static_cast<std::uint32_t>(i & 0xFFFF));
            std::vector<std::uint32_t> values(rows * stride);
            load_accumulators(format, source.data() + 1, byte_stride, rows, columns, values.data(),
                              stride);
            store_accumulators(format, values.data(), stride, rows, columns, stored.data() + 1,
                               byte_stride);
            for (std::int64_t i = 0; i < rows * columns; ++i) {
                const auto code = static_cast<std::uint32_t>(i & 0xFFFF);
                const std::uint32_t value =
                    values[static_cast<std::size_t>(i / columns * stride + i % columns)];
                ASSERT_EQ(value, std::bit_cast<std::uint32_t>(decode(format, code)));
                ASSERT_EQ(
                    load_code(stored.data() + i / columns * byte_stride + 1, format, i % columns),
                    encode(format, std::bit_cast<float>(value)));
            }
        }
    });
}

}  // namespace
}  // namespace quatrain::numerics

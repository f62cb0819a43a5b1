// SPDX-License-Identifier: Apache-2.0
// Sums with accumulators of which one is odd: very large, very small, or no number. Some formats'
// kernels look for them, in others no such sum is rounded differently.
#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/gemm.hpp"
#include "tests/support/highway_targets.hpp"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

namespace quatrain::numerics {
namespace {

using Random = std::mt19937_64;

constexpr std::int64_t rows = 70, columns = 18, depth = 24, chunk = 4;

std::vector<float> random_integers(std::int64_t count, int lowest, int highest, Random& random) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values)
        value = static_cast<float>(std::uniform_int_distribution(lowest, highest)(random));
    return values;
}

template <class T>
DecodedRows elements(std::span<const float> values, std::vector<T>& memory) {
    for (const float value : values) memory.push_back(static_cast<T>(value));
    return memory.data();
}

std::vector<std::uint32_t> words_of_values(std::span<const float> values) {
    std::vector<std::uint32_t> words;
    for (const float value : values)  // NaN has many codes; all are one value
        words.push_back(std::isnan(value) ? 0x7FC0'0000U : std::bit_cast<std::uint32_t>(value));
    return words;
}

std::vector<float> values_of_words(std::span<const std::uint32_t> words, std::int64_t stride) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < rows * columns; ++i)
        values.push_back(std::bit_cast<float>(
            words[static_cast<std::size_t>(i / columns * stride + i % columns)]));
    return values;
}

/// The kernels' accumulators, from those of `initial`.
template <class T>
std::vector<float> multiplied(const GemmRounding& rounding, std::span<const float> moving,
                              std::span<const float> stationary, std::span<const float> initial) {
    std::vector<T> moving_elements, stationary_elements;
    PackedOperand packed;
    pack_stationary(elements(stationary, stationary_elements), columns, depth, columns, chunk,
                    packed);
    const std::int64_t stride = padded_columns(columns);
    std::vector<std::uint32_t> accumulators(static_cast<std::size_t>(rows * stride));
    for (std::int64_t i = 0; i < rows * columns; ++i)
        accumulators[static_cast<std::size_t>(i / columns * stride + i % columns)] =
            std::bit_cast<std::uint32_t>(initial[static_cast<std::size_t>(i)]);
    multiply_chunks(rounding, moving_words(rounding.kind, elements(moving, moving_elements), depth),
                    packed, rows, accumulators, stride, 1);
    return values_of_words(accumulators, stride);
}

void expect_equal_to_definition(ProductKind kind, Format accumulator, float odd_one,
                                Random& random) {
    const GemmRounding rounding{kind, accumulator, kind == ProductKind::logarithmic ? -6 : 0, 1,
                                chunk};
    const auto moving = random_integers(rows * depth, 0, 15, random);
    const auto stationary = random_integers(depth * columns, -7, 7, random);
    auto initial = random_integers(rows * columns, -255, 255, random);
    initial[std::uniform_int_distribution<std::size_t>(0, initial.size() - 1)(random)] =
        round_to(accumulator, odd_one);
    std::vector<std::uint32_t> expected;
    for (const float value : initial) expected.push_back(std::bit_cast<std::uint32_t>(value));
    multiply_reference(rounding, moving, stationary, rows, columns, depth, expected);
    test::on_every_target([&] {
        const auto result = kind == ProductKind::logarithmic
                                ? multiplied<std::int16_t>(rounding, moving, stationary, initial)
                                : multiplied<std::int8_t>(rounding, moving, stationary, initial);
        EXPECT_EQ(words_of_values(result), words_of_values(values_of_words(expected, columns)))
            << name(accumulator) << ", one accumulator " << odd_one;
    });
}

TEST(UsualSums, OneOddAccumulatorAmongManyEqualsTheDefinition) {
    Random random(1);
    for (const ProductKind kind : {ProductKind::integer4, ProductKind::logarithmic})
        for (const Format accumulator :
             {Format::dlfloat16, Format::fp16, Format::bf16, Format::fp32})
            for (const float odd_one :
                 {0.0F, 0x1.01p-31F, -0x1p-7F, 0x1p14F, 0x1.FFp15F, 0x1.FEp31F, 0x1.FCp32F,
                  -0x1.FCp32F, -INFINITY, std::nanf("")})
                expect_equal_to_definition(kind, accumulator, odd_one, random);
}

/// All products have one sign.
void expect_growing_sums_to_equal_the_definition(Format accumulator, float start, float weight) {
    const GemmRounding rounding{ProductKind::logarithmic, accumulator, -6, 1, chunk};
    const std::vector<float> moving(rows * depth, 4096), stationary(depth * columns, weight);
    const std::vector<float> initial(rows * columns, round_to(accumulator, start));
    std::vector<std::uint32_t> expected(initial.size(), std::bit_cast<std::uint32_t>(initial[0]));
    multiply_reference(rounding, moving, stationary, rows, columns, depth, expected);
    test::on_every_target([&] {
        EXPECT_EQ(words_of_values(multiplied<std::int16_t>(rounding, moving, stationary, initial)),
                  words_of_values(values_of_words(expected, columns)))
            << name(accumulator) << ", " << start << ", " << weight;
    });
}

TEST(UsualSums, SumsThatGrowBeyondTheFormatOrShrinkToNothingEqualTheDefinition) {
    for (const Format accumulator : {Format::dlfloat16, Format::fp16, Format::bf16})
        for (const float start :
             {0.0F, 0x1.01p-31F, 0x1.02p-31F, 8191.0F, 60000.0F, 64992.0F, 0x1.FCp32F})
            for (const float weight : {-7.0F, 0.0F, 7.0F})
                expect_growing_sums_to_equal_the_definition(accumulator, start, weight);
}

// A chunk's sum of 2^22, half of the largest value's last place, would carry it into infinity,
// which the kernels do not look for: the longest chunk that there may be stays below.
TEST(UsualSums, TheLongestChunkLeavesTheLargestValueWhatItIs) {
    const std::int64_t longest = 32768;
    const GemmRounding rounding{ProductKind::integer4, Format::dlfloat16, 0, 1, longest};
    std::vector<std::int8_t> moving(longest, 15), stationary(longest, 7);
    PackedOperand packed;
    pack_stationary(DecodedRows(stationary.data()), 1, longest, 1, longest, packed);
    const std::int64_t stride = padded_columns(1);
    std::vector<std::uint32_t> sums(static_cast<std::size_t>(stride));
    const auto words = moving_words(rounding.kind, DecodedRows(moving.data()), longest);
    for (const float largest : {0x1.FFp32F, -0x1.FFp32F}) {
        sums[0] = std::bit_cast<std::uint32_t>(largest);
        multiply_chunks(rounding, words, packed, 1, sums, stride, 1);
        EXPECT_EQ(std::bit_cast<float>(sums[0]), largest);
        EXPECT_EQ(round_to(Format::dlfloat16, largest + 15.0F * 7.0F * longest), largest);
    }
    GemmRounding longer = rounding;
    longer.chunk = longest + 1;
    EXPECT_THROW(multiply_chunks(longer, words, packed, 1, sums, stride, 1), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::numerics

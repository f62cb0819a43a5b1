// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/overlapping.hpp"

#include "tests/support/random_stream.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <tuple>
#include <utility>

namespace quatrain::operand_streamer {
namespace {

using numerics::Format;
using numerics::ProductKind;
using test::below;
using test::Random;
using test::RandomStream;

/// Which of the two layouts is tested, and the place of vector t's element k in it.
struct Layout {
    decltype(&lay_out) make;
    bool vectors_are_rows;

    /// [elements]
    std::int64_t place(const numerics::OverlappingVectors& vectors, std::int64_t t, std::int64_t k,
                       std::int64_t per_word) const {
        const std::int64_t row = vectors_are_rows ? t : k, step = vectors_are_rows ? k : t;
        const std::int64_t word = vectors.row_places.at(static_cast<std::size_t>(row)) +
                                  vectors.step_places.at(static_cast<std::size_t>(step / per_word));
        return word * per_word + step % per_word;
    }
};
constexpr Layout as_rows{lay_out, true}, as_steps{lay_out_transposed, false};

/// A part of the stream that begins and, in three of four cases, ends with whole words.
Block random_block(const Layout& layout, const RandomStream& source, std::int64_t per_word,
                   Random& random) {
    const std::int64_t vectors_of_word = layout.vectors_are_rows ? 1 : per_word;
    const std::int64_t elements_of_word = layout.vectors_are_rows ? per_word : 1;
    // [first, first + count) in [0, size), where `before` elements precede it.
    const auto part = [&](std::int64_t before, std::int64_t size, std::int64_t word) {
        std::int64_t first = below(random, 2) == 0 ? 0 : below(random, size);
        first = std::min(size - 1, first + (word - (before + first) % word) % word);
        const std::int64_t left = size - first;
        const std::int64_t count = below(random, 2) == 0 ? left : 1 + below(random, left);
        const bool whole = count >= word && below(random, 4) > 0;
        return std::pair{first, whole ? count / word * word : count};
    };
    Block block;
    std::tie(block.first, block.count) =
        part(source.stream.first_pixel, source.vectors, vectors_of_word);
    std::tie(block.k_offset, block.k_count) = part(0, source.depth, elements_of_word);
    return block;
}

/// Vectors that overlap, element by element, are those that gather() writes.
bool expect_laid_out(const Layout& layout, const RandomStream& source, ProductKind kind,
                     Random& random) {
    const std::int64_t per_word = numerics::elements_per_word(kind);
    const Block block = random_block(layout, source, per_word, random);
    numerics::OverlappingVectors vectors;
    if (!layout.make(source.stream, source.format, source.buffer, block, kind, vectors))
        return false;
    numerics::DecodedBuffer memory;
    const numerics::DecodedRows rows = memory.zeroed(kind, block.count, block.k_count);
    gather(source.stream, source.format, source.buffer, block, rows, block.k_count);
    const std::int64_t steps = layout.vectors_are_rows ? block.k_count : block.count;
    EXPECT_EQ(std::ssize(vectors.row_places) * steps, block.count * block.k_count);
    EXPECT_EQ(std::ssize(vectors.step_places) * per_word, steps);
    std::visit(
        [&](const auto* expected) {
            const auto* is = static_cast<decltype(expected)>(vectors.words);
            for (std::int64_t t = 0; t < block.count; ++t)
                for (std::int64_t k = 0; k < block.k_count; ++k)
                    ASSERT_EQ(is[layout.place(vectors, t, k, per_word)],
                              expected[t * block.k_count + k])
                        << "vector " << t << ", element " << k;
        },
        rows);
    return true;
}

/// Geometry of which half is that of a convolution whose output is as wide as it is: vectors that
/// overlap much.
isa::Stream random_geometry(Random& random) {
    isa::Stream stream = test::random_geometry(random);
    if (below(random, 2) == 0) return stream;
    stream.grid_height = 2 * (1 + below(random, 4));
    stream.grid_width = 2 * (1 + below(random, 4));
    stream.row_step = stream.column_step = 1 + below(random, 2);
    stream.height = stream.grid_height * stream.row_step;
    stream.width = stream.grid_width * stream.column_step;
    stream.kernel_height = stream.kernel_width = 3;
    return stream;
}

struct Outcomes {
    int laid_out = 0, refused = 0;
};

Outcomes over_random_geometry(const Layout& layout, ProductKind kind,
                              std::initializer_list<Format> formats) {
    Random random(9);
    Outcomes outcomes;
    for (int repeat = 0; repeat < 4000 && !testing::Test::HasFatalFailure(); ++repeat) {
        for (const Format format : formats) {
            const bool done = expect_laid_out(
                layout, test::random_stream(format, random_geometry(random), random), kind, random);
            ++(done ? outcomes.laid_out : outcomes.refused);
        }
    }
    return outcomes;
}

class BothLayouts : public testing::TestWithParam<Layout> {};

TEST_P(BothLayouts, GivesTheFloatingWordsOfGatherOverRandomGeometry) {
    const Outcomes outcomes =
        over_random_geometry(GetParam(), ProductKind::floating,
                             {Format::fp32, Format::fp16, Format::fp8_152, Format::uint4});
    EXPECT_GT(outcomes.laid_out, 500);
    EXPECT_GT(outcomes.refused, 100);
}

TEST_P(BothLayouts, GivesThePairsOfGatherOverRandomGeometry) {
    const Outcomes outcomes =
        over_random_geometry(GetParam(), ProductKind::logarithmic, {Format::fp4_r4, Format::int4});
    EXPECT_GT(outcomes.laid_out, 100);
    EXPECT_GT(outcomes.refused, 100);
}

INSTANTIATE_TEST_SUITE_P(LayOut, BothLayouts, testing::Values(as_rows, as_steps),
                         [](const auto& layout) {
                             return layout.param.vectors_are_rows ? "VectorsAsRows"
                                                                  : "VectorsAsSteps";
                         });

TEST(LayOut, GivesWordsOfFourOverRandomGeometry) {
    const Outcomes outcomes =
        over_random_geometry(as_rows, ProductKind::integer4, {Format::uint4, Format::int4});
    EXPECT_GT(outcomes.laid_out, 50);
    EXPECT_GT(outcomes.refused, 100);
    EXPECT_EQ(over_random_geometry(as_steps, ProductKind::integer4, {Format::uint4}).laid_out, 0);
}

/// A stream over a tensor of 4 x 4 x channels of uint4, with a kernel of 3 x 3.
isa::Stream three_by_three(std::int64_t channels) {
    return {.height = 4,
            .width = 4,
            .channels = channels,
            .grid_height = 4,
            .grid_width = 4,
            .row_offset = -1,
            .column_offset = -1,
            .kernel_height = 3,
            .kernel_width = 3};
}

TEST(LayOut, RefusesWordsThatMixKernelPositionsAndRowsBesideTheBuffer) {
    numerics::OverlappingVectors vectors;
    const std::vector<std::byte> buffer(256);
    const auto fits = [&](const isa::Stream& stream, ProductKind kind, std::size_t bytes) {
        return lay_out(stream, Format::uint4, std::span(buffer).first(bytes),
                       {.first = 0, .count = 16, .k_offset = 0, .k_count = 9 * stream.channels},
                       kind, vectors);
    };
    EXPECT_FALSE(fits(three_by_three(3), ProductKind::integer4, 24));
    EXPECT_TRUE(fits(three_by_three(3), ProductKind::floating, 24));
    EXPECT_FALSE(fits(three_by_three(3), ProductKind::floating, 23));
    isa::Stream four = three_by_three(4);
    EXPECT_TRUE(fits(four, ProductKind::integer4, 32));
    four.first_row = 1;
    EXPECT_FALSE(fits(four, ProductKind::integer4, 256));
}

TEST(LayOut, RefusesPairsOfDifferentGridRows) {
    numerics::OverlappingVectors vectors;
    const std::vector<std::byte> buffer(256);
    const auto fits = [&](const isa::Stream& stream, std::int64_t first, std::int64_t count) {
        return lay_out_transposed(stream, Format::uint4, buffer,
                                  {.first = first, .count = count, .k_offset = 0, .k_count = 27},
                                  ProductKind::logarithmic, vectors);
    };
    isa::Stream stream = three_by_three(3);
    EXPECT_TRUE(fits(stream, 0, 16));
    EXPECT_TRUE(fits(stream, 4, 12));
    EXPECT_FALSE(fits(stream, 3, 12));
    EXPECT_FALSE(fits(stream, 4, 11));
    stream.first_pixel = 1;
    EXPECT_FALSE(fits(stream, 0, 12));
    stream.first_pixel = 0;
    stream.grid_width = 3;
    EXPECT_FALSE(fits(stream, 0, 12));
}

TEST(LayOut, RefusesMoreWordsThanGatherWouldWrite) {
    numerics::OverlappingVectors vectors;
    const std::vector<std::byte> buffer(256);
    const auto pays = [&](decltype(&lay_out) make, const isa::Stream& stream, std::int64_t count,
                          std::int64_t k_count) {
        return make(stream, Format::uint4, buffer,
                    {.first = 0, .count = count, .k_offset = 0, .k_count = k_count},
                    ProductKind::logarithmic, vectors);
    };
    isa::Stream point = three_by_three(4);
    point.kernel_height = point.kernel_width = 1;
    point.row_offset = point.column_offset = 0;
    EXPECT_TRUE(pays(lay_out, point, 16, 4));
    EXPECT_FALSE(pays(lay_out, point, 2, 4)) << "a quarter of a row for half of one";
    EXPECT_FALSE(pays(lay_out_transposed, point, 16, 4)) << "every element in two words";
    EXPECT_TRUE(pays(lay_out_transposed, three_by_three(4), 16, 36));
    EXPECT_FALSE(pays(lay_out_transposed, three_by_three(4), 2, 4));
}

}  // namespace
}  // namespace quatrain::operand_streamer

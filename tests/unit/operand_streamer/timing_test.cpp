// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/timing.hpp"

#include "tests/support/random_stream.hpp"
#include "tests/unit/operand_streamer/words.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/mp11.hpp>
#include <chrono>
#include <map>

namespace quatrain::operand_streamer {
namespace {

using test::below;
using test::Random;

/// Cost of one step, from the definition. Returns its cycles.
std::int64_t add_step(const Params& params, const std::set<std::int64_t>& words, StreamCost& cost) {
    std::map<std::int64_t, std::int64_t> of_bank;
    std::int64_t fullest = 0;
    for (const std::int64_t word : words)
        fullest = std::max(fullest, ++of_bank[(word % params.banks + params.banks) % params.banks]);
    const auto size = static_cast<std::int64_t>(words.size());
    const std::int64_t ports =
        std::max<std::int64_t>(1, (size + params.read_ports - 1) / params.read_ports);
    const std::int64_t cycles = std::max(ports, fullest);
    cost.words += size;
    cost.cycles += cycles;
    cost.conflict_cycles += cycles - ports;
    return cycles;
}

Params random_params(Random& random) {
    return {.read_ports = 1 + below(random, 8),
            .word_bytes = 4 * (1 + below(random, 5)),
            .banks = 1 + below(random, 9)};
}

DenseRows random_rows(int bits, std::int64_t count, Random& random) {
    DenseRows rows{.element_bits = bits, .columns = 1 + below(random, 70)};
    rows.stride = (rows.columns * bits + 7) / 8;
    rows.stride += rows.stride % 2 + below(random, 20) * 2;
    rows.address = 2 * below(random, 20);
    if (below(random, 4) == 0) {  // the last row first
        rows.address += (count - 1) * rows.stride;
        rows.stride = -rows.stride;
    }
    return rows;
}

TEST(StreamerTiming, EqualsTheDistinctWordsAndTheirBanksOverRandomGeometry) {
    Random random(1);
    std::int64_t moving_conflicts = 0, stationary_conflicts = 0;
    for (int repeat = 0; repeat < 800; ++repeat) {
        const auto format = repeat % 2 == 0 ? numerics::Format::uint4 : numerics::Format::fp16;
        const auto source = test::random_stream(format, random);
        const Params params = random_params(random);
        const int bits = numerics::bits(format);
        const std::int64_t k_offset = below(random, source.depth);
        const std::int64_t k_count = 1 + below(random, source.depth - k_offset);
        const std::int64_t lanes = 1 + below(random, 4);
        const DenseRows rows = random_rows(bits, source.vectors, random);

        StreamCost vectors;
        for (std::int64_t t = 0; t < source.vectors; ++t)
            add_step(params, words_of(params, source.stream, bits, k_offset, k_count, t, t + 1),
                     vectors);
        EXPECT_EQ(
            weight_stationary_cost(params, source.stream, bits, k_offset, k_count, source.vectors),
            vectors);

        JointCost joint;
        for (std::int64_t first = 0; first < source.vectors; first += lanes) {
            const std::int64_t last = std::min(first + lanes, source.vectors);
            joint.cycles += std::max(
                add_step(params,
                         words_of(params, source.stream, bits, k_offset, k_count, first, last),
                         joint.moving),
                add_step(params, words_of(params, rows, first, last), joint.stationary));
        }
        EXPECT_EQ(output_stationary_cost(params, source.stream, bits, k_offset, k_count,
                                         source.vectors, lanes, rows),
                  joint);
        EXPECT_EQ(row_cost(params, rows, source.vectors, lanes), joint.stationary);
        moving_conflicts += vectors.conflict_cycles > 0 ? 1 : 0;
        stationary_conflicts += joint.stationary.conflict_cycles > 0 ? 1 : 0;
    }
    EXPECT_GT(moving_conflicts, 50) << "cases";
    EXPECT_GT(stationary_conflicts, 100) << "cases";
}

/// A convolution whose grid rows are as wide as the tensor's, or half.
isa::Stream wide_stream(std::int64_t width, std::int64_t channels, std::int64_t step,
                        std::int64_t padding) {
    isa::Stream stream{.height = 7, .width = width, .channels = channels};
    stream.row_step = stream.column_step = step;
    stream.kernel_height = stream.kernel_width = 2 * padding + 1;
    stream.row_offset = stream.column_offset = -padding;
    stream.grid_height = (stream.height - 1) / step + 1;
    stream.grid_width = (width - 1) / step + 1;
    return stream;
}

// Blocks of grid rows that lie alike are counted once.
TEST(StreamerTiming, OfManyRowsAndImagesEqualsItsSteps) {
    const Params params{.read_ports = 2, .word_bytes = 8, .banks = 4};
    for (const std::int64_t width : {5, 8, 12})
        for (const std::int64_t channels : {6, 16})
            for (const std::int64_t step : {1, 2})
                for (const std::int64_t padding : {0, 1})
                    for (const std::int64_t first_pixel : {0, 3}) {
                        isa::Stream stream = wide_stream(width, channels, step, padding);
                        stream.first_pixel = first_pixel;
                        const std::int64_t image = stream.grid_height * stream.grid_width;
                        const std::int64_t pixels = 3 * image - first_pixel - 1, lanes = 4;
                        const DenseRows rows{
                            .address = 2, .stride = 6, .element_bits = 4, .columns = 9};
                        const std::int64_t k = channels + 1, depth = 5;
                        JointCost joint;
                        for (std::int64_t first = 0; first < pixels; first += lanes) {
                            const std::int64_t last = std::min(first + lanes, pixels);
                            joint.cycles += std::max(
                                add_step(
                                    params,
                                    words_of(params, stream, 4, padding * k, depth, first, last),
                                    joint.moving),
                                add_step(params, words_of(params, rows, first, last),
                                         joint.stationary));
                        }
                        EXPECT_EQ(output_stationary_cost(params, stream, 4, padding * k, depth,
                                                         pixels, lanes, rows),
                                  joint)
                            << width << " " << channels << " " << step << " " << padding << " "
                            << first_pixel;
                    }
}

TEST(StreamerTiming, WordsOfOneBankTakeTurnsThoughPortsAreFree) {
    const Params params{.read_ports = 4, .word_bytes = 32, .banks = 8};
    // Four rows of one word each, eight words apart: all in bank 0.
    const DenseRows rows{.stride = 8 * 32, .element_bits = 4, .columns = 64};
    EXPECT_EQ(row_cost(params, rows, 4, 4),
              (StreamCost{.cycles = 4, .words = 4, .conflict_cycles = 3}));
    const DenseRows skewed{.stride = 9 * 32, .element_bits = 4, .columns = 64};
    EXPECT_EQ(row_cost(params, skewed, 4, 4),
              (StreamCost{.cycles = 1, .words = 4, .conflict_cycles = 0}));
}

TEST(StreamerTiming, AStepTakesTheCyclesOfItsSlowerSide) {
    const Params params{.read_ports = 1, .word_bytes = 4, .banks = 8};
    // Moving: one image column of 16-bit pixels, padded; pixels 1 to 3 need two words, pixel 0 one.
    const isa::Stream stream{.height = 1,
                             .width = 8,
                             .channels = 1,
                             .grid_height = 1,
                             .grid_width = 4,
                             .column_offset = -1,
                             .kernel_width = 3};
    // Stationary: two words in step 0 only.
    const DenseRows rows{.address = 2, .stride = 6, .element_bits = 16, .columns = 2};
    const JointCost cost = output_stationary_cost(params, stream, 16, 0, 3, 2, 1, rows);
    EXPECT_EQ(cost.moving.cycles, 1 + 2);
    EXPECT_EQ(cost.stationary.cycles, 2 + 1);
    EXPECT_EQ(cost.cycles, 2 + 2);
}

TEST(StreamerTiming, AVectorOutsideTheTensorTakesACycleAndNoWord) {
    const isa::Stream stream{.height = 1, .width = 1, .channels = 8, .row_offset = -5};
    EXPECT_EQ(weight_stationary_cost(Params{}, stream, 4, 0, 8, 1),
              (StreamCost{.cycles = 1, .words = 0, .conflict_cycles = 0}));
}

TEST(StreamerTiming, OneCallOverALargeTileIsFast) {
    const isa::Stream stream{.height = 56,
                             .width = 56,
                             .channels = 64,
                             .grid_height = 56,
                             .grid_width = 56,
                             .row_offset = -1,
                             .column_offset = -1,
                             .kernel_height = 3,
                             .kernel_width = 3};
    const auto start = std::chrono::steady_clock::now();
    std::int64_t words = 0;
    for (std::int64_t chunk = 0; chunk < 100; ++chunk)
        words +=
            weight_stationary_cost(Params{}, stream, 4, chunk % 4 * 128, 128, 16 * 56 * 56).words;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_GT(words, 100 * 16 * 56 * 56);
    EXPECT_LT(seconds, 2) << "100 passes over 16 images of 56 x 56";
}

TEST(StreamerParameters, EveryFieldIsDescribedInOrder) {
    std::size_t index = 0;
    const auto info = parameter_info(Params{});
    boost::mp11::mp_for_each<
        boost::describe::describe_members<Params, boost::describe::mod_public>>([&](auto member) {
        ASSERT_LT(index, info.size());
        EXPECT_EQ(info[index++].name, member.name);
    });
    EXPECT_EQ(index, info.size());
    EXPECT_THROW(validate(Params{.read_ports = 1, .word_bytes = 6, .banks = 1}), ParamError);
}

}  // namespace
}  // namespace quatrain::operand_streamer

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/timing.hpp"

#include "tests/support/random_stream.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/mp11.hpp>
#include <chrono>
#include <set>

namespace quatrain::operand_streamer {
namespace {

using test::below;
using test::Random;

/// Words of one step, from the definition: the set of words that hold an element of one of the
/// vectors.
std::set<std::int64_t> words_of(const Params& params, const isa::Stream& s, int bits,
                                std::int64_t k_offset, std::int64_t k_count, std::int64_t first,
                                std::int64_t last) {
    std::set<std::int64_t> words;
    for (std::int64_t t = first; t < last; ++t) {
        const std::int64_t q = s.first_pixel + t;
        const std::int64_t n = q / (s.grid_width * s.grid_height);
        for (std::int64_t k = k_offset; k < k_offset + k_count; ++k) {
            const std::int64_t y = q / s.grid_width % s.grid_height * s.row_step + s.row_offset +
                                   k / s.channels / s.kernel_width * s.row_kernel_step;
            const std::int64_t x = q % s.grid_width * s.column_step + s.column_offset +
                                   k / s.channels % s.kernel_width * s.column_kernel_step;
            if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
            const std::int64_t element =
                ((n * s.height + y - s.first_row) * s.width + x) * s.channels + k % s.channels;
            words.insert((s.address * 8 + element * bits) / (params.word_bytes * 8));
        }
    }
    return words;
}

StreamCost naive(const Params& params, const isa::Stream& stream, int bits, std::int64_t k_offset,
                 std::int64_t k_count, std::int64_t vectors, std::int64_t lanes) {
    StreamCost cost;
    for (std::int64_t first = 0; first < vectors; first += lanes) {
        const auto words =
            static_cast<std::int64_t>(words_of(params, stream, bits, k_offset, k_count, first,
                                               std::min(first + lanes, vectors))
                                          .size());
        cost.words += words;
        cost.cycles +=
            std::max<std::int64_t>(1, (words + params.read_ports - 1) / params.read_ports);
    }
    return cost;
}

TEST(StreamerTiming, EqualsTheCountOfDistinctWordsOverRandomGeometry) {
    Random random(1);
    for (int repeat = 0; repeat < 600; ++repeat) {
        const auto format = repeat % 2 == 0 ? numerics::Format::uint4 : numerics::Format::fp16;
        const auto source = test::random_stream(format, random);
        const Params params{.read_ports = 1 + below(random, 3),
                            .word_bytes = 4 << below(random, 4)};
        const int bits = numerics::bits(format);
        const std::int64_t k_offset = below(random, source.depth);
        const std::int64_t k_count = 1 + below(random, source.depth - k_offset);
        const std::int64_t lanes = 1 + below(random, 4);
        EXPECT_EQ(
            weight_stationary_cost(params, source.stream, bits, k_offset, k_count, source.vectors),
            naive(params, source.stream, bits, k_offset, k_count, source.vectors, 1));
        EXPECT_EQ(output_stationary_cost(params, source.stream, bits, k_offset, k_count,
                                         source.vectors, lanes),
                  naive(params, source.stream, bits, k_offset, k_count, source.vectors, lanes));
    }
}

TEST(StreamerTiming, RowsOfADenseTileCostTheirDistinctWords) {
    Random random(2);
    for (int repeat = 0; repeat < 600; ++repeat) {
        const int bits = repeat % 2 == 0 ? 4 : 16;
        const Params params{.read_ports = 1 + below(random, 3),
                            .word_bytes = 4 << below(random, 4)};
        const std::int64_t columns = 1 + below(random, 70), count = 1 + below(random, 20),
                           lanes = 1 + below(random, 5);
        const std::int64_t stride = (columns * bits + 7) / 8 + below(random, 3) * 2;
        const std::int64_t address = 2 * below(random, 20);
        StreamCost expected;
        for (std::int64_t first = 0; first < count; first += lanes) {
            std::set<std::int64_t> words;
            for (std::int64_t row = first; row < std::min(first + lanes, count); ++row)
                for (std::int64_t c = 0; c < columns; ++c)
                    words.insert(((address + row * stride) * 8 + c * bits) /
                                 (params.word_bytes * 8));
            const auto size = static_cast<std::int64_t>(words.size());
            expected.words += size;
            expected.cycles +=
                std::max<std::int64_t>(1, (size + params.read_ports - 1) / params.read_ports);
        }
        EXPECT_EQ(row_cost(params, address, stride, bits, columns, count, lanes), expected);
    }
}

TEST(StreamerTiming, AVectorOutsideTheTensorTakesACycleAndNoWord) {
    const isa::Stream stream{.height = 1, .width = 1, .channels = 8, .row_offset = -5};
    EXPECT_EQ(weight_stationary_cost(Params{}, stream, 4, 0, 8, 1),
              (StreamCost{.cycles = 1, .words = 0}));
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
    EXPECT_THROW(validate(Params{.read_ports = 1, .word_bytes = 6}), ParamError);
}

}  // namespace
}  // namespace quatrain::operand_streamer

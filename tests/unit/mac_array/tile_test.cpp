// SPDX-License-Identifier: Apache-2.0
// Tiles that are executed in one go, against the passes that the array takes for them.
#include "tests/unit/mac_array/definition.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <atomic>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace quatrain::mac_array {
namespace {

constexpr int thread_counts[] = {1, 3};

PassCounts& operator+=(PassCounts& sum, const PassCounts& counts) {
    sum.macs += counts.macs;
    sum.zero_macs += counts.zero_macs;
    sum.accumulator_adds += counts.accumulator_adds;
    return sum;
}

/// Columns [first, first + count) of a matrix.
Matrix columns_of(const Matrix& matrix, std::int64_t first, std::int64_t count) {
    Matrix part{matrix.format, matrix.rows, count, {}};
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        for (std::int64_t i = 0; i < count; ++i) part.codes.push_back(matrix.at(row, first + i));
    return part;
}

/// How often a layout was asked for; every third time it has none.
struct Asked {
    std::atomic<int> times = 0;  // several threads ask
    bool refuses() { return ++times % 3 == 0; }
};

/// Vectors of the matrix as rows, the last one first.
MovingLayout rows_of(const Matrix& matrix, numerics::ProductKind kind, Asked& asked) {
    return [&matrix, &asked, kind](std::int64_t first, std::int64_t count,
                                   numerics::OverlappingVectors& vectors) {
        if (asked.refuses()) return false;
        const std::int64_t per_word = numerics::elements_per_word(kind);
        const std::int64_t words = ceil_div(matrix.columns, per_word);
        const numerics::DecodedRows rows = vectors.memory.zeroed(kind, count, words * per_word);
        vectors.words = numerics::words_of(rows);
        vectors.row_places.clear();
        for (std::int64_t t = 0; t < count; ++t) {
            const std::int64_t place = (count - 1 - t) * words;
            vectors_of(matrix)(
                first + t, 1,
                std::visit([&](auto* to) -> numerics::DecodedRows { return to + place * per_word; },
                           rows),
                words * per_word);
            vectors.row_places.push_back(static_cast<std::int32_t>(place));
        }
        vectors.step_places.resize(static_cast<std::size_t>(words));
        std::iota(vectors.step_places.begin(), vectors.step_places.end(), 0);
        return true;
    };
}

/// Vectors of the matrix as steps.
MovingLayout steps_of(const Matrix& matrix, numerics::ProductKind kind, Asked& asked) {
    return [&matrix, &asked, kind](std::int64_t first, std::int64_t count,
                                   numerics::OverlappingVectors& vectors) {
        if (asked.refuses()) return false;
        const numerics::DecodedRows rows = vectors.memory.zeroed(kind, count, matrix.columns);
        vectors_of(matrix)(first, count, rows, matrix.columns);
        numerics::pack_moving(rows, matrix.columns, count, matrix.columns, count, vectors.packed);
        vectors.words = vectors.packed.words.data();
        vectors.row_places.resize(static_cast<std::size_t>(matrix.columns));
        std::iota(vectors.row_places.begin(), vectors.row_places.end(), 0);
        vectors.step_places.clear();
        for (std::int64_t step = 0; step < vectors.packed.steps; ++step)
            vectors.step_places.push_back(static_cast<std::int32_t>(step * matrix.columns));
        return true;
    };
}

/// A layout is not asked for where zeros are counted, nor by groups of floating products.
bool takes_layouts(const Params& params, const Pair& formats, bool count_zeros) {
    return !count_zeros && (numerics::product_kind(formats.moving, formats.stationary) !=
                                numerics::ProductKind::floating ||
                            lanes(params, formats.moving, formats.stationary) == 1);
}

/// A tile's operands and accumulators, larger than the array.
template <class Pass>
struct Tile {
    Params params;
    Pass pass;
    Matrix moving, stationary;
    std::vector<std::byte> stationary_bytes, accumulators;

    /// `depth` reduction elements or outputs in a moving vector, of which there are `vectors`.
    Tile(const Pair& formats, const Params& array, std::int64_t depth, std::int64_t vectors,
         std::int64_t stationary_rows, std::int64_t accumulator_rows, Random& random)
        : params(array),
          moving(random_matrix(formats.moving, vectors, depth, random)),
          stationary(random_matrix(formats.stationary, stationary_rows,
                                   1 + below(random, 3 * params.cols), random)) {
        pass.moving_format = formats.moving;
        pass.stationary_format = formats.stationary;
        pass.columns = stationary.columns;
        pass.stationary_stride =
            numerics::packed_bytes(formats.stationary, pass.columns) / 4 * 4 + 4;
        pass.accumulator_stride = pass.columns * accumulator_bits(params.accumulator) / 8 + 4;
        stationary_bytes = packed(stationary, 0, pass.stationary_stride);
        accumulators = random_accumulators(params.accumulator,
                                           accumulator_rows * pass.accumulator_stride, random);
    }

    /// In one go: `counted`, or no zeros where they are not, and the `expected` accumulators.
    template <class Execute, class LayOut>
    void expect(Execute execute, LayOut lay_out, const PassCounts& counted,
                const std::vector<std::byte>& expected) const {
        const Pair formats{pass.moving_format, pass.stationary_format};
        for (const int threads : thread_counts) {
            for (const bool count_zeros : {true, false}) {
                Asked asked;
                Scratch scratch;
                auto buffer = accumulators;
                PassCounts counts = counted;
                if (!count_zeros) counts.zero_macs = 0;
                const auto kind = numerics::product_kind(formats.moving, formats.stationary);
                EXPECT_EQ(execute(params, pass, vectors_of(moving), stationary_bytes, buffer,
                                  scratch, threads, count_zeros, lay_out(moving, kind, asked)),
                          counts);
                EXPECT_TRUE(buffer == expected) << threads << " threads";
                EXPECT_EQ(asked.times > 0, takes_layouts(params, formats, count_zeros));
            }
        }
    }

    /// The columns that a pass of the array takes: pairs of 4-bit codes stay together.
    std::int64_t group() const {
        return numerics::bits(pass.stationary_format) == 4 ? params.cols / 2 * 2 : params.cols;
    }
    /// Calls body(pass) for every group of columns.
    void for_each_group(const std::function<void(Pass)>& body) const {
        for (std::int64_t c = 0; c < pass.columns; c += group()) {
            Pass part = pass;
            part.columns = std::min(group(), pass.columns - c);
            part.stationary_address = numerics::packed_bytes(pass.stationary_format, c);
            part.accumulator_address = c * accumulator_bits(params.accumulator) / 8;
            body(part);
        }
    }
};

void expect_weight_stationary_passes(const Pair& formats, const Params& params, bool accumulate,
                                     Random& random) {
    const std::int64_t chunk = params.rows * lanes(params, formats.moving, formats.stationary);
    const std::int64_t depth = 1 + below(random, 4 * chunk);
    const std::int64_t vectors = 1 + below(random, 400);
    Tile<isa::WeightStationaryPass> tile(formats, params, depth, vectors, depth, vectors, random);
    tile.pass.k_count = depth;
    tile.pass.vectors = vectors;
    tile.pass.accumulate = accumulate;

    auto expected = tile.accumulators;
    PassCounts counted;
    Scratch scratch;
    tile.for_each_group([&](isa::WeightStationaryPass pass) {
        const std::int64_t first_address = pass.stationary_address;
        for (std::int64_t k = 0; k < depth; k += chunk) {
            pass.k_count = std::min(chunk, depth - k);
            pass.stationary_address = first_address + k * pass.stationary_stride;
            pass.accumulate = accumulate || k > 0;
            const Matrix part = columns_of(tile.moving, k, pass.k_count);
            counted += weight_stationary_pass(params, pass, vectors_of(part), tile.stationary_bytes,
                                              expected, scratch, 1);
        }
    });
    tile.expect(weight_stationary_tile, rows_of, counted, expected);
}

void expect_output_stationary_passes(const Pair& formats, const Params& params, bool resume,
                                     Random& random) {
    const std::int64_t outputs = 1 + below(random, 5 * params.rows);
    const std::int64_t pixels = 1 + below(random, 600);
    Tile<isa::OutputStationaryPass> tile(formats, params, outputs, pixels, pixels, outputs, random);
    tile.pass.outputs = outputs;
    tile.pass.pixels = pixels;
    tile.pass.resume = resume;

    auto expected = tile.accumulators;
    PassCounts counted;
    Scratch scratch;
    tile.for_each_group([&](isa::OutputStationaryPass pass) {
        const std::int64_t first_address = pass.accumulator_address;
        for (std::int64_t m = 0; m < outputs; m += params.rows) {
            pass.outputs = std::min(params.rows, outputs - m);
            pass.accumulator_address = first_address + m * pass.accumulator_stride;
            const Matrix part = columns_of(tile.moving, m, pass.outputs);
            counted += output_stationary_pass(params, pass, vectors_of(part), tile.stationary_bytes,
                                              expected, scratch, 1);
        }
    });
    tile.expect(output_stationary_tile, steps_of, counted, expected);
}

/// Calls check(pair, params, again, random) over formats, accumulators and arrays.
template <class Check>
void for_each_array(unsigned seed, Check check) {
    oneapi::tbb::global_control control(oneapi::tbb::global_control::max_allowed_parallelism, 3);
    Random random(seed);
    for (const Pair& pair : pairs)
        for (const Accumulator accumulator : accumulators)
            for (int repeat = 0; allowed(pair, accumulator) && repeat < 4; ++repeat) {
                SCOPED_TRACE(fmt::format("{} x {}", numerics::name(pair.moving),
                                         numerics::name(pair.stationary)));
                Params params = random_array(random, accumulator);
                params.rows *= 4;  // chunks of whole words
                params.cols += 1;  // a pair of codes at least
                check(pair, params, repeat % 2 != 0, random);
            }
}

TEST(ArrayTiles, OfStationaryWeightsEqualTheirPassesOneByOne) {
    for_each_array(1, expect_weight_stationary_passes);
}

TEST(ArrayTiles, OfStationaryOutputsEqualTheirPassesOneByOne) {
    for_each_array(2, expect_output_stationary_passes);
}

TEST(ArrayTiles, OfSeveralChunksAreOfWholeWords) {
    Params params;
    params.rows = 3;
    params.lanes_4bit = 1;
    isa::WeightStationaryPass tile{.moving = {}, .k_count = 4, .columns = 1};
    Scratch scratch;
    const auto execute = [&] {
        weight_stationary_tile(params, tile, {}, std::vector<std::byte>(16), {}, scratch, 1);
    };
    EXPECT_THROW(execute(), std::invalid_argument);
    tile.k_count = 3;
    EXPECT_NO_THROW(execute());
}

}  // namespace
}  // namespace quatrain::mac_array

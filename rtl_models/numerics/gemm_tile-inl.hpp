// SPDX-License-Identifier: Apache-2.0
// The tile of sums that the GEMM kernels keep in registers, and the loops over tiles, chunks and
// steps, in vectors of the current Highway target: included once per target by gemm_kernels.cpp.
#if defined(QUATRAIN_GEMM_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_GEMM_TILE_INL
#undef QUATRAIN_GEMM_TILE_INL
#else
#define QUATRAIN_GEMM_TILE_INL
#endif

#include "rtl_models/numerics/gemm_kernels.hpp"

#include <algorithm>
#include <array>

#include <hwy/highway.h>

#include "rtl_models/numerics/rounding-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

// A tile is 4 or 8 rows by one panel of 16 columns: 8 sums of 8 columns, and operands, fit 16
// registers; of 16 columns, they are as many as hide the time of a multiplication.
constexpr int tile_rows = vector_lanes == 16 ? 8 : 4;
static_assert(kernel_rows % tile_rows == 0);
constexpr int vectors = static_cast<int>(panel_columns) / vector_lanes;

using Tile = std::array<std::array<IntegerVector, vectors>, tile_rows>;
using FloatTile = std::array<std::array<FloatVector, vectors>, tile_rows>;

/// One tile's position: rows that do not exist repeat the last one that does, and accumulate into a
/// dummy.
struct TilePosition {
    std::array<const std::uint32_t*, tile_rows> moving;
    std::int64_t step_stride;
    const std::int32_t* step_places;
    const std::uint32_t* stationary;
    std::array<std::uint32_t*, tile_rows> accumulators;
};

template <class Body>
HWY_INLINE void for_each_vector(Body body) {
#pragma GCC unroll 8
    for (int row = 0; row < tile_rows; ++row) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) body(row, v);
    }
}

HWY_INLINE IntegerVector load(const std::uint32_t* words) {
    return hn::BitCast(Integers(), hn::LoadU(Words(), words));
}

HWY_INLINE IntegerVector broadcast(const std::uint32_t* word) {
    return hn::BitCast(Integers(), hn::Set(Words(), *word));
}

HWY_INLINE float* accumulator(const TilePosition& at, int row, int v) {
    return reinterpret_cast<float*>(at.accumulators[row]) + v * vector_lanes;
}

/// sums = multiply_add(sums, moving, stationary) for the words of steps [first, last).
template <class MultiplyAdd>
HWY_INLINE void accumulate_steps(const TilePosition& at, std::int64_t first, std::int64_t last,
                                 Tile& sums, MultiplyAdd multiply_add) {
    const std::uint32_t* stationary = at.stationary + first * panel_columns;
    // by two: the sums would be copied from step to step
#pragma GCC unroll 2
    for (std::int64_t step = first; step < last; ++step, stationary += panel_columns) {
        // shared: a copy of the pointers would be vectorised, slowly
        const std::int64_t index = at.step_places[step];
        std::array<IntegerVector, vectors> columns{};
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) columns[v] = load(stationary + v * vector_lanes);
#pragma GCC unroll 8
        for (int row = 0; row < tile_rows; ++row) {
            const IntegerVector element = broadcast(at.moving[row] + index);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v)
                sums[row][v] = multiply_add(sums[row][v], element, columns[v]);
        }
    }
}

/// Where a row's words lie from the first word of the operand.
HWY_INLINE std::int64_t place_of_row(const MovingWords& moving, std::int64_t row) {
    return moving.row_places != nullptr ? moving.row_places[row] : row * moving.row_stride;
}

HWY_INLINE void clear(Tile& sums) {
    for_each_vector([&](int row, int v) { sums[row][v] = hn::Zero(Integers()); });
}

/// Calls body(position) for the tiles of one panel and rows [first, last).
template <class Body>
HWY_INLINE void for_each_tile(const GemmBlock& block, std::int64_t first, std::int64_t last,
                              std::int64_t column, Body body) {
    HWY_ALIGN std::uint32_t dummy[panel_columns] = {};
    const auto* words = static_cast<const std::uint32_t*>(block.moving.words);
    for (std::int64_t row = first; row < last; row += tile_rows) {
        TilePosition at{{},
                        block.moving.step_stride,
                        block.moving.step_places,
                        block.stationary + column * block.steps,
                        {}};
        for (int i = 0; i < tile_rows; ++i) {
            const bool exists = row + i < last;
            at.moving[i] = words + place_of_row(block.moving, std::min(row + i, last - 1));
            at.accumulators[i] =
                exists ? block.accumulators + (row + i) * block.stride + column : dummy;
        }
        body(at);
        std::fill(std::begin(dummy), std::end(dummy), 0U);
    }
}

/// Calls body(tile position, first step, last step) for every tile and chunk of rows [first, last),
/// chunks of a tile in order. Blocks of rows outside: their accumulators and one chunk of the
/// moving operand stay in the second-level cache, one chunk of a panel in the first-level cache.
template <class Body>
HWY_INLINE void for_each_chunk(const GemmBlock& block, std::int64_t first, std::int64_t last,
                               Body body) {
    constexpr std::int64_t block_rows = 64;
    for (std::int64_t row = first; row < last; row += block_rows) {
        const std::int64_t end = std::min(row + block_rows, last);
        for (std::int64_t step = 0; step < block.steps; step += block.steps_per_chunk) {
            const std::int64_t last_step = std::min(step + block.steps_per_chunk, block.steps);
            for (std::int64_t column = 0; column < block.columns; column += panel_columns)
                for_each_tile(block, row, end, column,
                              [&](const TilePosition& at) { body(at, step, last_step); });
        }
    }
}

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

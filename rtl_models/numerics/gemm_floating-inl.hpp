// SPDX-License-Identifier: Apache-2.0
// Sums of floating products over the steps of a chunk, alone or in groups, in vectors of the
// current Highway target: included once per target by gemm_kernels.cpp.
#if defined(QUATRAIN_GEMM_FLOATING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_GEMM_FLOATING_INL
#undef QUATRAIN_GEMM_FLOATING_INL
#else
#define QUATRAIN_GEMM_FLOATING_INL
#endif

#include "rtl_models/numerics/accumulator.hpp"
#include "rtl_models/numerics/gemm_kernels.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <hwy/highway.h>

#include "rtl_models/numerics/gemm_tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

/// FP32 sums of groups of one product, steps [first, last).
HWY_NOINLINE void sum_products(const TilePosition& at, std::int64_t first, std::int64_t last,
                               FloatTile& result) {
    Tile sums;  // bit patterns of FP32
    clear(sums);
    accumulate_steps(
        at, first, last, sums, [](IntegerVector sum, IntegerVector a, IntegerVector b) {
            const FloatVector product = hn::Mul(hn::BitCast(Floats(), a), hn::BitCast(Floats(), b));
            return hn::BitCast(Integers(), hn::Add(hn::BitCast(Floats(), sum), product));
        });
    for_each_vector([&](int row, int v) { result[row][v] = hn::BitCast(Floats(), sums[row][v]); });
}

/// The group's sum for one column.
HWY_NOINLINE float exact_group_sum(const std::uint32_t* moving, std::int64_t step_stride,
                                   const std::uint32_t* stationary, std::int64_t count) {
    std::array<float, 64> a{}, b{};
    for (std::int64_t i = 0; i < count; ++i) {
        a[i] = std::bit_cast<float>(moving[i * step_stride]);
        b[i] = std::bit_cast<float>(stationary[i * panel_columns]);
    }
    return group_sum({a.data(), static_cast<std::size_t>(count)},
                     {b.data(), static_cast<std::size_t>(count)});
}

/// Sums of the groups of vector_lanes columns.
inline FloatVector group_sums(const std::uint32_t* moving, std::int64_t step_stride,
                              const std::uint32_t* stationary, std::int64_t count) {
    const hn::Rebind<double, hn::Half<Floats>> doubles;
    const hn::Half<Floats> halves;
    const auto zero = hn::Zero(doubles);
    auto low = zero, high = zero;
    auto exact = hn::Eq(zero, zero);
    const auto add = [&](auto sum, auto product) {
        const auto next = hn::Add(sum, product);
        const auto product_part = hn::Sub(next, sum);
        const auto error =
            hn::Add(hn::Sub(sum, hn::Sub(next, product_part)), hn::Sub(product, product_part));
        exact = hn::And(exact, hn::Eq(error, zero));
        return next;
    };
    for (std::int64_t i = 0; i < count; ++i) {
        const auto element =
            hn::Set(doubles, static_cast<double>(std::bit_cast<float>(moving[i * step_stride])));
        const FloatVector columns = hn::BitCast(Floats(), load(stationary + i * panel_columns));
        low = add(low, hn::Mul(element, hn::PromoteTo(doubles, hn::LowerHalf(halves, columns))));
        high = add(high, hn::Mul(element, hn::PromoteTo(doubles, hn::UpperHalf(halves, columns))));
    }
    if (HWY_LIKELY(hn::AllTrue(doubles, exact))) {
        return hn::Combine(Floats(), hn::DemoteTo(halves, high), hn::DemoteTo(halves, low));
    }
    HWY_ALIGN std::array<float, vector_lanes> sums{};
    for (int lane = 0; lane < vector_lanes; ++lane)
        sums[lane] = exact_group_sum(moving, step_stride, stationary + lane, count);
    return hn::LoadU(Floats(), sums.data());
}

/// Exact sums of groups of `lanes` products, rounded to FP32, added in FP32; steps [first, last).
/// Products and almost all sums are exact in FP64; where Knuth's two-sum finds an error,
/// group_sum() decides.
HWY_NOINLINE void sum_groups(const TilePosition& at, std::int64_t first, std::int64_t last,
                             std::int64_t lanes, FloatTile& sums) {
    for_each_vector([&](int row, int v) { sums[row][v] = hn::Zero(Floats()); });
    for (std::int64_t step = first; step < last; step += lanes) {
        const std::int64_t count = std::min(lanes, last - step);
        for (int row = 0; row < tile_rows; ++row) {
            const std::uint32_t* moving = at.moving[row] + step * at.step_stride;
            for (int v = 0; v < vectors; ++v) {
                const std::uint32_t* stationary =
                    at.stationary + step * panel_columns + v * vector_lanes;
                sums[row][v] =
                    hn::Add(sums[row][v], group_sums(moving, at.step_stride, stationary, count));
            }
        }
    }
}

/// The same for groups of two whose products FP32 holds: then its sum of the two is rounded once.
HWY_NOINLINE void sum_pairs(const TilePosition& at, std::int64_t first, std::int64_t last,
                            FloatTile& result) {
    FloatTile sums;  // not `result`: what others can see would be written in every step
    for_each_vector([&](int row, int v) { sums[row][v] = hn::Zero(Floats()); });
    const auto product = [&](int row, std::int64_t step, FloatVector columns) {
        const std::uint32_t* const element = at.moving[row] + step * at.step_stride;
        return hn::Mul(hn::BitCast(Floats(), broadcast(element)), columns);
    };
    for (std::int64_t step = first; step < last; step += 2) {
        const bool is_pair = step + 1 < last;
        for (int v = 0; v < vectors; ++v) {
            const std::uint32_t* const words =
                at.stationary + step * panel_columns + v * vector_lanes;
            const FloatVector one = hn::BitCast(Floats(), load(words));
            const FloatVector other =
                is_pair ? hn::BitCast(Floats(), load(words + panel_columns)) : hn::Zero(Floats());
#pragma GCC unroll 8
            for (int row = 0; row < tile_rows; ++row) {
                FloatVector pair = product(row, step, one);
                if (is_pair) pair = hn::Add(pair, product(row, step + 1, other));
                sums[row][v] = hn::Add(sums[row][v], pair);
            }
        }
    }
    result = sums;
}

/// Not 0 unless FP32 holds the product of any two such words: at most 12 significant bits each, and
/// magnitudes from 2^-62 to 2^62, or zero. So are all values of FP8, FP16 and DLFloat16.
HWY_INLINE std::uint32_t excess(std::uint32_t word) {
    const std::uint32_t magnitude = word & 0x7FFF'FFFFU;
    constexpr std::uint32_t least = (127U - 62U) << 23, most = (127U + 62U) << 23;
    const bool is_far = magnitude - least > most - least && magnitude != 0;
    return (word & 0xFFFU) | static_cast<std::uint32_t>(is_far);
}

/// Whether FP32 holds all products of a block's rows [first, last).
inline bool has_short_products(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const MovingWords& moving = block.moving;
    const auto* const words =
        static_cast<const std::uint32_t*>(moving.words) + first * moving.row_stride;
    // The words that lie side by side innermost.
    const bool rows_apart = moving.row_stride > moving.step_stride;
    const std::int64_t outer = rows_apart ? last - first : block.steps;
    const std::int64_t inner = rows_apart ? block.steps : last - first;
    const std::int64_t outer_stride = rows_apart ? moving.row_stride : moving.step_stride;
    const std::int64_t inner_stride = rows_apart ? moving.step_stride : moving.row_stride;
    std::uint32_t any = 0;
    for (std::int64_t i = 0; i < outer; ++i) {
        const std::uint32_t* const run = words + i * outer_stride;
        if (inner_stride == 1)
            for (std::int64_t k = 0; k < inner; ++k) any |= excess(run[k]);
        else
            for (std::int64_t k = 0; k < inner; ++k) any |= excess(run[k * inner_stride]);
    }
    const std::int64_t columns =
        (block.columns + panel_columns - 1) / panel_columns * panel_columns;
    for (std::int64_t i = 0; i < columns * block.steps; ++i) any |= excess(block.stationary[i]);
    return any == 0;
}

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

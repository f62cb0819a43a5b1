// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm_kernels.hpp"

#include "rtl_models/numerics/accumulator.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/gemm_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/gemm_tile-inl.hpp"
#include "rtl_models/numerics/rounding-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

/// Two products of int16 per lane, added.
HWY_INLINE IntegerVector multiply_pairs(IntegerVector a, IntegerVector b) {
    const hn::Repartition<std::int16_t, Integers> shorts;
    IntegerVector unused = hn::Zero(Integers());
    return hn::ReorderWidenMulAccumulate(Integers(), hn::BitCast(shorts, a), hn::BitCast(shorts, b),
                                         hn::Zero(Integers()), unused);
}

/// Two products of a byte 0..15 and a byte -7..7 per int16 lane, added.
HWY_INLINE IntegerVector multiply_byte_pairs(IntegerVector a, IntegerVector b) {
#if HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE4
    return IntegerVector{_mm_maddubs_epi16(a.raw, b.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
    return IntegerVector{_mm256_maddubs_epi16(a.raw, b.raw)};
#else
    const hn::Repartition<std::int16_t, Integers> shorts;
    const auto a16 = hn::BitCast(shorts, a);
    const auto b16 = hn::BitCast(shorts, b);
    const auto low =
        hn::Mul(hn::ShiftRight<8>(hn::ShiftLeft<8>(a16)), hn::ShiftRight<8>(hn::ShiftLeft<8>(b16)));
    const auto high = hn::Mul(hn::ShiftRight<8>(a16), hn::ShiftRight<8>(b16));
    return hn::BitCast(Integers(), hn::Add(low, high));
#endif
}

HWY_INLINE IntegerVector add_shorts(IntegerVector a, IntegerVector b) {
    const hn::Repartition<std::int16_t, Integers> shorts;
    return hn::BitCast(Integers(), hn::Add(hn::BitCast(shorts, a), hn::BitCast(shorts, b)));
}

template <ProductKind kind>
struct ChunkSum;  // out of line: the registers belong to the sums, not to the constants of the
                  // rounding

template <>
struct ChunkSum<ProductKind::logarithmic> {
    static HWY_NOINLINE void of(const TilePosition& at, std::int64_t first, std::int64_t last,
                                Tile& result) {
        Tile sums;  // not `result`: what others can see would be written in every step
        clear(sums);
        accumulate_steps(at, first, last, sums, multiply_pairs,
                         [](IntegerVector a, IntegerVector b) { return hn::Add(a, b); });
        result = sums;
    }
};

template <>
struct ChunkSum<ProductKind::integer4> {
    /// Steps whose sums of two products (at most 2 * 15 * 7 in magnitude) an int16 holds.
    static constexpr std::int64_t steps_in_shorts = 128;

    static HWY_INLINE void of(const TilePosition& at, std::int64_t first, std::int64_t last,
                              Tile& result) {
        part_of(at, first, std::min(first + steps_in_shorts, last), result);
        for (std::int64_t step = first + steps_in_shorts; step < last; step += steps_in_shorts) {
            Tile part;
            part_of(at, step, std::min(step + steps_in_shorts, last), part);
            for_each_vector(
                [&](int row, int v) { result[row][v] = hn::Add(result[row][v], part[row][v]); });
        }
    }

private:
    static HWY_NOINLINE void part_of(const TilePosition& at, std::int64_t first, std::int64_t last,
                                     Tile& result) {
        Tile sums;
        clear(sums);
        accumulate_steps(at, first, last, sums, multiply_byte_pairs, add_shorts);
        const IntegerVector ones = hn::Set(Integers(), 0x0001'0001);
        for_each_vector(
            [&](int row, int v) { result[row][v] = multiply_pairs(sums[row][v], ones); });
    }
};

/// Integers beyond 2^24 to FP32 with a sticky last bit: rounding to 11 bits or fewer afterwards is
/// rounding once.
HWY_INLINE FloatVector convert_sticky(IntegerVector x) {
    const Integers tag;
    const IntegerVector magnitude = hn::Abs(x);
    const IntegerVector low = hn::And(magnitude, hn::Set(tag, 0xFF));
    const IntegerVector sticky = hn::IfThenZeroElse(hn::Eq(low, hn::Zero(tag)), hn::Set(tag, 0x80));
    const IntegerVector rounded = hn::Or(hn::AndNot(hn::Set(tag, 0xFF), magnitude), sticky);
    const IntegerVector kept =
        hn::IfThenElse(hn::Gt(magnitude, hn::Set(tag, (1 << 24) - 1)), rounded, magnitude);
    return hn::ConvertTo(Floats(), hn::IfThenElse(hn::Lt(x, hn::Zero(tag)), hn::Neg(kept), kept));
}

/// Accumulators = the totals, rounded: all in the fast way unless one of them needs more.
template <class Rounding>
HWY_INLINE void store_rounded(const TilePosition& at, const FloatTile& totals) {
    WordVector largest = words(0), smallest = words(~0U);
    for_each_vector([&](int row, int v) {
        const WordVector magnitude = hn::BitCast(Words(), hn::Abs(totals[row][v]));
        largest = hn::Max(largest, magnitude);
        smallest =
            hn::Min(smallest, hn::Sub(magnitude, words(1)));  // zero is exact: out of the way
    });
    if (HWY_LIKELY(Rounding::usual(largest, smallest))) {
        for_each_vector([&](int row, int v) {
            hn::StoreU(Rounding::usual_sum(totals[row][v]), Floats(), accumulator(at, row, v));
        });
    } else {
        for_each_vector([&](int row, int v) {
            hn::StoreU(Rounding::sum(totals[row][v]), Floats(), accumulator(at, row, v));
        });
    }
}

/// accumulators += rounded chunk sums, for integer sums.
template <class Rounding, bool wide>
struct AddRounded {
    FloatVector unit;

    HWY_INLINE bool operator()(const TilePosition& at, const Tile& sums) const {
        FloatTile totals;
        for_each_vector([&](int row, int v) {
            FloatVector chunk = hn::ConvertTo(Floats(), sums[row][v]);
            if constexpr (wide) chunk = convert_sticky(sums[row][v]);
            chunk = Rounding::integer_sum(hn::Mul(chunk, unit));
            totals[row][v] = hn::Add(hn::LoadU(Floats(), accumulator(at, row, v)), chunk);
        });
        store_rounded<Rounding>(at, totals);
        return false;
    }
};

struct AddIntegers {
    HWY_INLINE bool operator()(const TilePosition& at, const Tile& sums) const {
        IntegerVector overflow = hn::Zero(Integers());
        for_each_vector([&](int row, int v) {
            std::uint32_t* accumulator = at.accumulators[row] + v * vector_lanes;
            const IntegerVector before = load(accumulator);
            const IntegerVector after = hn::Add(before, sums[row][v]);
            overflow =
                hn::Or(overflow, hn::And(hn::Xor(before, after), hn::Xor(sums[row][v], after)));
            hn::StoreU(hn::BitCast(Words(), after), Words(), accumulator);
        });
        return !hn::AllFalse(Integers(), hn::Lt(overflow, hn::Zero(Integers())));
    }
};

template <ProductKind kind, class AddChunk>
bool multiply_integers(const GemmBlock& block, std::int64_t first, std::int64_t last,
                       AddChunk add_chunk_sums) {
    bool overflow = false;
    for_each_chunk(block, first, last,
                   [&](const TilePosition& at, std::int64_t step, std::int64_t last_step) {
                       Tile sums;
                       ChunkSum<kind>::of(at, step, last_step, sums);
                       overflow = add_chunk_sums(at, sums) || overflow;
                   });
    return overflow;
}

template <ProductKind kind, class Rounding>
bool multiply_rounded(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const FloatVector unit =
        hn::Set(Floats(), std::bit_cast<float>((127 + block.rounding.unit_log2) << 23));
    constexpr std::int64_t largest_product = kind == ProductKind::integer4 ? 105 : 61440;
    if (std::min(block.rounding.chunk, block.depth) * largest_product < (1 << 24)) {
        return multiply_integers<kind>(block, first, last, AddRounded<Rounding, false>{unit});
    }
    return multiply_integers<kind>(block, first, last, AddRounded<Rounding, true>{unit});
}

/// FP32 converts every int32 with one rounding: no sticky bit.
template <ProductKind kind>
bool multiply_fp32(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const FloatVector unit =
        hn::Set(Floats(), std::bit_cast<float>((127 + block.rounding.unit_log2) << 23));
    return multiply_integers<kind>(block, first, last, AddRounded<Fp32Rounding, false>{unit});
}

template <ProductKind kind>
bool multiply_four_bit(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    switch (block.rounding.accumulator) {
        case Format::dlfloat16:
            return multiply_rounded<kind, DlFloat16Rounding>(block, first, last);
        case Format::fp16:
            return multiply_rounded<kind, Fp16Rounding>(block, first, last);
        case Format::bf16:
            return multiply_rounded<kind, Bf16Rounding>(block, first, last);
        case Format::int32:
            return multiply_integers<kind>(block, first, last, AddIntegers{});
        default:
            return multiply_fp32<kind>(block, first, last);
    }
}

/// FP32 sums of groups of one product, steps [first, last).
HWY_NOINLINE void sum_products(const TilePosition& at, std::int64_t first, std::int64_t last,
                               FloatTile& result) {
    Tile sums;  // bit patterns of FP32
    clear(sums);
    accumulate_steps(
        at, first, last, sums,
        [](IntegerVector a, IntegerVector b) {
            return hn::BitCast(Integers(),
                               hn::Mul(hn::BitCast(Floats(), a), hn::BitCast(Floats(), b)));
        },
        [](IntegerVector a, IntegerVector b) {
            return hn::BitCast(Integers(),
                               hn::Add(hn::BitCast(Floats(), a), hn::BitCast(Floats(), b)));
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
#pragma GCC unroll 4
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
bool has_short_products(const GemmBlock& block, std::int64_t first, std::int64_t last) {
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

template <class Rounding>
bool multiply_floating(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const bool pairs = block.rounding.lanes == 2 && has_short_products(block, first, last);
    for_each_chunk(block, first, last,
                   [&](const TilePosition& at, std::int64_t step, std::int64_t last_step) {
                       FloatTile sums;
                       if (block.rounding.lanes == 1) {
                           sum_products(at, step, last_step, sums);
                       } else if (pairs) {
                           sum_pairs(at, step, last_step, sums);
                       } else {
                           sum_groups(at, step, last_step, block.rounding.lanes, sums);
                       }
                       for_each_vector([&](int row, int v) {
                           float* accumulator =
                               reinterpret_cast<float*>(at.accumulators[row]) + v * vector_lanes;
                           const FloatVector before = hn::LoadU(Floats(), accumulator);
                           hn::StoreU(Rounding::sum(hn::Add(before, Rounding::any(sums[row][v]))),
                                      Floats(), accumulator);
                       });
                   });
    return false;
}

bool multiply(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    if (block.rounding.kind == ProductKind::integer4)
        return multiply_four_bit<ProductKind::integer4>(block, first, last);
    if (block.rounding.kind == ProductKind::logarithmic)
        return multiply_four_bit<ProductKind::logarithmic>(block, first, last);
    switch (block.rounding.accumulator) {
        case Format::dlfloat16:
            return multiply_floating<DlFloat16Rounding>(block, first, last);
        case Format::fp16:
            return multiply_floating<Fp16Rounding>(block, first, last);
        case Format::bf16:
            return multiply_floating<Bf16Rounding>(block, first, last);
        default:
            return multiply_floating<Fp32Rounding>(block, first, last);
    }
}

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {

HWY_EXPORT(multiply);

bool multiply_block(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    return HWY_DYNAMIC_DISPATCH(multiply)(block, first, last);
}

}  // namespace quatrain::numerics
#endif

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/gemm_kernels.hpp"

#include "rtl_models/numerics/accumulator.hpp"

#include <algorithm>
#include <array>
#include <bit>

// One more target: it multiplies and adds in one instruction.
#define HWY_WANT_AVX3_DL
#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/gemm_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/gemm_floating-inl.hpp"
#include "rtl_models/numerics/gemm_tile-inl.hpp"
#include "rtl_models/numerics/rounding-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_DL
// Highway 1.0 looks for these instructions in the processor, but does not allow them here.
HWY_PUSH_ATTRIBUTES("avx512vnni")

/// sums + two products of int16 per lane.
HWY_INLINE IntegerVector add_pairs(IntegerVector sums, IntegerVector a, IntegerVector b) {
    return IntegerVector{_mm512_dpwssd_epi32(sums.raw, a.raw, b.raw)};
}

/// sums + four products of a byte 0..15 and a byte -7..7 per lane.
HWY_INLINE IntegerVector add_bytes(IntegerVector sums, IntegerVector a, IntegerVector b) {
    return IntegerVector{_mm512_dpbusd_epi32(sums.raw, a.raw, b.raw)};
}
#else
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

HWY_INLINE IntegerVector add_pairs(IntegerVector sums, IntegerVector a, IntegerVector b) {
    return hn::Add(sums, multiply_pairs(a, b));
}
#endif

template <ProductKind kind>
struct ChunkSum;

template <>
struct ChunkSum<ProductKind::logarithmic> {
    static HWY_INLINE Tile of(const TilePosition& at, std::int64_t first, std::int64_t last) {
        Tile sums;
        clear(sums);
        accumulate_steps(at, first, last, sums, add_pairs);
        return sums;
    }
};

template <>
struct ChunkSum<ProductKind::integer4> {
#if HWY_TARGET == HWY_AVX3_DL
    static HWY_INLINE Tile of(const TilePosition& at, std::int64_t first, std::int64_t last) {
        Tile sums;
        clear(sums);
        accumulate_steps(at, first, last, sums, add_bytes);
        return sums;
    }
#else
    /// Steps whose sums of two products (at most 2 * 15 * 7 in magnitude) an int16 holds.
    static constexpr std::int64_t steps_in_shorts = 128;

    static HWY_INLINE Tile of(const TilePosition& at, std::int64_t first, std::int64_t last) {
        Tile sums = part_of(at, first, std::min(first + steps_in_shorts, last));
        for (std::int64_t step = first + steps_in_shorts; step < last; step += steps_in_shorts) {
            const Tile part = part_of(at, step, std::min(step + steps_in_shorts, last));
            for_each_vector(
                [&](int row, int v) { sums[row][v] = hn::Add(sums[row][v], part[row][v]); });
        }
        return sums;
    }

private:
    static HWY_INLINE Tile part_of(const TilePosition& at, std::int64_t first, std::int64_t last) {
        Tile sums;
        clear(sums);
        accumulate_steps(at, first, last, sums,
                         [](IntegerVector sum, IntegerVector a, IntegerVector b) {
                             return add_shorts(sum, multiply_byte_pairs(a, b));
                         });
        const IntegerVector ones = hn::Set(Integers(), 0x0001'0001);
        for_each_vector([&](int row, int v) { sums[row][v] = multiply_pairs(sums[row][v], ones); });
        return sums;
    }
#endif
};

/// Out of line: the registers belong to the sums, not to what is done with them.
template <ProductKind kind>
HWY_NOINLINE void chunk_sum(const TilePosition& at, std::int64_t first, std::int64_t last,
                            Tile& result) {
    result = ChunkSum<kind>::of(at, first, last);
}

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

/// The same where every total is usual: few enough operations that the sums stay in registers.
template <class Rounding>
struct AddUsual {
    FloatVector unit;

    HWY_INLINE void operator()(const TilePosition& at, const Tile& sums) const {
        for_each_vector([&](int row, int v) {
            const FloatVector chunk = hn::Mul(hn::ConvertTo(Floats(), sums[row][v]), unit);
            const FloatVector total =
                hn::Add(hn::LoadU(Floats(), accumulator(at, row, v)), Rounding::integer_sum(chunk));
            hn::StoreU(Rounding::usual_sum(total), Floats(), accumulator(at, row, v));
        });
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
                       chunk_sum<kind>(at, step, last_step, sums);
                       overflow = add_chunk_sums(at, sums) || overflow;
                   });
    return overflow;
}

template <ProductKind kind, class Rounding>
HWY_NOINLINE void multiply_usual(const GemmBlock& block, std::int64_t first, std::int64_t last,
                                 AddUsual<Rounding> add_chunk_sums) {
    for_each_chunk(block, first, last,
                   [&](const TilePosition& at, std::int64_t step, std::int64_t last_step) {
                       add_chunk_sums(at, ChunkSum<kind>::of(at, step, last_step));
                   });
}

template <ProductKind kind, class Rounding>
bool multiply_rounded(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const FloatVector unit =
        hn::Set(Floats(), std::bit_cast<float>((127 + block.rounding.unit_log2) << 23));
    constexpr std::int64_t largest_product = kind == ProductKind::integer4 ? 105 : 61440;
    if (std::min(block.rounding.chunk, block.depth) * largest_product < (1 << 24)) {
        if constexpr (Rounding::sums_with_integers_are_usual) {
            multiply_usual<kind>(block, first, last, AddUsual<Rounding>{unit});
            return false;
        }
        return multiply_integers<kind>(block, first, last, AddRounded<Rounding, false>{unit});
    }
    return multiply_integers<kind>(block, first, last, AddRounded<Rounding, true>{unit});
}

/// FP32 converts every int32 with one rounding: no sticky bit.
template <ProductKind kind>
bool multiply_fp32(const GemmBlock& block, std::int64_t first, std::int64_t last) {
    const FloatVector unit =
        hn::Set(Floats(), std::bit_cast<float>((127 + block.rounding.unit_log2) << 23));
    multiply_usual<kind>(block, first, last, AddUsual<Fp32Rounding>{unit});
    return false;
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

#if HWY_TARGET == HWY_AVX3_DL
HWY_POP_ATTRIBUTES
#endif

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

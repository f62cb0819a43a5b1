// SPDX-License-Identifier: Apache-2.0
// Rounding of FP32 vectors into the accumulator formats, in vectors of the current Highway target:
// included once per target by gemm_kernels.cpp. Equal to codec.hpp's round_to() to the bit.
#if defined(QUATRAIN_ROUNDING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_ROUNDING_INL
#undef QUATRAIN_ROUNDING_INL
#else
#define QUATRAIN_ROUNDING_INL
#endif

#include "rtl_models/numerics/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

inline constexpr std::uint32_t infinity_bits = 0x7F80'0000U;
inline constexpr std::uint32_t quiet_nan_bits = 0x7FC0'0000U;
inline constexpr std::uint32_t sign_bit = 0x8000'0000U;

/// Every lane below the limit; both below 2^31.
HWY_INLINE bool all_below(WordVector values, std::uint32_t limit) {
    return hn::AllTrue(Words(), hn::Lt(values, hn::Set(Words(), limit)));
}

HWY_INLINE WordVector words(std::uint32_t value) {
    return hn::Set(Words(), value);
}

/// Bit pattern of a magnitude (or of a signed value) with the low `dropped` bits rounded away, ties
/// to even.
template <int dropped>
HWY_INLINE WordVector round_even(WordVector bits) {
    const WordVector odd = hn::And(hn::ShiftRight<dropped>(bits), words(1));
    const WordVector sum = hn::Add(bits, hn::Add(odd, words((1U << (dropped - 1)) - 1)));
    return hn::And(sum, words(~((1U << dropped) - 1)));
}

/// value where the input is not NaN, the quiet NaN without sign elsewhere.
HWY_INLINE FloatVector replace_nan(FloatVector input, WordVector value, std::uint32_t nan) {
    return hn::IfThenElse(hn::IsNaN(input), hn::BitCast(Floats(), words(nan)),
                          hn::BitCast(Floats(), value));
}

// A format has three entry points, from the narrowest contract to the widest:
//   integer_sum: a finite value that is zero or of magnitude 2^-6 to 2^31
//   sum:         the FP32 sum of two values of the format
//   any:         every FP32 value
// usual_sum() is sum() in fewer operations; it applies when usual() holds, for the largest
// magnitude and the smallest magnitude less one (bit patterns, lane by lane) of the sums.
// Where sums_with_integers_are_usual, it is sum() for a value of the format and an integer_sum() of
// less than 2^22, whatever they are.

struct Fp32Rounding {
    static HWY_INLINE bool usual(WordVector, WordVector) { return true; }
    static HWY_INLINE FloatVector usual_sum(FloatVector x) { return x; }
    static HWY_INLINE FloatVector integer_sum(FloatVector x) { return x; }
    static HWY_INLINE FloatVector sum(FloatVector x) { return x; }
    static HWY_INLINE FloatVector any(FloatVector x) { return x; }
};

struct Bf16Rounding {
    static constexpr bool sums_with_integers_are_usual = false;
    static HWY_INLINE bool usual(WordVector largest, WordVector) {
        return all_below(largest, infinity_bits);
    }
    static HWY_INLINE FloatVector usual_sum(FloatVector x) { return integer_sum(x); }
    static HWY_INLINE FloatVector integer_sum(FloatVector x) {
        return hn::BitCast(Floats(), round_even<16>(hn::BitCast(Words(), x)));
    }
    static HWY_INLINE FloatVector sum(FloatVector x) { return any(x); }
    static HWY_INLINE FloatVector any(FloatVector x) {
        return replace_nan(x, round_even<16>(hn::BitCast(Words(), x)), quiet_nan_bits);
    }
};

struct Fp16Rounding {
    static constexpr bool sums_with_integers_are_usual = false;
    static HWY_INLINE bool usual(WordVector largest, WordVector) {
        return all_below(largest, 0x477F'E000U);
    }  // 65504
    static HWY_INLINE FloatVector usual_sum(FloatVector x) {
        return hn::BitCast(Floats(), round_even<13>(hn::BitCast(Words(), x)));
    }
    static HWY_INLINE WordVector saturate(WordVector magnitude) {
        constexpr std::uint32_t overflow = 0x4780'0000U;  // 2^16
        return hn::IfThenElse(hn::Gt(magnitude, words(overflow - 1)), words(infinity_bits),
                              magnitude);
    }
    static HWY_INLINE FloatVector integer_sum(FloatVector x) {
        const WordVector bits = hn::BitCast(Words(), x);
        const WordVector sign = hn::And(bits, words(sign_bit));
        return hn::BitCast(Floats(), hn::Or(sign, saturate(round_even<13>(hn::Xor(bits, sign)))));
    }
    /// Sums of two fp16 values below 2^-14 are exact and have at most 10 bits: no subnormal
    /// rounding.
    static HWY_INLINE FloatVector sum(FloatVector x) {
        return replace_nan(x, hn::BitCast(Words(), integer_sum(x)), quiet_nan_bits);
    }
    static HWY_INLINE FloatVector any(FloatVector x) {
        const FloatVector half =
            hn::Set(Floats(), 0.5F);  // its last place is 2^-24, the smallest fp16 subnormal
        const FloatVector magnitude = hn::Abs(x);
        const FloatVector small = hn::Sub(hn::Add(magnitude, half), half);
        const FloatVector rounded = hn::IfThenElse(hn::Lt(magnitude, hn::Set(Floats(), 0x1p-14F)),
                                                   hn::CopySignToAbs(small, x), sum(x));
        return rounded;
    }
};

struct DlFloat16Rounding {
    /// The integer is zero, and the value stays what it is, or it is a multiple of 2^-6, and the
    /// sum one of 2^-16 at least. It is less than half of the last place of the largest value,
    /// which it cannot carry into infinity.
    static constexpr bool sums_with_integers_are_usual = true;
    static HWY_INLINE bool usual(WordVector largest, WordVector smallest) {
        constexpr std::uint32_t limit = (96U << 23) | (1U << 14);  // 513 * 2^-40
        return all_below(largest, 159U << 23) &&
               hn::AllTrue(Words(), hn::Lt(words(limit - 1), smallest));
    }
    static HWY_INLINE FloatVector usual_sum(FloatVector x) { return integer_sum(x); }
    static HWY_INLINE WordVector round_away(WordVector bits) {
        return hn::And(hn::Add(bits, words(0x2000U)), words(~0x3FFFU));
    }
    static HWY_INLINE FloatVector integer_sum(FloatVector x) {
        return hn::BitCast(Floats(), round_away(hn::BitCast(Words(), x)));
    }
    static HWY_INLINE FloatVector sum(FloatVector x) { return any(x); }
    static HWY_INLINE FloatVector any(FloatVector x) {
        constexpr std::uint32_t merged =
            (159U << 23) | (511U << 14);  // 2^32 * (1 + 511/512): the code 0x7FFF
        constexpr std::uint32_t smallest = (96U << 23) | (1U << 14);       // 513 * 2^-40
        constexpr std::uint32_t half_smallest = (95U << 23) | (1U << 14);  // 513 * 2^-41
        const WordVector bits = hn::BitCast(Words(), x);
        const WordVector sign = hn::And(bits, words(sign_bit));
        const WordVector magnitude = hn::Xor(bits, sign);
        WordVector rounded = hn::Max(round_away(magnitude), words(smallest));
        rounded = hn::IfThenZeroElse(hn::Lt(magnitude, words(half_smallest)), rounded);
        rounded = hn::IfThenElse(hn::Gt(rounded, words(merged - 1)), words(infinity_bits), rounded);
        return replace_nan(x, hn::Or(sign, rounded), infinity_bits);
    }
};

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

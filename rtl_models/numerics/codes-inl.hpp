// SPDX-License-Identifier: Apache-2.0
// The codes of the formats, in vectors of the current Highway target: included
// once per target. Equal to codec.hpp on every FP32 value and on every code.
#if defined(QUATRAIN_CODES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_CODES_INL
#undef QUATRAIN_CODES_INL
#else
#define QUATRAIN_CODES_INL
#endif

#include "rtl_models/numerics/float_layout.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"

#include <type_traits>

#include "rtl_models/numerics/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {

// Bit patterns of FP32 as signed integers: magnitudes compare as the numbers do, NaN above all.
inline constexpr std::int32_t infinite = 0x7F80'0000;
inline constexpr std::int32_t magnitude_bits = 0x7FFF'FFFF;
inline constexpr std::int32_t implicit_one = 1 << 23;  // 1 in the exponent field

HWY_INLINE WideIntegerVector integers(std::int32_t value) {
    return hn::Set(WideIntegers(), value);
}

HWY_INLINE WideIntegerVector magnitude_of(WideIntegerVector bits) {
    return hn::And(bits, integers(magnitude_bits));
}

HWY_INLINE WideFloatVector as_floats(WideIntegerVector bits) {
    return hn::BitCast(WideFloats(), bits);
}

HWY_INLINE WideIntegerVector as_bits(WideFloatVector values) {
    return hn::BitCast(WideIntegers(), values);
}

// A format's codes: Code, the type that holds one; encode(), from bit patterns of FP32; decode(),
// to bit patterns of FP32; least_saturated, the least magnitude that overflows, infinity if none
// counts.

/// The formats of float_layout.hpp, as encode_float() and decode_float() define them.
template <FloatLayout layout>
struct LayoutCodes {
    static constexpr int sign_place = layout.exponent_bits + layout.mantissa_bits;
    using Code = std::conditional_t<sign_place == 15, std::uint16_t, std::uint8_t>;

    static constexpr int dropped = 23 - layout.mantissa_bits;
    static constexpr std::int32_t half = 1 << (dropped - 1);
    static constexpr std::int32_t infinity = layout.infinity();
    static constexpr std::int32_t rebias = (127 - layout.bias) * implicit_one;
    static constexpr std::int32_t least_saturated = (infinity << dropped) + rebias - half;
    static constexpr std::int32_t smallest_normal = rebias + implicit_one;
    static constexpr bool shares_subnormals = layout.bias == 127;  // with FP32
    /// Instructions of the target convert all numbers, though not every NaN, as encode() and
    /// decode() do.
    static constexpr bool has_instructions = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 &&
                                             layout.exponent_bits == 5 &&
                                             layout.mantissa_bits == 10;

    static HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) {
        const WideIntegerVector magnitude = magnitude_of(bits);
        const WideIntegerVector odd = hn::And(hn::ShiftRight<dropped>(magnitude), integers(1));
        const WideIntegerVector sum =
            hn::Add(hn::Add(magnitude, integers(half - 1 - rebias)), odd);  // ties to even
        WideIntegerVector code = hn::Min(hn::ShiftRight<dropped>(sum), integers(infinity));
        if constexpr (!shares_subnormals)
            code = hn::IfThenElse(hn::Lt(magnitude, integers(smallest_normal)),
                                  encode_subnormal(magnitude), code);
        const WideIntegerVector sign = hn::And(hn::ShiftRight<31 - sign_place>(bits),
                                               integers(static_cast<std::int32_t>(layout.sign())));
        return hn::IfThenElse(hn::Gt(magnitude, integers(infinite)),
                              integers(static_cast<std::int32_t>(layout.quiet_nan())),
                              hn::Or(code, sign));
    }

    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) {
        if constexpr (shares_subnormals) return hn::ShiftLeft<dropped>(codes);
        const WideIntegerVector sign =
            hn::And(codes, integers(static_cast<std::int32_t>(layout.sign())));
        const WideIntegerVector aligned = hn::ShiftLeft<dropped>(hn::Xor(codes, sign));
        // Exponent field 0 read as 1 is too large by the implicit one, exactly.
        const WideFloatVector subnormal =
            hn::Sub(as_floats(hn::Add(aligned, integers(smallest_normal))),
                    as_floats(integers(smallest_normal)));
        WideIntegerVector value =
            hn::IfThenElse(hn::Lt(aligned, integers(implicit_one)), as_bits(subnormal),
                           hn::Add(aligned, integers(rebias)));
        value = hn::IfThenElse(hn::Gt(aligned, integers((infinity << dropped) - 1)),
                               hn::Or(aligned, integers(infinite)), value);
        return hn::Or(value, hn::ShiftLeft<31 - sign_place>(sign));
    }

private:
    /// Adding the number whose last place is the smallest subnormal rounds, ties to even.
    static HWY_INLINE WideIntegerVector encode_subnormal(WideIntegerVector magnitude) {
        const WideIntegerVector ruler =
            integers((127 + 24 - layout.bias - layout.mantissa_bits) * implicit_one);
        return hn::Sub(as_bits(hn::Add(as_floats(magnitude), as_floats(ruler))), ruler);
    }
};

/// dlfloat16, as DlFloat16 defines it.
struct DlFloat16Codes {
    using Code = std::uint16_t;
    static constexpr int dropped = 23 - DlFloat16::mantissa_bits;
    static constexpr std::int32_t half = 1 << (dropped - 1);
    static constexpr std::int32_t merged = DlFloat16::merged;
    static constexpr std::int32_t rebias = (127 - DlFloat16::bias) * implicit_one;
    static constexpr std::int32_t least_saturated = (merged << dropped) + rebias - half;
    static constexpr std::int32_t half_smallest = rebias - implicit_one + (1 << dropped);

    static HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) {
        const WideIntegerVector magnitude = magnitude_of(bits);
        // Ties away from zero. All below the smallest magnitude comes out at or below 0.
        WideIntegerVector code =
            hn::ShiftRight<dropped>(hn::Add(magnitude, integers(half - rebias)));
        code = hn::Min(hn::Max(code, integers(1)), integers(merged));
        code = hn::IfThenZeroElse(hn::Lt(magnitude, integers(half_smallest)), code);
        const WideIntegerVector sign = hn::And(hn::ShiftRight<16>(bits), integers(DlFloat16::sign));
        const auto nan = hn::Gt(magnitude, integers(infinite));
        return hn::Or(code, hn::IfThenZeroElse(nan, sign));
    }

    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) {
        const WideIntegerVector magnitude = hn::And(codes, integers(merged));
        const WideIntegerVector sign = hn::ShiftLeft<16>(hn::Xor(codes, magnitude));
        WideIntegerVector value = hn::Add(hn::ShiftLeft<dropped>(magnitude), integers(rebias));
        value = hn::IfThenZeroElse(hn::Eq(magnitude, hn::Zero(WideIntegers())), value);
        value = hn::IfThenElse(hn::Eq(magnitude, integers(merged)), integers(infinite), value);
        return hn::Or(value, sign);
    }
};

/// fp32 keeps every bit.
struct Fp32Codes {
    using Code = std::int32_t;
    static constexpr std::int32_t least_saturated = infinite;
    static HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) { return bits; }
    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) { return codes; }
};

/// int32; its encoding can throw, and has no vector form.
struct Int32Codes {
    using Code = std::int32_t;
    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) {
        return as_bits(hn::ConvertTo(WideFloats(), codes));
    }
};

/// Integers: nearest, ties to even, clamped to lowest..highest; NaN gives 0. The code is the
/// low `width` bits in two's complement.
template <int width, int lowest, int highest>
struct IntegerCodes {
    using Code = std::uint8_t;
    static constexpr std::int32_t least_saturated = infinite;
    static constexpr std::int32_t sign = lowest < 0 ? 1 << (width - 1) : 0;

    static HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) {
        const WideFloatVector x = as_floats(bits);
        const WideFloatVector number = hn::IfThenElseZero(hn::Eq(x, x), x);
        const WideFloatVector clamped =
            hn::Min(hn::Max(number, hn::Set(WideFloats(), static_cast<float>(lowest))),
                    hn::Set(WideFloats(), static_cast<float>(highest)));
        return hn::And(hn::NearestInt(clamped), integers((1 << width) - 1));
    }

    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) {
        const WideIntegerVector value =
            sign == 0 ? codes : hn::Sub(hn::Xor(codes, integers(sign)), integers(sign));
        return as_bits(hn::ConvertTo(WideFloats(), value));
    }
};

/// fp4_r4 as quantise_fp4_r4() defines it, of x * 2^exponent_offset, with the threshold of
/// `threshold_key`.
template <int exponent_offset>
struct Fp4Codes {
    using Code = std::uint8_t;
    static constexpr std::int32_t least_saturated = infinite;
    /// Exponent field of the value that code 0 would have.
    static constexpr std::int32_t bias = 127 - 8;
    std::uint32_t threshold_key = fp4_threshold_key(fp4_threshold);

    HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) const {
        const WideIntegerVector magnitude = magnitude_of(bits);
        // What lies between the threshold and the next level is added, so that it carries into the
        // exponent from the threshold on; half of the exponent is the code.
        const std::int32_t offset =
            (2 - bias + exponent_offset) * implicit_one - static_cast<std::int32_t>(threshold_key);
        WideIntegerVector code = hn::ShiftRight<24>(hn::Add(magnitude, integers(offset)));
        code = hn::Min(code, integers(7));
        const WideIntegerVector sign = hn::And(hn::ShiftRight<28>(bits), integers(8));
        const WideIntegerVector zero = hn::Zero(WideIntegers());
        const auto nan = hn::Gt(magnitude, integers(infinite));
        return hn::IfThenZeroElse(nan, hn::IfThenElseZero(hn::Gt(code, zero), hn::Or(code, sign)));
    }

    /// The value in the even phase.
    static HWY_INLINE WideIntegerVector decode(WideIntegerVector codes) {
        const WideIntegerVector exponent = hn::And(codes, integers(7));
        const WideIntegerVector sign = hn::ShiftLeft<28>(hn::Xor(codes, exponent));
        const WideIntegerVector value =
            hn::Add(hn::ShiftLeft<24>(exponent), hn::Or(sign, integers(bias * implicit_one)));
        return hn::IfThenZeroElse(hn::Eq(exponent, hn::Zero(WideIntegers())), value);
    }
};

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

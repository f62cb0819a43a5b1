// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace quatrain::numerics {

/// A binary floating-point format of at most 16 bits: sign, exponent, mantissa, from the top. As in
/// IEEE 754, the exponent field 0 holds subnormals and the top one infinity (mantissa 0) and NaN.
struct FloatLayout {
    int exponent_bits;
    int mantissa_bits;
    int bias;

    constexpr std::uint32_t sign() const { return 1U << (exponent_bits + mantissa_bits); }
    constexpr std::uint32_t infinity() const {
        return ((1U << exponent_bits) - 1) << mantissa_bits;
    }
    constexpr std::uint32_t quiet_nan() const { return infinity() | (1U << (mantissa_bits - 1)); }
};

inline constexpr FloatLayout fp16_layout{5, 10, 15};
inline constexpr FloatLayout bf16_layout{8, 7, 127};
inline constexpr FloatLayout fp8_143_layout{4, 3, 7};
inline constexpr FloatLayout fp8_152_layout{5, 2, 15};

/// The fields of an IEEE double, which holds every float, and every integer below 2^53, exactly.
struct DoubleFields {
    bool negative;
    int exponent;               ///< unbiased; 1024 for infinity and NaN
    std::uint64_t significand;  ///< 53 bits, the leading one included

    constexpr explicit DoubleFields(double x)
        : negative((std::bit_cast<std::uint64_t>(x) >> 63) != 0),
          exponent(static_cast<int>((std::bit_cast<std::uint64_t>(x) >> 52) & 0x7FF) - 1023),
          significand((std::bit_cast<std::uint64_t>(x) & fraction_mask) | (fraction_mask + 1)) {}

    constexpr bool zero() const {
        return exponent == -1023;
    }  ///< or a subnormal double: below every format
    constexpr bool finite() const { return exponent != 1024; }
    constexpr bool nan() const { return !finite() && (significand & fraction_mask) != 0; }

    static constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
};

/// Rounds to nearest, ties to even; overflow gives infinity, NaN the quiet NaN without sign.
constexpr std::uint32_t encode_float(const FloatLayout& layout, double x, Faults* faults) {
    const DoubleFields in(x);
    const std::uint32_t sign = in.negative ? layout.sign() : 0;
    if (!in.finite()) {
        if (faults != nullptr) ++(in.nan() ? faults->nan : faults->infinity);
        return in.nan() ? layout.quiet_nan() : sign | layout.infinity();
    }
    const int field = in.exponent + layout.bias;
    const int shift = 52 - layout.mantissa_bits + std::max(0, 1 - field);
    if (in.zero() || shift > 53) return sign;  // below half of the smallest subnormal
    if (field > (1 << layout.exponent_bits)) {
        if (faults != nullptr) ++faults->saturated;
        return sign | layout.infinity();
    }
    std::uint64_t kept = in.significand >> shift;
    const std::uint64_t rest = in.significand & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t half = std::uint64_t{1} << (shift - 1);
    kept += (rest > half || (rest == half && (kept & 1) != 0)) ? 1 : 0;
    // The leading one of a normal number adds 1 to the exponent field; so does the carry of the
    // rounding.
    const std::uint32_t magnitude = static_cast<std::uint32_t>(
        (static_cast<std::uint64_t>(std::max(field, 1) - 1) << layout.mantissa_bits) + kept);
    if (magnitude < layout.infinity()) return sign | magnitude;
    if (faults != nullptr) ++faults->saturated;
    return sign | layout.infinity();
}

/// Exact. The bits above the format's are ignored.
constexpr float decode_float(const FloatLayout& layout, std::uint32_t code) {
    const std::uint32_t sign = (code & layout.sign()) != 0 ? 0x8000'0000U : 0;
    const std::uint32_t magnitude = code & (layout.sign() - 1);
    const std::uint32_t aligned = magnitude << (23 - layout.mantissa_bits);
    if (magnitude >= layout.infinity()) return std::bit_cast<float>(sign | aligned | 0x7F80'0000U);
    // As FP32 fields the number is too small by 2^(127 - bias), subnormals included: one exact
    // multiplication.
    const auto scale = std::bit_cast<float>(static_cast<std::uint32_t>(254 - layout.bias) << 23);
    return std::bit_cast<float>(
        sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(aligned) * scale));
}

/// DLFloat16: 1-6-9, bias 31. Exponent field 0 is a normal binade but for mantissa 0, which is
/// zero, so the smallest magnitude is 513 * 2^-40; the code 0x7FFF is infinity and NaN in one
/// (docs/decisions/0001).
struct DlFloat16 {
    static constexpr std::uint32_t sign = 0x8000;
    static constexpr std::uint32_t merged = 0x7FFF;
    static constexpr int mantissa_bits = 9;
    static constexpr int bias = 31;
    static constexpr double half_smallest = 513 * 0x1p-41;

    /// Rounds to the nearest representable number, ties away from zero; overflow and infinity give
    /// the merged code with the sign of the input, NaN without sign.
    static constexpr std::uint32_t encode(double x, Faults* faults) {
        const DoubleFields in(x);
        const std::uint32_t signed_zero = in.negative ? sign : 0;
        if (!in.finite()) {
            if (faults != nullptr) ++(in.nan() ? faults->nan : faults->infinity);
            return in.nan() ? merged : signed_zero | merged;
        }
        const int field = in.exponent + bias;
        if (field < 0) return signed_zero | ((in.negative ? -x : x) >= half_smallest ? 1U : 0U);
        constexpr int shift = 52 - mantissa_bits;
        const std::uint64_t rounded = (in.significand + (std::uint64_t{1} << (shift - 1))) >> shift;
        const std::int64_t magnitude = (static_cast<std::int64_t>(field - 1) << mantissa_bits) +
                                       static_cast<std::int64_t>(rounded);
        if (magnitude >= merged) {
            if (faults != nullptr) ++faults->saturated;
            return signed_zero | merged;
        }
        // 2^-31 itself has no code: it is nearer to the smallest magnitude than to zero.
        return signed_zero | std::max(1U, static_cast<std::uint32_t>(magnitude));
    }

    /// Exact; the merged code is read as infinity, so that an overflow keeps its sign and its
    /// meaning.
    static constexpr float decode(std::uint32_t code) {
        const std::uint32_t sign_bit = (code & sign) << 16;
        const std::uint32_t magnitude = code & merged;
        if (magnitude == 0) return std::bit_cast<float>(sign_bit);
        if (magnitude == merged) return std::bit_cast<float>(sign_bit | 0x7F80'0000U);
        return std::bit_cast<float>(
            sign_bit | ((magnitude << 14) + (static_cast<std::uint32_t>(127 - bias) << 23)));
    }
};

}  // namespace quatrain::numerics

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"

#include <bit>
#include <cstdint>
#include <optional>

namespace quatrain::numerics {

// fp4_r4: bit 3 sign, bits 2..0 exponent code c; c = 0 is zero (with either sign), c = 1..7 is
// 4^(c-4) in the even phase and half of that in the odd phase. The method is Sun et al., NeurIPS
// 2020, 3.1 and 3.3; see docs/numerics.md.

/// The threshold between the levels 4^n and 4^(n+1), 2.5 * 4^n: the factor 1.6.
inline constexpr float fp4_threshold = 2.5F;

/// The threshold, in units of 4^n, of a factor of quantise_reference(): 4 / factor in FP32.
constexpr float fp4_threshold_of(double factor) {
    return static_cast<float>(4 / factor);
}

/// The threshold of which `pattern` is the FP32 pattern, fp4_threshold for 0; nothing when it does
/// not lie in 1 to 4.
constexpr std::optional<float> fp4_threshold_of_pattern(std::int64_t pattern) {
    if (pattern == 0) return fp4_threshold;
    const auto threshold = std::bit_cast<float>(static_cast<std::uint32_t>(pattern));
    const bool fits = pattern >> 32 == 0 && threshold >= 1.0F && threshold <= 4.0F;
    return fits ? std::optional(threshold) : std::nullopt;
}

/// How far a threshold of 1 to 4 lies above 1 in the two binades between 4^n and 4^(n+1), as FP32
/// patterns count: 0 to 2^24.
constexpr std::uint32_t fp4_threshold_key(float threshold) {
    return std::bit_cast<std::uint32_t>(threshold) - std::bit_cast<std::uint32_t>(1.0F);
}

/// Hardware form: from the exponent and a comparison of the fraction, no multiplication. The code
/// of x in the even phase, with x * 2^`exponent_offset` in place of x (the odd phase is one binade
/// up). `threshold`: from 1 to 4, in units of 4^n, the least |x| above the level 4^n that becomes
/// 4^(n+1).
constexpr std::uint8_t quantise_fp4_r4(float x, int exponent_offset,
                                       float threshold = fp4_threshold) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t magnitude = bits & 0x7FFF'FFFFU;
    if (magnitude > 0x7F80'0000U) return 0;  // NaN
    const int exponent = static_cast<int>(magnitude >> 23) - 127 + exponent_offset;
    const std::uint32_t key =
        (static_cast<std::uint32_t>(exponent & 1) << 23) | (magnitude & 0x007F'FFFFU);
    const int k = (exponent >> 1) + (key >= fp4_threshold_key(threshold) ? 1 : 0);
    if (k < -3) return 0;
    return static_cast<std::uint8_t>(((bits >> 28) & 8U) |
                                     static_cast<std::uint32_t>((k > 3 ? 3 : k) + 4));
}

/// The code of x in the even phase: |x| < 1.25 * 2^-7 gives 0, |x| >= 40 gives 64, ties go up. NaN
/// gives +0, infinity saturates; both are counted.
inline std::uint8_t quantise_even(float x, Faults* faults = nullptr) {
    if (faults != nullptr) {
        const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(x) & 0x7FFF'FFFFU;
        faults->nan += magnitude > 0x7F80'0000U ? 1 : 0;
        faults->infinity += magnitude == 0x7F80'0000U ? 1 : 0;
    }
    return quantise_fp4_r4(x, 0);
}

/// The code of x in the odd phase: the even code of 2x. Faults as in quantise_even; a gradient that
/// is quantised in both phases is counted in one.
inline std::uint8_t quantise_odd(float x, Faults* faults = nullptr) {
    const std::uint8_t code = quantise_fp4_r4(x, 1);
    if (faults != nullptr) quantise_even(x, faults);
    return code;
}

/// The even code of x as Fig. 2(c) of the paper writes it: y = factor * x, e = floor(log4 |y|). The
/// factor places the threshold between 4^(n-1) and 4^n at 4^n / factor.
std::uint8_t quantise_reference(double x, double factor = 1.6);

/// +-4^(c-1): the code's value in units of 2^-6 (even phase) or 2^-7 (odd phase). 0b1000 is zero.
constexpr std::int32_t integer_value(std::uint8_t code) {
    const int c = code & 7;
    if (c == 0) return 0;
    const std::int32_t magnitude = std::int32_t{1} << (2 * (c - 1));
    return (code & 8) != 0 ? -magnitude : magnitude;
}

/// The value of a code in the even phase; +0 for both zeros.
constexpr float even_value(std::uint8_t code) {
    return static_cast<float>(integer_value(code)) * 0x1p-6F;
}

/// The value of a code in the odd phase: half of the even value.
constexpr float odd_value(std::uint8_t code) {
    return static_cast<float>(integer_value(code)) * 0x1p-7F;
}

}  // namespace quatrain::numerics

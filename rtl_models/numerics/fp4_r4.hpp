// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"

#include <bit>
#include <cstdint>

namespace quatrain::numerics {

// fp4_r4: bit 3 sign, bits 2..0 exponent code c; c = 0 is zero (with either sign), c = 1..7 is
// 4^(c-4) in the even phase and half of that in the odd phase. The method is Sun et al., NeurIPS
// 2020, 3.1 and 3.3; see docs/numerics.md.

/// Hardware form: from the exponent and the top two fraction bits, no multiplication. The code of x
/// in the even phase, with x * 2^`exponent_offset` in place of x (the odd phase is one binade up).
constexpr std::uint8_t quantise_fp4_r4(float x, int exponent_offset) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t magnitude = bits & 0x7FFF'FFFFU;
    if (magnitude > 0x7F80'0000U) return 0;  // NaN
    const int exponent = static_cast<int>(magnitude >> 23) - 127 + exponent_offset;
    const bool at_least_five_quarters = (magnitude & 0x0060'0000U) != 0;
    const int k = (exponent >> 1) + ((exponent & 1) != 0 && at_least_five_quarters ? 1 : 0);
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

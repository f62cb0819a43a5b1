// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::fp4_multiplier {

/// The product of an integer operand (int4 or uint4 as an integer, -8..15) and an fp4_r4 code, in
/// units of 2^-6 (even phase) or 2^-7 (odd phase): the hardware's form, a shift by twice the
/// exponent code less one, and a conditional negation. Exponent code 0 gates the shifter to zero,
/// whatever the sign bit. |product| <= 61440, 17 bits with sign.
constexpr std::int32_t multiply(std::int32_t operand, std::uint8_t code) {
    const int exponent_code = code & 7;
    const bool negative = (code & 8) != 0;
    if (exponent_code == 0) return 0;
    const auto shifted =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(operand) << (2 * (exponent_code - 1)));
    return negative ? -shifted : shifted;
}

}  // namespace quatrain::fp4_multiplier

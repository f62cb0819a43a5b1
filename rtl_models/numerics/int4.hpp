// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace quatrain::numerics {

/// Nearest integer, ties to even, for |x| <= 2^22. Adding 1.5 * 2^23 leaves no fraction bits, so
/// the addition rounds.
constexpr int round_half_even(float x) {
    constexpr float magic = 0x1.8p23F;
    return static_cast<int>((x + magic) - magic);
}

/// clamp(round_half_even(x), lowest, highest); NaN gives 0. NaN and infinity are counted.
inline int quantise_integer(float x, int lowest, int highest, Faults* faults = nullptr) {
    if (std::isnan(x)) {
        if (faults != nullptr) ++faults->nan;
        return 0;
    }
    if (faults != nullptr && std::isinf(x)) ++faults->infinity;
    return round_half_even(std::clamp(x, static_cast<float>(lowest), static_cast<float>(highest)));
}

/// Signed, -7..7; -8 is never produced.
inline std::int8_t quantise_int4(float x, Faults* faults = nullptr) {
    return static_cast<std::int8_t>(quantise_integer(x, -7, 7, faults));
}

/// Unsigned, 0..15.
inline std::uint8_t quantise_uint4(float x, Faults* faults = nullptr) {
    return static_cast<std::uint8_t>(quantise_integer(x, 0, 15, faults));
}

/// The value of a two's complement 4-bit code; -8 for 0b1000, which callers reject.
constexpr std::int8_t sign_extend_int4(std::uint32_t code) {
    return static_cast<std::int8_t>(static_cast<int>((code & 15U) ^ 8U) - 8);
}

}  // namespace quatrain::numerics

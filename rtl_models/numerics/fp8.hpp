// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/float_layout.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace quatrain::numerics {

/// The code of fp8_152's largest finite value, 57344.
inline constexpr std::uint32_t fp8_152_largest = fp8_152_layout.infinity() - 1;

/// The fp8_152 code of a scaled gradient (docs/training-step.md, rule 12): as encode() rounds it,
/// but what would become infinity stays at +-57344, infinity included, and NaN gives +0. NaN and
/// infinity are counted; a finite gradient that saturates is no fault, as in fp4_r4.
constexpr std::uint8_t quantise_fp8_152(float x, Faults* faults = nullptr) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(x) & 0x7FFF'FFFFU;
    const bool nan = magnitude > 0x7F80'0000U;
    if (faults != nullptr) {
        faults->nan += nan ? 1 : 0;
        faults->infinity += magnitude == 0x7F80'0000U ? 1 : 0;
    }
    if (nan) return 0;
    constexpr std::uint32_t sign = fp8_152_layout.sign();
    const std::uint32_t code = encode_float(fp8_152_layout, static_cast<double>(x), nullptr);
    return static_cast<std::uint8_t>((code & sign) | std::min(code & (sign - 1), fp8_152_largest));
}

}  // namespace quatrain::numerics

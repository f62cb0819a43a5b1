// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/format.hpp"

#include <cstdint>

namespace quatrain::numerics {

/// The code of x in `format`, rounded once. Floating-point formats: nearest, ties to even
/// (dlfloat16: ties away), overflow to infinity (dlfloat16: the code 0x7FFF, infinity and NaN
/// merged), NaN to the quiet NaN without sign; fp32 keeps every bit. Integer formats: nearest, ties
/// to even, clamped to the symmetric range (int4: -7..7, uint4: 0..15, uint8: 0..255), NaN to 0;
/// int32 throws std::overflow_error instead of clamping. fp4_r4: the code of the even phase;
/// infinity saturates, NaN becomes +0. The code of a 4-bit format is in the low four bits, int4 in
/// two's complement.
std::uint32_t encode(Format format, float x, Faults* faults = nullptr);
/// The same, rounded once from the double: for exact integer sums that no float holds.
std::uint32_t encode(Format format, double x, Faults* faults = nullptr);

/// The value of a code, exact (int32: rounded to FP32). fp4_r4: the value of the even phase.
/// dlfloat16's merged code is infinity. Throws std::invalid_argument for -8 in int4, and for a code
/// with more bits than the format.
float decode(Format format, std::uint32_t code);

/// decode(encode(x)): the nearest value of the format.
float round_to(Format format, float x, Faults* faults = nullptr);

/// fp8_143 and fp8_152 with another exponent bias than 7 and 15. Throws std::invalid_argument for
/// another format and for a bias outside 0..63.
std::uint32_t encode(Format format, float x, int exponent_bias, Faults* faults = nullptr);
std::uint32_t encode(Format format, double x, int exponent_bias, Faults* faults = nullptr);
float decode(Format format, std::uint32_t code, int exponent_bias);

}  // namespace quatrain::numerics

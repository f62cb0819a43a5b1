// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/format.hpp"

#include <cstdint>

namespace quatrain::scaling_unit {

// The lane's quantisers as gates see them: from the fields of the FP32 number, without arithmetic
// on reals. 4-bit codes come in the low four bits.

/// The fields of an FP32 number.
struct Fp32Fields {
    explicit Fp32Fields(float x);
    bool negative;
    std::uint32_t exponent;  ///< biased, 8 bits
    std::uint32_t fraction;  ///< 23 bits
    bool nan() const { return exponent == 255 && fraction != 0; }
    bool infinite() const { return exponent == 255 && fraction == 0; }
    bool zero() const { return exponent == 0 && fraction == 0; }
    /// Without the sign; orders like the numbers.
    std::uint32_t magnitude() const { return exponent << 23 | fraction; }
};

/// fp4_r4: 4^k with k = floor(e / 2), one more from the threshold on, at most 3; zero below -3, and
/// for NaN. The odd phase is the even phase of 2x. `threshold`: numerics::fp4_threshold_key(), a
/// constant of the instruction that 24 bits of exponent and fraction are compared with.
std::uint32_t clocked_fp4_code(float x, bool odd_phase, std::uint32_t threshold);

/// fp8_152 of a gradient: nearest, ties to even, at most 57344 in magnitude; +0 for NaN.
std::uint32_t clocked_fp8_152_code(float x);

/// int4: nearest, ties to even, at most 7 in magnitude, two's complement; zero for NaN.
std::uint32_t clocked_int4_code(float x);
/// uint4: nearest, ties to even, 0 to 15; zero for NaN.
std::uint32_t clocked_uint4_code(float x);

/// The code of x in any format, with its faults. The 4-bit formats as above, the others by the
/// rounder that all blocks share.
std::uint32_t clocked_code(numerics::Format format, float x, numerics::Faults& faults);
/// NaN and infinity that enter a quantiser.
void count_faults(float x, numerics::Faults& faults);

}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/clocked_quantise.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"

#include <algorithm>
#include <bit>

namespace quatrain::scaling_unit {
namespace {

/// A significand without its last `places` bits, of which there are at least one, rounded to
/// nearest, ties to even.
std::uint32_t rounded(std::uint32_t significand, std::uint32_t places) {
    const std::uint32_t half = 1U << (places - 1);
    const std::uint32_t rest = significand & (2 * half - 1);
    const std::uint32_t kept = significand >> places;
    const bool up = rest > half || (rest == half && (kept & 1U) != 0);
    return kept + (up ? 1U : 0U);
}

/// |x| rounded to an integer, ties to even, at most `largest` (below 16); zero for NaN.
std::uint32_t rounded_magnitude(const Fp32Fields& x, std::uint32_t largest) {
    constexpr std::uint32_t exponent_of_half = 126, exponent_of_sixteen = 131;
    if (x.nan() || x.exponent < exponent_of_half) return 0;
    if (x.exponent >= exponent_of_sixteen) return largest;
    const std::uint32_t places = 150 - x.exponent;  // below the binary point: 20 to 24
    return std::min(rounded(0x80'0000U | x.fraction, places), largest);
}

}  // namespace

Fp32Fields::Fp32Fields(float x)
    : negative((std::bit_cast<std::uint32_t>(x) >> 31) != 0),
      exponent(std::bit_cast<std::uint32_t>(x) >> 23 & 0xFFU),
      fraction(std::bit_cast<std::uint32_t>(x) & 0x7F'FFFFU) {}

std::uint32_t clocked_fp4_code(float x, bool odd_phase, std::uint32_t threshold) {
    const Fp32Fields in(x);
    if (in.nan()) return 0;
    // Biased by 128 instead of 127, the exponent's parity is its lowest bit and a shift halves it;
    // code c = k + 4 is then 60 below the half.
    const std::uint32_t exponent = in.exponent + 1 + (odd_phase ? 1 : 0);
    const std::uint32_t place = (exponent & 1U) << 23 | in.fraction;  // among two binades
    const std::uint32_t half = (exponent >> 1) + (place >= threshold ? 1U : 0U);
    if (half <= 60) return 0;
    return (in.negative ? 8U : 0U) | std::min(half - 60, 7U);
}

std::uint32_t clocked_fp8_152_code(float x) {
    // Biased exponents of FP32: of 2^-17, half of the smallest magnitude; of 2^-14, the smallest
    // normal one; of 2^15, the largest finite value's.
    constexpr std::uint32_t exponent_of_half = 110, exponent_of_normal = 113,
                            exponent_of_largest = 142;
    constexpr std::uint32_t largest = 0x7B;
    const Fp32Fields in(x);
    if (in.nan()) return 0;
    const std::uint32_t sign = in.negative ? 0x80U : 0U;
    if (in.exponent < exponent_of_half) return sign;
    if (in.exponent > exponent_of_largest) return sign | largest;
    // The leading one, and the carry of the rounding, add 1 to the exponent field.
    const std::uint32_t field = std::max(in.exponent, exponent_of_normal) - exponent_of_normal;
    const std::uint32_t places = 21 + (exponent_of_normal + field - in.exponent);
    return sign | std::min((field << 2) + rounded(0x80'0000U | in.fraction, places), largest);
}

std::uint32_t clocked_int4_code(float x) {
    const Fp32Fields in(x);
    const std::uint32_t magnitude = rounded_magnitude(in, 7);
    return (in.negative ? 16 - magnitude : magnitude) & 15U;
}

std::uint32_t clocked_uint4_code(float x) {
    const Fp32Fields in(x);
    return in.negative ? 0 : rounded_magnitude(in, 15);
}

void count_faults(float x, numerics::Faults& faults) {
    const Fp32Fields in(x);
    faults.nan += in.nan() ? 1 : 0;
    faults.infinity += in.infinite() ? 1 : 0;
}

std::uint32_t clocked_code(numerics::Format format, float x, numerics::Faults& faults) {
    switch (format) {
        case numerics::Format::fp4_r4:
            count_faults(x, faults);
            return clocked_fp4_code(x, false, numerics::fp4_threshold_key(numerics::fp4_threshold));
        case numerics::Format::int4:
            count_faults(x, faults);
            return clocked_int4_code(x);
        case numerics::Format::uint4:
            count_faults(x, faults);
            return clocked_uint4_code(x);
        default:
            return numerics::encode(format, x, &faults);
    }
}

}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace quatrain::golden {

/// fp4_r4 code of x in the even phase, by the reference form: e = floor(log4 |factor x|); 0 below
/// -3, +-64 from 3 on, else +-4^e; the threshold 4 / factor is first rounded to FP32. NaN gives +0;
/// infinity saturates. The value of a zero code is 0b0000 whatever the sign.
std::uint32_t quantise_even(double x, double factor = 1.6);

/// The odd phase: odd(x) = even(2x) / 2, so its code is the even code of 2x.
std::uint32_t quantise_odd(double x, double factor = 1.6);

/// fp8_152 code of a scaled gradient: the nearest value, but the largest finite one, 57344, with
/// t's sign where that is an infinity; +0 for a NaN.
std::uint32_t quantise_fp8_gradient(double t);

/// int4 code: round_half_even(w / step), clamped to -7..7; 0 when step is 0 or w is NaN.
std::uint32_t quantise_weight(float w, float step);

/// uint4 code of a PACT activation; reciprocal = 15 / alpha, in FP32.
std::uint32_t quantise_activation(float x, float alpha, float reciprocal);

}  // namespace quatrain::golden

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/int4.hpp"

#include <cmath>
#include <cstdint>

namespace quatrain::numerics {

// SaWB, 4 bits, zero-aligned: weights to int4 with one scale per tensor (docs/training-step.md, 2).
// The coefficients are those of IBM's fms-model-optimizer. Every operation is one FP32 rounding, in
// the order written.

/// alpha from E1 = E[|w|] and E2 = E[w^2]; `maximum` = max|w| where the formula gives no positive
/// number.
inline float sawb_alpha(float mean_absolute, float mean_square, float maximum) {
    const float alpha = 12.035F * std::sqrt(mean_square) - 12.03F * mean_absolute;
    return alpha > 0 ? alpha : maximum;
}

/// The same from the sums over a tensor of `count` weights.
inline float sawb_alpha_of_sums(float sum_absolute, float sum_squares, float maximum,
                                std::int64_t count) {
    const auto n = static_cast<float>(count);
    return sawb_alpha(sum_absolute / n, sum_squares / n, maximum);
}

inline float sawb_step(float alpha) {
    return alpha / 7.0F;
}

/// clamp(round_half_even(w / step), -7, 7); 0 when step is 0.
inline std::int8_t sawb_quantise(float w, float step, Faults* faults = nullptr) {
    if (step == 0) return 0;
    return quantise_int4(w / step, faults);
}

/// Straight-through estimator: the gradient of w passes unless |w| > alpha.
inline bool sawb_passes(float w, float alpha) {
    return !(std::fabs(w) > alpha);
}

}  // namespace quatrain::numerics

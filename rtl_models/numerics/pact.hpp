// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/int4.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace quatrain::numerics {

// PACT, 4 bits: activations to uint4 with a learned clipping level alpha per layer
// (docs/training-step.md, 5 and 10).

inline float pact_step(float alpha) {
    return alpha / 15.0F;
}

inline float pact_reciprocal(float alpha) {
    return 15.0F / alpha;
}

/// round_half_even(min(x, alpha) * reciprocal) clamped to 0..15; 0 if x <= 0 or NaN, or if alpha <=
/// 0 or NaN. `reciprocal` = pact_reciprocal(alpha).
inline std::uint8_t pact_quantise(float x, float alpha, float reciprocal,
                                  Faults* faults = nullptr) {
    if (faults != nullptr) {
        faults->nan += std::isnan(x) ? 1 : 0;
        faults->infinity += std::isinf(x) ? 1 : 0;
    }
    if (!(x > 0) || !(alpha > 0)) return 0;
    return quantise_uint4(std::min(x, alpha) * reciprocal);
}

/// Backward: dL/dx = dL/dy where this holds, else +0.
inline bool pact_passes(float x, float alpha) {
    return (0 <= x) & (x <= alpha);  // without a branch, so that loops over it vectorise
}

/// Backward: dL/dalpha is the sum of dL/dy where this holds.
inline bool pact_feeds_alpha(float x, float alpha) {
    return x >= alpha;
}

}  // namespace quatrain::numerics

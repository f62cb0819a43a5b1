// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/numerics/faults.hpp"
#include "rtl_models/numerics/fp4_r4.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace quatrain::numerics {

// The quantisers of activations and gradients for rows of values, in the widest instructions the
// host has: equal to pact.hpp, fp4_r4.hpp and fp8.hpp element by element. Packed codes start at the
// first byte of their row; of a last half byte only the low half is written.

/// Codes of uint4: pact_quantise() of every value.
void quantise_pact(std::span<const float> values, float alpha, float reciprocal, std::byte* codes,
                   Faults& faults);

/// Where the codes of a row of gradients go; null: not wanted.
struct GradientCodes {
    std::byte* even = nullptr;        ///< fp4_r4, packed
    std::byte* odd = nullptr;         ///< fp4_r4, packed
    std::byte* fp8 = nullptr;         ///< fp8_152, a byte each
    float threshold = fp4_threshold;  ///< of both phases (quantise_fp4_r4())
};

/// What is tracked beside the codes (docs/training-step.md, rule 12). NaN enters none of it.
struct GradientStatistics {
    float maximum = 0.0F;        ///< of |t|; infinity counts
    std::int32_t underflow = 0;  ///< t that are not zero and whose first code is [elements]
    std::int32_t overflow = 0;   ///< |t| > 64 [elements]
};

/// Codes of t = gradient * scale: quantise_fp4_r4() in both phases and quantise_fp8_152(). Adds to
/// `statistics`, whose maximum is no NaN and not negative, and to `faults`: NaN and infinity once,
/// whatever codes are wanted, and odd_clipped where odd codes are. The first code is even, or fp8
/// where even is not wanted.
void quantise_gradients(std::span<const float> gradients, float scale, const GradientCodes& codes,
                        GradientStatistics& statistics, Faults& faults);

}  // namespace quatrain::numerics

// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/quantise_rows.hpp"

#include "rtl_models/numerics/fp8.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "rtl_models/numerics/highway_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rtl_models/numerics/quantise_rows.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "rtl_models/numerics/rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace {

constexpr std::int32_t pattern(float value) {
    return std::bit_cast<std::int32_t>(value);
}

bool all_below(WideIntegerVector values, std::int32_t limit) {
    return hn::AllTrue(WideIntegers(), hn::Lt(values, integers(limit)));
}

/// uint4: pact_quantise().
struct PactCodes {
    using Code = std::uint8_t;
    WideFloatVector alpha, reciprocal;

    HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) const {
        const WideFloatVector x = as_floats(bits);
        const WideFloatVector zero = hn::Zero(WideFloats());
        const auto positive = hn::And(hn::Gt(x, zero), hn::Gt(alpha, zero));
        const WideFloatVector ratio = hn::Mul(hn::Min(x, alpha), reciprocal);
        return IntegerCodes<4, 0, 15>::encode(as_bits(hn::IfThenElseZero(positive, ratio)));
    }
};

/// fp8_152 of a scaled gradient: quantise_fp8_152().
struct Fp8GradientCodes {
    using Code = std::uint8_t;
    static HWY_INLINE WideIntegerVector encode(WideIntegerVector bits) {
        const WideIntegerVector code = LayoutCodes<fp8_152_layout>::encode(bits);
        const WideIntegerVector magnitude = hn::And(code, integers(fp8_152_layout.sign() - 1));
        const WideIntegerVector held = hn::Min(magnitude, integers(fp8_152_largest));
        const auto nan = hn::Gt(magnitude_of(bits), integers(infinite));
        return hn::IfThenZeroElse(nan, hn::Or(held, hn::Xor(code, magnitude)));
    }
};

void quantise_pact_row(const float* values, std::int64_t count, float alpha, float reciprocal,
                       std::byte* codes, Faults& faults) {
    const PactCodes encoder{hn::Set(WideFloats(), alpha), hn::Set(WideFloats(), reciprocal)};
    const WideIntegerVector largest = encode_nibbles(encoder, values, count, codes, 0);
    if (!all_below(largest, infinite)) count_faults(values, count, infinite, faults);
}

/// Lane by lane: the largest |t|, and counts.
struct GradientCounts {
    WideIntegerVector largest, underflow, overflow, clipped, infinity, nan;
};

/// scaled[i] = gradients[i] * scale, and zeros up to a whole vector. Counts what underflows and
/// returns the largest magnitudes, NaN included.
HWY_INLINE WideIntegerVector scale_block(const float* gradients, std::int64_t count, float scale,
                                         std::int32_t least_nonzero, float* scaled,
                                         GradientCounts& counts) {
    const WideFloatVector factor = hn::Set(WideFloats(), scale);
    WideIntegerVector largest = integers(0), underflow = integers(0);
    for_each_vector_of(gradients, count, [&](WideIntegerVector bits) {
        const WideFloatVector t = hn::Mul(as_floats(bits), factor);
        hn::Store(t, WideFloats(), scaled);
        scaled += wide_lanes;
        const WideIntegerVector magnitude = magnitude_of(as_bits(t));
        largest = hn::Max(largest, magnitude);
        count_if(underflow, hn::And(hn::Gt(magnitude, integers(0)),
                                    hn::Lt(magnitude, integers(least_nonzero))));
    });
    counts.underflow = hn::Add(counts.underflow, underflow);
    return largest;
}

/// Maximum and counts of a block that holds a NaN or a magnitude beyond the odd phase's largest.
HWY_NOINLINE void count_unusual_block(const float* scaled, std::int64_t count,
                                      GradientCounts& counts) {
    constexpr std::int32_t odd_maximum = pattern(32.0F), maximum = pattern(64.0F);
    for_each_vector_of(scaled, count, [&](WideIntegerVector bits) {
        const WideIntegerVector magnitude = magnitude_of(bits);
        const auto nan = hn::Gt(magnitude, integers(infinite));
        const WideIntegerVector number = hn::IfThenZeroElse(nan, magnitude);
        const auto infinity = hn::Eq(number, integers(infinite));
        counts.largest = hn::Max(counts.largest, number);
        count_if(counts.nan, nan);
        count_if(counts.infinity, infinity);
        count_if(counts.overflow, hn::Gt(number, integers(maximum)));
        count_if(counts.clipped,
                 hn::Gt(hn::IfThenZeroElse(infinity, number), integers(odd_maximum)));
    });
}

void quantise_gradient_row(const float* gradients, std::int64_t count, float scale,
                           const GradientCodes& codes, GradientStatistics& statistics,
                           Faults& faults) {
    // The least magnitude whose first code is not zero. Half of fp8_152's smallest is a tie, which
    // goes to zero.
    const std::int32_t least_nonzero =
        pattern(codes.even != nullptr ? codes.threshold * 0x1p-8F : 0x1.000002p-17F);
    const std::uint32_t key = fp4_threshold_key(codes.threshold);
    HWY_ALIGN float scaled[nibble_block];
    const WideIntegerVector zero = integers(0);
    GradientCounts counts{zero, zero, zero, zero, zero, zero};
    for (std::int64_t done = 0; done < count; done += nibble_block) {
        const std::int64_t part = std::min(nibble_block, count - done);
        const WideIntegerVector largest =
            scale_block(gradients + done, part, scale, least_nonzero, scaled, counts);
        if (all_below(largest, pattern(32.0F) + 1))
            counts.largest = hn::Max(counts.largest, largest);
        else
            count_unusual_block(scaled, part, counts);
        if (codes.even != nullptr) encode_nibbles(Fp4Codes<0>{key}, scaled, part, codes.even, done);
        if (codes.odd != nullptr) encode_nibbles(Fp4Codes<1>{key}, scaled, part, codes.odd, done);
        if (codes.fp8 != nullptr) encode_codes(Fp8GradientCodes(), scaled, part, codes.fp8 + done);
    }
    const auto largest =
        std::bit_cast<float>(hn::GetLane(hn::MaxOfLanes(WideIntegers(), counts.largest)));
    statistics.maximum = std::max(statistics.maximum, largest);
    statistics.underflow += static_cast<std::int32_t>(sum_of(counts.underflow));
    statistics.overflow += static_cast<std::int32_t>(sum_of(counts.overflow));
    faults.nan += static_cast<std::uint64_t>(sum_of(counts.nan));
    faults.infinity += static_cast<std::uint64_t>(sum_of(counts.infinity));
    if (codes.odd != nullptr)
        faults.odd_clipped += static_cast<std::uint64_t>(sum_of(counts.clipped));
}

}  // namespace
}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quatrain::numerics {

HWY_EXPORT(quantise_pact_row);
HWY_EXPORT(quantise_gradient_row);

void quantise_pact(std::span<const float> values, float alpha, float reciprocal, std::byte* codes,
                   Faults& faults) {
    HWY_DYNAMIC_DISPATCH(quantise_pact_row)
    (values.data(), static_cast<std::int64_t>(values.size()), alpha, reciprocal, codes, faults);
}

void quantise_gradients(std::span<const float> gradients, float scale, const GradientCodes& codes,
                        GradientStatistics& statistics, Faults& faults) {
    HWY_DYNAMIC_DISPATCH(quantise_gradient_row)
    (gradients.data(), static_cast<std::int64_t>(gradients.size()), scale, codes, statistics,
     faults);
}

}  // namespace quatrain::numerics
#endif

// SPDX-License-Identifier: Apache-2.0
// The 32-bit vectors that the kernels work in, of the current Highway target: included once per
// target.
#if defined(QUATRAIN_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef QUATRAIN_VECTORS_INL
#undef QUATRAIN_VECTORS_INL
#else
#define QUATRAIN_VECTORS_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace quatrain::numerics::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 256 bits: the tile of gemm_kernels.cpp is shaped for 16 registers. The processors of
// AVX3_DL have 32 of 512 bits and lose no clock by them.
inline constexpr std::size_t most_lanes = HWY_TARGET == HWY_AVX3_DL ? 16 : 8;
using Floats = hn::CappedTag<float, most_lanes>;
using Integers = hn::CappedTag<std::int32_t, most_lanes>;
using Words = hn::CappedTag<std::uint32_t, most_lanes>;
using FloatVector = hn::Vec<Floats>;
using IntegerVector = hn::Vec<Integers>;
using WordVector = hn::Vec<Words>;

inline constexpr int vector_lanes = static_cast<int>(hn::MaxLanes(Integers()));

// Rows of codes keep few values at a time: up to 512 bits of them.
using WideFloats = hn::CappedTag<float, 16>;
using WideIntegers = hn::CappedTag<std::int32_t, 16>;
using WideFloatVector = hn::Vec<WideFloats>;
using WideIntegerVector = hn::Vec<WideIntegers>;

inline constexpr int wide_lanes = static_cast<int>(hn::MaxLanes(WideIntegers()));

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

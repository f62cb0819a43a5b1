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

// At most 256 bits: the tile of gemm_kernels.cpp is shaped for 16 registers.
using Floats = hn::CappedTag<float, 8>;
using Integers = hn::CappedTag<std::int32_t, 8>;
using Words = hn::CappedTag<std::uint32_t, 8>;
using FloatVector = hn::Vec<Floats>;
using IntegerVector = hn::Vec<Integers>;
using WordVector = hn::Vec<Words>;

inline constexpr int vector_lanes = static_cast<int>(hn::MaxLanes(Integers()));

}  // namespace quatrain::numerics::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The instruction sets that the kernels are compiled for; included before any header of Highway.

// Highway's scalar target has no 16-bit lanes in a 32-bit vector; every 64-bit x86 since 2011 has
// SSSE3.
#if defined(__x86_64__)
#define HWY_BASELINE_TARGETS HWY_SSSE3
#endif
// Vectors of unknown length cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

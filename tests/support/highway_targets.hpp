// SPDX-License-Identifier: Apache-2.0
#pragma once

// Some kernels are compiled for it.
#define HWY_WANT_AVX3_DL
#include "rtl_models/numerics/highway_targets.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace quatrain::test {

/// Calls body() once for every instruction set that kernels are compiled for and this host has,
/// with that one in use; where a kernel is not compiled for it, with the next.
template <class Body>
void on_every_target(Body body) {
    struct Restore {
        ~Restore() { hwy::SetSupportedTargetsForTest(0); }
    } restore;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        const ::testing::ScopedTrace trace(__FILE__, __LINE__, hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & -target);
        body();
        if (::testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace quatrain::test

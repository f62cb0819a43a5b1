// SPDX-License-Identifier: Apache-2.0
// Random networks on random machines. QUATRAIN_FUZZ_CASES sets the number of cases of each share;
// QUATRAIN_FUZZ_SEED runs one case alone.
#include "tests/fuzz/draw.hpp"
#include "tests/fuzz/environment.hpp"
#include "tests/fuzz/shrink.hpp"

#include <gtest/gtest.h>

namespace quatrain::fuzz {
namespace {

constexpr std::uint64_t default_cases = 100;

/// True when the case ran; a failure is reported with the smallest case that shows one.
bool run_case(std::uint64_t seed) {
    const Plan plan = Draw(seed).plan();
    const Verdict verdict = judge(plan);
    if (verdict.failure.empty()) return verdict.ran;
    const Plan small = shrink(plan, is_wrong);
    ADD_FAILURE() << "seed " << seed << ": " << verdict.failure
                  << "\nsmaller: " << judge(small).failure << "\n"
                  << describe(small);
    return verdict.ran;
}

/// One share of the cases: ctest runs the shares side by side.
class Fuzz : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Fuzz, RandomNetworksOnRandomMachinesAreBitExactOrRefusedInOneLine) {
    const std::uint64_t only = environment("QUATRAIN_FUZZ_SEED", 0);
    if (only != 0) {
        run_case(only);
        return;
    }
    const std::uint64_t cases = environment("QUATRAIN_FUZZ_CASES", default_cases);
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < cases && !HasFailure(); ++i)
        ran += run_case(1'000'000 * GetParam() + i) ? 1 : 0;
    if (!HasFailure() && cases >= default_cases) {
        EXPECT_GT(ran, cases / 2) << "most cases fit their machine";
    }
}

INSTANTIATE_TEST_SUITE_P(Shares, Fuzz, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace quatrain::fuzz

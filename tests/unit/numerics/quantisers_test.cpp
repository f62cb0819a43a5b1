// SPDX-License-Identifier: Apache-2.0
// The scaled quantisers: SaWB (weights), PACT (activations), GradScale (gradients).
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pact.hpp"
#include "rtl_models/numerics/sawb.hpp"
#include "tests/unit/numerics/reference.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

namespace quatrain::numerics {
namespace {

using Precise = boost::multiprecision::cpp_bin_float_100;

const float infinity = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();

/// A 100-digit value, correctly rounded to FP32 through an odd-rounded double: for results in
/// FP32's normal range.
float rounded(const Precise& x) {
    auto nearest = static_cast<double>(x);
    if (Precise(nearest) != x) {
        if (abs(Precise(nearest)) > abs(x)) nearest = std::nextafter(nearest, 0.0);
        nearest = std::bit_cast<double>(std::bit_cast<std::uint64_t>(nearest) | 1U);
    }
    return static_cast<float>(nearest);
}

/// Every operation exact and then rounded once, in the order of docs/training-step.md.
float slow_alpha(float sum_absolute, float sum_squares, float maximum, std::int64_t count) {
    const float n = rounded(Precise(count));
    const float e1 = rounded(Precise(sum_absolute) / n);
    const float e2 = rounded(Precise(sum_squares) / n);
    const float root = rounded(sqrt(Precise(e2)));
    const float first = rounded(Precise(12.035F) * root);
    const float second = rounded(Precise(12.03F) * e1);
    const float alpha = rounded(Precise(first) - second);
    return alpha > 0 ? alpha : maximum;
}

TEST(Sawb, AlphaRoundsEveryOperationOnceInTheStatedOrder) {
    std::mt19937 generator(13);
    std::uniform_real_distribution<float> uniform(0.001F, 100);
    for (int i = 0; i < 20'000; ++i) {
        const float s1 = uniform(generator), s2 = uniform(generator), maximum = uniform(generator);
        const auto count = static_cast<std::int64_t>(1 + generator() % 100'000'000);
        ASSERT_EQ(sawb_alpha_of_sums(s1, s2, maximum, count), slow_alpha(s1, s2, maximum, count));
    }
}

TEST(Sawb, AlphaOfAKnownTensor) {
    // w = {1, -1, 3, 1}: E1 = 1.5, E2 = 3, alpha = 12.035 sqrt(3) - 18.045 = 2.8002...
    EXPECT_NEAR(sawb_alpha_of_sums(6, 12, 3, 4), 2.80023F, 1e-5F);
    EXPECT_EQ(sawb_alpha_of_sums(6, 12, 3, 4), sawb_alpha(1.5F, 3, 3));
}

TEST(Sawb, AlphaFallsBackToTheMaximumWhenTheFormulaIsNotPositive) {
    EXPECT_EQ(sawb_alpha(2, 1, 5), 5);     // 12.035 - 24.06 < 0
    EXPECT_EQ(sawb_alpha(0, 0, 0), 0);     // an all-zero tensor
    EXPECT_EQ(sawb_alpha(nan, 1, 5), 5);   // NaN is not positive
    EXPECT_GT(sawb_alpha(1, 1, 5), 0.0F);  // constant magnitude: 12.035 - 12.03 is just above zero
    EXPECT_LT(sawb_alpha(1, 1, 5), 0.006F);
}

TEST(Sawb, CodesAreTheNearestMultiplesOfTheStepOnEveryFp16Input) {
    const float step = sawb_step(2.5F);
    EXPECT_EQ(step, rounded(Precise(2.5F) / 7));
    for (float w : reference::all_fp16_inputs()) {
        if (!std::isfinite(w)) continue;
        const float quotient = w == 0 ? 0 : rounded(Precise(w) / step);
        const long double nearest = reference::nearest_integer(static_cast<long double>(quotient));
        ASSERT_EQ(sawb_quantise(w, step), static_cast<int>(std::clamp(nearest, -7.0L, 7.0L))) << w;
    }
}

TEST(Sawb, ZeroStepGivesZeroCodesAndNonFiniteWeightsAreCounted) {
    EXPECT_EQ(sawb_quantise(3, 0), 0);
    EXPECT_EQ(sawb_quantise(0, 0), 0);
    Faults faults;
    EXPECT_EQ(sawb_quantise(nan, 1, &faults), 0);
    EXPECT_EQ(sawb_quantise(-infinity, 1, &faults), -7);
    EXPECT_EQ(faults, (Faults{.nan = 1, .infinity = 1, .saturated = 0}));
}

TEST(Sawb, GradientsPassUpToAlphaAndNotBeyond) {
    EXPECT_TRUE(sawb_passes(2, 2));
    EXPECT_TRUE(sawb_passes(-2, 2));
    EXPECT_FALSE(sawb_passes(std::nextafter(2.0F, 3.0F), 2));
    EXPECT_FALSE(sawb_passes(-std::nextafter(2.0F, 3.0F), 2));
    EXPECT_TRUE(sawb_passes(0, 0));
}

TEST(Pact, CodesFollowTheDefinitionOnEveryFp16Input) {
    for (float alpha : {8.0F, 0.7F, 3.3F, 1e-3F, 6e4F}) {
        const float reciprocal = pact_reciprocal(alpha);
        ASSERT_EQ(reciprocal, rounded(15 / Precise(alpha)));
        ASSERT_EQ(pact_step(alpha), rounded(Precise(alpha) / 15));
        for (float x : reference::all_fp16_inputs()) {
            long double expected = 0;
            if (x > 0) {
                const float scaled = rounded(Precise(std::min(x, alpha)) * reciprocal);
                expected =
                    std::min(15.0L, reference::nearest_integer(static_cast<long double>(scaled)));
            }
            ASSERT_EQ(pact_quantise(x, alpha, reciprocal), static_cast<int>(expected))
                << x << " " << alpha;
        }
    }
}

TEST(Pact, ClipsAtZeroAndAlpha) {
    const float alpha = 8, reciprocal = pact_reciprocal(8);
    EXPECT_EQ(pact_quantise(-1, alpha, reciprocal), 0);
    EXPECT_EQ(pact_quantise(8, alpha, reciprocal), 15);
    EXPECT_EQ(pact_quantise(1000, alpha, reciprocal), 15);
    EXPECT_EQ(pact_quantise(0x1p-130F, 0x1p-140F, pact_reciprocal(0x1p-140F)),
              15);  // the reciprocal is infinite
}

TEST(Pact, AlphaThatIsNotPositiveGivesZeroCodes) {
    for (float alpha : {0.0F, -1.0F, nan})
        EXPECT_EQ(pact_quantise(5, alpha, pact_reciprocal(alpha)), 0);
}

TEST(Pact, NonFiniteActivationsAreCounted) {
    Faults faults;
    EXPECT_EQ(pact_quantise(nan, 8, pact_reciprocal(8), &faults), 0);
    EXPECT_EQ(pact_quantise(infinity, 8, pact_reciprocal(8), &faults), 15);
    EXPECT_EQ(pact_quantise(-infinity, 8, pact_reciprocal(8), &faults), 0);
    EXPECT_EQ(pact_quantise(9, 8, pact_reciprocal(8), &faults), 15);
    EXPECT_EQ(faults, (Faults{.nan = 1, .infinity = 2, .saturated = 0}));
}

TEST(Pact, BackwardPassesInTheClosedRangeAndFeedsAlphaFromAlphaUp) {
    const float alpha = 2;
    struct Case {
        float x;
        bool passes, feeds_alpha;
    };
    for (const Case& c :
         {Case{-0x1p-149F, false, false}, Case{-0.0F, true, false}, Case{0, true, false},
          Case{1, true, false}, Case{std::nextafter(2.0F, 0.0F), true, false}, Case{2, true, true},
          Case{std::nextafter(2.0F, 3.0F), false, true}, Case{infinity, false, true},
          Case{-infinity, false, false}, Case{nan, false, false}}) {
        EXPECT_EQ(pact_passes(c.x, alpha), c.passes) << c.x;
        EXPECT_EQ(pact_feeds_alpha(c.x, alpha), c.feeds_alpha) << c.x;
    }
}

TEST(GradScale, VotesForTheBandAbove32UpTo64) {
    EXPECT_EQ(gradscale_vote(0), 1);
    EXPECT_EQ(gradscale_vote(32), 1);
    EXPECT_EQ(gradscale_vote(std::nextafter(32.0F, 33.0F)), 0);
    EXPECT_EQ(gradscale_vote(64), 0);
    EXPECT_EQ(gradscale_vote(std::nextafter(64.0F, 65.0F)), -1);
    EXPECT_EQ(gradscale_vote(infinity), -1);
}

TEST(GradScale, MovesOneBinadeWhateverTheNumberOfVotes) {
    EXPECT_EQ(gradscale_update(16, 0), 16);
    for (int votes : {1, 2, 64}) {
        EXPECT_EQ(gradscale_update(16, votes), 17);
        EXPECT_EQ(gradscale_update(16, -votes), 15);
    }
}

TEST(GradScale, IsClampedSoThatAnAllZeroGradientStopsDoubling) {
    std::int32_t log2 = gradscale_initial;
    EXPECT_EQ(log2, 16);
    for (int step = 0; step < 100; ++step) log2 = gradscale_update(log2, gradscale_vote(0));
    EXPECT_EQ(log2, 40);
    for (int step = 0; step < 63; ++step) log2 = gradscale_update(log2, -1);
    EXPECT_EQ(log2, -23);
    for (int step = 0; step < 10; ++step) log2 = gradscale_update(log2, -1);
    EXPECT_EQ(log2, -24);
}

TEST(GradScale, PowersOfTwoAreExact) {
    for (int log2 = -126; log2 <= 127; ++log2)
        EXPECT_EQ(power_of_two(log2), std::ldexp(1.0F, log2));
}

}  // namespace
}  // namespace quatrain::numerics

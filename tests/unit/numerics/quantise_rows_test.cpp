// SPDX-License-Identifier: Apache-2.0
// The quantisers of rows against those of single values, on every instruction set that the host
// has.
#include "rtl_models/numerics/quantise_rows.hpp"

#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/fp8.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/pact.hpp"
#include "tests/support/highway_targets.hpp"
#include "tests/unit/numerics/row_inputs.hpp"

#include <gtest/gtest.h>

namespace quatrain::numerics {
namespace {

/// Bytes for a row of packed codes and one more, with a pattern that must stay where no code goes.
std::vector<std::byte> room(std::size_t elements) {
    return std::vector<std::byte>(elements / 2 + 2, std::byte{0x96});
}

void check_pact(std::span<const float> values, float alpha, float reciprocal) {
    row_inputs::for_each_row(values.size(), [&](std::size_t first, std::size_t length) {
        std::vector<std::byte> codes = room(length), expected = codes;
        Faults faults{3, 4, 5, 6}, expected_faults = faults;
        for (std::size_t i = 0; i < length; ++i)
            store_code(expected.data(), Format::uint4, static_cast<std::int64_t>(i),
                       pact_quantise(values[first + i], alpha, reciprocal, &expected_faults));
        quantise_pact(values.subspan(first, length), alpha, reciprocal, codes.data(), faults);
        ASSERT_EQ(codes, expected) << "alpha " << alpha << ", values from " << first;
        ASSERT_EQ(faults, expected_faults) << "alpha " << alpha << ", values from " << first;
    });
}

TEST(QuantiseRows, PactEqualsItsDefinitionAtEveryAlpha) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> values = row_inputs::all(200'000);
    test::on_every_target([&] {
        for (const float alpha : {8.0F, 0.37F, 6.0e4F})
            check_pact(values, alpha, pact_reciprocal(alpha));
        const std::span<const float> some = std::span(values).last(20'000);
        for (const float alpha : {0x1p-140F, 0x1p-126F, 0x1p127F, infinity, 0.0F, -0.0F, -1.0F,
                                  -infinity, std::numeric_limits<float>::quiet_NaN()})
            check_pact(some, alpha, pact_reciprocal(alpha));
        for (const float reciprocal : {-2.0F, infinity, 0.0F}) check_pact(some, 8.0F, reciprocal);
    });
}

TEST(QuantiseRows, PactRoundsTiesToEven) {
    std::vector<float> values;
    for (int i = 0; i <= 32; ++i)
        row_inputs::append_with_neighbours(values, static_cast<float>(i) / 2);
    test::on_every_target([&] { check_pact(values, 15.0F, 1.0F); });
}

/// Which codes are wanted.
struct Wanted {
    bool even, odd, fp8;
};
constexpr Wanted combinations[] = {
    {true, false, false}, {true, true, false}, {true, false, true}, {false, false, true}};

/// What quantise_gradients() gives, from the quantisers of single values and rule 12.
struct Outcome {
    std::vector<std::byte> even, odd, fp8;
    GradientStatistics statistics{2.0F, 10, 20};
    Faults faults{1, 2, 3, 4};
    float threshold;

    Outcome(std::size_t length, float with_threshold)
        : even(room(length)), odd(room(length)), fp8(length + 1), threshold(with_threshold) {}

    GradientCodes codes(const Wanted& wanted) {
        return {wanted.even ? even.data() : nullptr, wanted.odd ? odd.data() : nullptr,
                wanted.fp8 ? fp8.data() : nullptr, threshold};
    }
    void add(std::int64_t index, float t, const Wanted& wanted) {
        quantise_even(t, &faults);
        const std::uint8_t fp8_code = quantise_fp8_152(t);
        const std::uint8_t even_code = quantise_fp4_r4(t, 0, threshold);
        if (wanted.even) store_code(even.data(), Format::fp4_r4, index, even_code);
        if (wanted.odd)
            store_code(odd.data(), Format::fp4_r4, index, quantise_fp4_r4(t, 1, threshold));
        if (wanted.fp8) fp8[static_cast<std::size_t>(index)] = std::byte{fp8_code};
        if (std::isnan(t)) return;
        const bool vanishes = wanted.even ? even_code == 0 : (fp8_code & 0x7FU) == 0;
        statistics.maximum = std::max(statistics.maximum, std::fabs(t));
        statistics.underflow += t != 0.0F && vanishes ? 1 : 0;
        statistics.overflow += std::fabs(t) > 64.0F ? 1 : 0;
        faults.odd_clipped += wanted.odd && std::isfinite(t) && std::fabs(t) > 32.0F ? 1U : 0U;
    }
};

void check_gradients(std::span<const float> gradients, float scale, const Wanted& wanted,
                     float threshold = fp4_threshold) {
    row_inputs::for_each_row(gradients.size(), [&](std::size_t first, std::size_t length) {
        Outcome expected(length, threshold), is(length, threshold);
        for (std::size_t i = 0; i < length; ++i)
            expected.add(static_cast<std::int64_t>(i), gradients[first + i] * scale, wanted);
        quantise_gradients(gradients.subspan(first, length), scale, is.codes(wanted), is.statistics,
                           is.faults);
        ASSERT_EQ(is.even, expected.even) << "gradients from " << first;
        ASSERT_EQ(is.odd, expected.odd) << "gradients from " << first;
        ASSERT_EQ(is.fp8, expected.fp8) << "gradients from " << first;
        ASSERT_EQ(is.statistics.maximum, expected.statistics.maximum) << "from " << first;
        ASSERT_EQ(is.statistics.underflow, expected.statistics.underflow) << "from " << first;
        ASSERT_EQ(is.statistics.overflow, expected.statistics.overflow) << "from " << first;
        ASSERT_EQ(is.faults, expected.faults) << "gradients from " << first;
    });
}

TEST(QuantiseRows, GradientsEqualTheirDefinitionAtEveryScale) {
    const std::vector<float> gradients = row_inputs::all(500'000);
    const std::span<const float> some = std::span(gradients).last(50'000);
    test::on_every_target([&] {
        for (const Wanted& wanted : combinations) {
            check_gradients(gradients, 1.0F, wanted);
            for (const std::int32_t log2 : {gradscale_minimum, -1, 1, 16, gradscale_maximum})
                check_gradients(some, power_of_two(log2), wanted);
        }
    });
}

TEST(QuantiseRows, ThresholdsOfBothPhasesAreExact) {
    std::vector<float> gradients;
    for (int n = -9; n <= 9; ++n)
        for (const float factor : {1.0F, 1.25F, 1.5F, -1.25F})
            row_inputs::append_with_neighbours(gradients, std::ldexp(factor, n));
    test::on_every_target([&] {
        for (const Wanted& wanted : combinations) check_gradients(gradients, 1.0F, wanted);
    });
}

TEST(QuantiseRows, OtherThresholdsOfBothPhasesAreExact) {
    for (const float threshold : {1.0F, 1.75F, 2.0F, fp4_threshold_of(1.3), 4.0F}) {
        std::vector<float> gradients;
        for (int n = -11; n <= 9; ++n)
            for (const float sign : {1.0F, -1.0F})
                row_inputs::append_with_neighbours(gradients, std::ldexp(sign * threshold, n));
        test::on_every_target([&] {
            for (const Wanted& wanted : combinations)
                check_gradients(gradients, 1.0F, wanted, threshold);
        });
    }
}

TEST(QuantiseRows, GradientsOfUsualSizeEqualTheirDefinition) {
    std::mt19937 generator(26);
    std::normal_distribution<float> normal(0.0F, 9.0F);  // few beyond 32, none beyond 64
    std::vector<float> gradients(200'000);
    for (float& gradient : gradients) gradient = normal(generator);
    test::on_every_target([&] {
        for (const Wanted& wanted : combinations) check_gradients(gradients, 1.0F, wanted);
    });
}

}  // namespace
}  // namespace quatrain::numerics

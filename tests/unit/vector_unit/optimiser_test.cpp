// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <optional>

namespace quatrain::vector_unit {
namespace {

constexpr float rate = 0.1F, mu = 0.9F;

struct Step {
    float w, v;
};

/// docs/training-step.md, 14.
Step step(float w, float v, float g, std::optional<float> decay, std::optional<float> alpha) {
    if (alpha && std::fabs(w) > *alpha) g = 0.0F;
    float d = g;
    if (decay) {
        const float pull = *decay * w;
        d = g + pull;
    }
    const float kept = mu * v;
    const float new_v = kept + d;
    const float moved = rate * new_v;
    return {w - moved, new_v};
}

void expect_update(Format gradient_format, std::optional<float> decay, std::optional<float> alpha) {
    constexpr std::int64_t rows = 811, columns = 23;
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::sgd_update, rows, columns);
    const auto g = random_values(gradient_format, rows * columns, 1);
    auto w = random_values(Format::fp32, rows * columns, 2);
    const auto v = random_values(Format::fp32, rows * columns, 3);
    if (alpha)
        for (std::size_t i = 0; i < w.size(); i += 7)
            w[i] = i % 2 == 0 ? *alpha : -*alpha;  // on the edge: passes
    op.in = {bench.tile(gradient_format, g), bench.vector(w), bench.vector(v)};
    op.out = {op.in[1], op.in[2]};
    op.scalars[0] = bench.scalar(rate);
    op.scalars[1] = bench.scalar(mu);
    if (decay) op.scalars[2] = bench.scalar(*decay);
    if (alpha) op.scalars[3] = bench.scalar(*alpha);
    bench.run(op);
    std::vector<float> expected_w, expected_v;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const Step next = step(w[i], v[i], g[i], decay, alpha);
        expected_w.push_back(next.w);
        expected_v.push_back(next.v);
    }
    EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(Format::fp32, expected_w));
    EXPECT_EQ(bench.codes(op.out[1], rows * columns), encoded(Format::fp32, expected_v));
}

TEST(SgdUpdate, MovesWeightsAndMomentumInPlace) {
    for (const Format format : tile_formats) expect_update(format, std::nullopt, std::nullopt);
}

TEST(SgdUpdate, WeightDecayPullsTowardsZero) {
    expect_update(Format::dlfloat16, 1e-4F, std::nullopt);
}

TEST(SgdUpdate, TheMaskDropsTheGradientOfWeightsBeyondAlphaButNotTheirDecay) {
    expect_update(Format::dlfloat16, 1e-4F, 1.25F);
    expect_update(Format::dlfloat16, std::nullopt, 1.25F);
}

TEST(SgdUpdateScalar, EqualsTheUpdateOfATensorOfOneElement) {
    for (const bool decays : {false, true}) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::sgd_update_scalar, 0, 0);
        op.scalars = {bench.scalar(8.0F),  bench.scalar(0.3F),
                      bench.scalar(-1.7F), bench.scalar(rate),
                      bench.scalar(mu),    decays ? bench.scalar(5e-4F) : isa::no_address};
        bench.run(op);
        const Step next =
            step(8.0F, 0.3F, -1.7F, decays ? std::optional(5e-4F) : std::nullopt, std::nullopt);
        EXPECT_EQ(bench.scalar_value(op.scalars[0]), next.w);
        EXPECT_EQ(bench.scalar_value(op.scalars[1]), next.v);
    }
}

}  // namespace
}  // namespace quatrain::vector_unit

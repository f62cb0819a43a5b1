// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scaling_unit/bench.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

/// The value that even(t) stands for, from the thresholds of the method: 4^n from |t| = 4^n / 1.6
/// up, which is 8 |t| = 5 * 4^n, exact in double.
double even_value(double t) {
    double value = 0.0;
    for (int n = -3; n <= 3; ++n)
        if (std::fabs(t) * 8.0 >= std::ldexp(5.0, 2 * n)) value = std::ldexp(1.0, 2 * n);
    return std::copysign(value, t);
}

/// +-4^(c-4) as its code; zero is 0.
std::uint32_t code_of(double value) {
    if (value == 0.0) return 0;
    const auto c = static_cast<std::uint32_t>(std::ilogb(value) / 2 + 4);
    return c | (std::signbit(value) ? 8U : 0U);
}

/// fp8_152(t) held at 57344: a multiple of the unit that t's binade has, ties to even.
std::uint32_t fp8_code(double t) {
    if (std::isnan(t)) return 0;
    const double magnitude = std::min(std::fabs(t), 57344.0);
    const int binade = magnitude == 0.0 ? -14 : std::max(std::ilogb(magnitude), -14);
    const double value = std::ldexp(std::nearbyint(std::ldexp(magnitude, 2 - binade)), binade - 2);
    std::uint32_t code = 0;
    while (static_cast<double>(numerics::decode(Format::fp8_152, code)) < value) ++code;
    return code | (std::signbit(t) ? 0x80U : 0U);
}

struct Tile {
    Bench bench;
    VectorInstruction op;

    Tile(Format format, const std::vector<std::uint32_t>& codes, std::int32_t log2,
         Format first = Format::fp4_r4, std::optional<Format> second = Format::fp4_r4)
        : op(instruction(VectorOperation::quantise_gradient, 1,
                         static_cast<std::int64_t>(codes.size()))) {
        op.in[0] = bench.tile(format, codes);
        op.scalars[0] = bench.scalar(log2);
        op.out[0] = bench.room(first, op.columns);
        if (second) op.out[1] = bench.room(*second, op.columns);
        op.scalars[2] = bench.scalar(5.0F);
        op.scalars[3] = bench.scalar(std::int32_t{100});
        op.scalars[4] = bench.scalar(std::int32_t{200});
    }
};

std::vector<std::uint32_t> all_codes() {
    std::vector<std::uint32_t> codes;
    for (std::uint32_t code = 0; code < 65536; ++code) codes.push_back(code);
    return codes;
}

TEST(QuantiseGradient, EveryDlfloat16CodeInBothPhasesAtEveryScaleParity) {
    for (const std::int32_t log2 : {-24, -1, 0, 1, 16, 17, 40}) {
        Tile t(Format::dlfloat16, all_codes(), log2);
        const Outcome outcome = t.bench.run(t.op);
        std::vector<std::uint32_t> even, odd;
        float maximum = 0.0F;
        std::int32_t underflow = 0, overflow = 0;
        std::uint64_t clipped = 0;
        for (std::uint32_t code = 0; code < 65536; ++code) {
            const double x =
                std::ldexp(static_cast<double>(numerics::decode(Format::dlfloat16, code)), log2);
            even.push_back(code_of(even_value(x)));
            odd.push_back(code_of(even_value(2 * x)));
            maximum = std::max(maximum, static_cast<float>(std::fabs(x)));
            underflow += x != 0.0 && even.back() == 0 ? 1 : 0;
            overflow += std::fabs(x) > 64.0 ? 1 : 0;
            clipped += std::fabs(x) > 32.0 && std::isfinite(x) ? 1 : 0;
        }
        EXPECT_EQ(t.bench.codes(t.op.out[0], 65536), even) << log2;
        EXPECT_EQ(t.bench.codes(t.op.out[1], 65536), odd) << log2;
        EXPECT_EQ(t.bench.scalar_value<float>(t.op.scalars[2]), maximum);
        EXPECT_EQ(t.bench.scalar_value<std::int32_t>(t.op.scalars[3]), underflow);
        EXPECT_EQ(t.bench.scalar_value<std::int32_t>(t.op.scalars[4]), overflow);
        EXPECT_EQ(
            outcome.faults,
            (numerics::Faults{.nan = 0, .infinity = 2, .saturated = 0, .odd_clipped = clipped}));
        EXPECT_GT(clipped, 0U);
    }
}

TEST(QuantiseGradient, EveryDlfloat16CodeInEightBitsAloneAndBehindTheEvenPhase) {
    for (const std::int32_t log2 : {-24, 0, 1, 16, 40}) {
        Tile alone(Format::dlfloat16, all_codes(), log2, Format::fp8_152, std::nullopt);
        Tile behind(Format::dlfloat16, all_codes(), log2, Format::fp4_r4, Format::fp8_152);
        const Outcome first = alone.bench.run(alone.op), second = behind.bench.run(behind.op);
        std::vector<std::uint32_t> even, fp8;
        float maximum = 0.0F;
        std::int32_t even_underflow = 0, fp8_underflow = 0, overflow = 0;
        for (std::uint32_t code = 0; code < 65536; ++code) {
            const double t =
                std::ldexp(static_cast<double>(numerics::decode(Format::dlfloat16, code)), log2);
            even.push_back(code_of(even_value(t)));
            fp8.push_back(fp8_code(t));
            maximum = std::max(maximum, static_cast<float>(std::fabs(t)));
            even_underflow += t != 0.0 && even.back() == 0 ? 1 : 0;
            fp8_underflow += t != 0.0 && (fp8.back() & 0x7FU) == 0 ? 1 : 0;
            overflow += std::fabs(t) > 64.0 ? 1 : 0;
        }
        EXPECT_EQ(alone.bench.codes(alone.op.out[0], 65536), fp8) << log2;
        EXPECT_EQ(behind.bench.codes(behind.op.out[0], 65536), even) << log2;
        EXPECT_EQ(behind.bench.codes(behind.op.out[1], 65536), fp8) << log2;
        const auto expect = [&](const Tile& tile, std::int32_t underflow) {
            EXPECT_EQ(tile.bench.scalar_value<float>(tile.op.scalars[2]), maximum);
            EXPECT_EQ(tile.bench.scalar_value<std::int32_t>(tile.op.scalars[3]), underflow);
            EXPECT_EQ(tile.bench.scalar_value<std::int32_t>(tile.op.scalars[4]), overflow);
        };
        expect(alone, fp8_underflow);
        expect(behind, even_underflow);
        EXPECT_LE(fp8_underflow, even_underflow) << "fp8_152 reaches lower";
        const numerics::Faults faults{.nan = 0, .infinity = 2, .saturated = 0};
        EXPECT_EQ(first.faults, faults);
        EXPECT_EQ(second.faults, faults) << "two codes, one fault; nothing is clipped";
    }
}

TEST(QuantiseGradient, Fp32GradientsAreQuantisedInEveryCombination) {
    const float tie = 1.125F;
    const std::vector<float> values{tie, std::nextafter(tie, 2.0F), -0x1p-17F, 1e5F, -3.0F};
    Tile t(Format::fp32, {}, 0, Format::fp8_152, std::nullopt);
    t.op.columns = 5;
    t.op.in[0] = t.bench.tile(Format::fp32, values);
    t.op.out[0] = t.bench.room(Format::fp8_152, 5);
    t.bench.run(t.op);
    EXPECT_EQ(t.bench.values(t.op.out[0], 5),
              (std::vector<float>{1.0F, 1.25F, -0.0F, 57344.0F, -3.0F}));
    t.op.out[0] = t.bench.room(Format::fp4_r4, 5);
    t.op.out[1] = t.bench.room(Format::fp8_152, 5);
    t.bench.run(t.op);
    EXPECT_EQ(t.bench.values(t.op.out[0], 5), (std::vector<float>{1.0F, 1.0F, 0.0F, 64.0F, -4.0F}));
    EXPECT_EQ(t.bench.values(t.op.out[1], 5),
              (std::vector<float>{1.0F, 1.25F, -0.0F, 57344.0F, -3.0F}));
}

TEST(QuantiseGradient, RejectsOutputsThatNoLayerHas) {
    const auto run = [](Format first, std::optional<Format> second) {
        Tile t(Format::fp16, {0x3C00}, 0, first, second);
        t.bench.run(t.op);
    };
    EXPECT_THROW(run(Format::uint4, std::nullopt), std::invalid_argument);
    EXPECT_THROW(run(Format::fp8_143, std::nullopt), std::invalid_argument);
    EXPECT_THROW(run(Format::fp4_r4, Format::fp16), std::invalid_argument);
    EXPECT_THROW(run(Format::fp8_152, Format::fp8_152), std::invalid_argument);
    EXPECT_THROW(run(Format::fp8_152, Format::fp4_r4), std::invalid_argument);
}

TEST(QuantiseGradient, WithoutTheOddPhaseNothingIsClippedInIt) {
    Tile t(Format::fp16, {0x5300}, 0);  // 56: above 32, below 64
    EXPECT_EQ(t.bench.run(t.op).faults.odd_clipped, 1U);
    t.op.out[1].address = isa::no_address;
    EXPECT_EQ(t.bench.run(t.op).faults.odd_clipped, 0U);
}

TEST(QuantiseGradient, MaximumAndCountsContinueFromTileToTile) {
    const auto values = random_values(Format::fp16, 3001, 1, 8.0F);
    const auto encode_all = [](const std::vector<float>& v) {
        std::vector<std::uint32_t> codes;
        for (const float x : v) codes.push_back(numerics::encode(Format::fp16, x));
        return codes;
    };
    Tile whole(Format::fp16, encode_all(values), 2);
    whole.bench.run(whole.op);
    const auto expected = whole.bench.codes(whole.op.out[0], 3001);

    Tile t(Format::fp16, {}, 2);
    std::vector<std::uint32_t> even;
    for (std::ptrdiff_t first = 0; first < 3001; first += 1000) {
        const std::ptrdiff_t end = std::min<std::ptrdiff_t>(first + 1000, 3001);
        t.op.columns = end - first;
        t.op.in[0] = t.bench.tile(Format::fp16,
                                  std::vector<float>(values.begin() + first, values.begin() + end));
        t.op.out[0] = t.bench.room(Format::fp4_r4, t.op.columns);
        t.op.out[1].address = isa::no_address;
        t.op.accumulate = first != 0;
        t.bench.run(t.op);
        for (const std::uint32_t code : t.bench.codes(t.op.out[0], t.op.columns))
            even.push_back(code);
    }
    EXPECT_EQ(even, expected);
    EXPECT_EQ(t.bench.scalar_value<float>(t.op.scalars[2]),
              whole.bench.scalar_value<float>(whole.op.scalars[2]));
    for (const std::size_t i : {std::size_t{3}, std::size_t{4}}) {
        EXPECT_EQ(t.bench.scalar_value<std::int32_t>(t.op.scalars[i]),
                  whole.bench.scalar_value<std::int32_t>(whole.op.scalars[i]));
        EXPECT_GT(t.bench.scalar_value<std::int32_t>(t.op.scalars[i]), 0);
    }
}

TEST(QuantiseGradient, NanIsAFaultAndNothingElse) {
    Tile t(Format::fp16, {0x7E00, 0x3C00, 0xFE00}, 0);  // NaN, 1, NaN
    const Outcome outcome = t.bench.run(t.op);
    EXPECT_EQ(t.bench.codes(t.op.out[0], 3), (std::vector<std::uint32_t>{0, 4, 0}));
    EXPECT_EQ(t.bench.scalar_value<float>(t.op.scalars[2]), 1.0F);
    EXPECT_EQ(outcome.faults, (numerics::Faults{.nan = 2, .infinity = 0, .saturated = 0}));
    Tile eight(Format::fp16, {0x7E00, 0x3C00, 0xFE00}, 0, Format::fp8_152, std::nullopt);
    EXPECT_EQ(eight.bench.run(eight.op).faults, outcome.faults);
    EXPECT_EQ(eight.bench.codes(eight.op.out[0], 3), (std::vector<std::uint32_t>{0, 0x3C, 0}));
    EXPECT_EQ(eight.bench.scalar_value<std::int32_t>(eight.op.scalars[3]), 0);
}

TEST(QuantiseGradient, WorksWithoutTheTrackedScalars) {
    Tile t(Format::fp16, {0x3C00}, 0);
    t.op.scalars[2] = t.op.scalars[3] = t.op.scalars[4] = isa::no_address;
    t.bench.run(t.op);
    EXPECT_EQ(t.bench.codes(t.op.out[0], 1), std::vector<std::uint32_t>{4});
}

TEST(QuantiseGradient, RejectsAScaleOutsideItsRange) {
    Tile t(Format::fp16, {0x3C00}, 41);
    EXPECT_THROW(t.bench.run(t.op), std::invalid_argument);
}

struct Update {
    std::int32_t log2, vote;
};

Update update(std::int32_t log2, float maximum) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::update_gradscale, 0, 0);
    op.scalars = {bench.scalar(log2), bench.scalar(maximum), bench.scalar(std::int32_t{9}),
                  isa::no_address,    isa::no_address,       isa::no_address};
    bench.run(op);
    return {bench.scalar_value<std::int32_t>(op.scalars[0]),
            bench.scalar_value<std::int32_t>(op.scalars[2])};
}

TEST(UpdateGradscale, VotesByTheLargestGradientAndClamps) {
    const auto expect = [](std::int32_t log2, float maximum, std::int32_t updated,
                           std::int32_t vote) {
        const Update result = update(log2, maximum);
        EXPECT_EQ(result.log2, updated) << log2 << " with " << maximum;
        EXPECT_EQ(result.vote, vote) << log2 << " with " << maximum;
    };
    expect(16, 0.0F, 17, 1);
    expect(16, 32.0F, 17, 1);
    expect(16, std::nextafter(32.0F, 64.0F), 16, 0);
    expect(16, 64.0F, 16, 0);
    expect(16, std::nextafter(64.0F, 65.0F), 15, -1);
    expect(16, std::numeric_limits<float>::infinity(), 15, -1);
    expect(40, 1.0F, 40, 1);
    expect(-24, 100.0F, -24, -1);
}

/// scalars[2] of add_votes or least_vote; without b, a copy of a.
std::int32_t two_votes(VectorOperation operation, std::int32_t a, std::optional<std::int32_t> b) {
    Bench bench;
    VectorInstruction op = instruction(operation, 0, 0);
    op.scalars[0] = bench.scalar(a);
    if (b) op.scalars[1] = bench.scalar(*b);
    op.scalars[2] = bench.scalar(std::int32_t{9});
    bench.run(op);
    return bench.scalar_value<std::int32_t>(op.scalars[2]);
}

TEST(LeastVote, IsTheLesserOfBoth) {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::vector<std::int32_t> votes{Limits::min(), -2, -1, 0, 1, Limits::max()};
    for (const std::int32_t a : votes) {
        for (const std::int32_t b : votes)
            EXPECT_EQ(two_votes(VectorOperation::least_vote, a, b), a < b ? a : b);
        EXPECT_EQ(two_votes(VectorOperation::least_vote, a, {}), a);
    }
}

TEST(AddVotes, IsExactAndClamps) {
    using Limits = std::numeric_limits<std::int32_t>;
    const auto sum_of_votes = [](std::int32_t a, std::optional<std::int32_t> b) {
        return two_votes(VectorOperation::add_votes, a, b);
    };
    EXPECT_EQ(sum_of_votes(-1, 1), 0);
    EXPECT_EQ(sum_of_votes(31, 1), 32);
    EXPECT_EQ(sum_of_votes(-7, {}), -7);
    EXPECT_EQ(sum_of_votes(Limits::max(), 1), Limits::max());
    EXPECT_EQ(sum_of_votes(Limits::min(), -1), Limits::min());
    EXPECT_EQ(sum_of_votes(Limits::max(), -1), Limits::max() - 1);
}

// The two halves of update_gradscale, at every vote and edge of the scale.
TEST(GradscaleVote, AndItsApplicationDoWhatTheUpdateDoesAtOnce) {
    for (const float maximum :
         {0.0F, 32.0F, std::nextafter(32.0F, 64.0F), 64.0F, std::nextafter(64.0F, 65.0F),
          std::numeric_limits<float>::infinity()})
        for (std::int32_t log2 = -24; log2 <= 40; ++log2) {
            const Update whole = update(log2, maximum);
            Bench bench;
            VectorInstruction vote = instruction(VectorOperation::gradscale_vote, 0, 0);
            vote.scalars[0] = bench.scalar(maximum);
            vote.scalars[1] = bench.scalar(std::int32_t{9});
            bench.run(vote);
            EXPECT_EQ(bench.scalar_value<std::int32_t>(vote.scalars[1]), whole.vote);
            VectorInstruction apply = instruction(VectorOperation::apply_gradscale, 0, 0);
            apply.scalars[0] = bench.scalar(log2);
            apply.scalars[1] = vote.scalars[1];
            bench.run(apply);
            EXPECT_EQ(bench.scalar_value<std::int32_t>(apply.scalars[0]), whole.log2);
        }
}

// The paper's rule for workers: the sum's sign decides, a tie changes nothing.
TEST(ApplyGradscale, GoesOneStepWithTheSignOfTheSum) {
    for (const auto& [sum, change] : std::vector<std::pair<std::int32_t, std::int32_t>>{
             {-32, -1}, {-1, -1}, {0, 0}, {1, 1}, {32, 1}}) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::apply_gradscale, 0, 0);
        op.scalars[0] = bench.scalar(std::int32_t{5});
        op.scalars[1] = bench.scalar(sum);
        bench.run(op);
        EXPECT_EQ(bench.scalar_value<std::int32_t>(op.scalars[0]), 5 + change) << sum;
    }
}

}  // namespace
}  // namespace quatrain::scaling_unit

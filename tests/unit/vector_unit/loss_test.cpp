// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/numerics/elementary.hpp"
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

constexpr std::int64_t rows = 67;
constexpr std::int64_t columns = 301;
constexpr std::int64_t batch = 128;

struct Case {
    std::vector<float> logits = random_values(Format::fp16, rows* columns, 1, 4.0F);
    std::vector<std::int32_t> labels;
    Case() {
        std::mt19937 generator(2);
        for (std::int64_t i = 0; i < rows; ++i)
            labels.push_back(static_cast<std::int32_t>(generator() % columns));
    }
};

struct Result {
    std::vector<float> gradient;
    float loss = 0.0F;
};

/// docs/training-step.md, 8, with exp and log given.
template <class Exp, class Log>
Result softmax(const Case& t, Exp exp, Log log) {
    Result result;
    for (std::size_t i = 0; i < t.labels.size(); ++i) {
        const auto first = t.logits.begin() + static_cast<std::ptrdiff_t>(i * columns);
        const float m = *std::max_element(first, first + columns);
        std::vector<float> e;
        float sum = 0.0F;
        for (std::size_t j = 0; j < columns; ++j) {
            e.push_back(exp(first[static_cast<std::ptrdiff_t>(j)] - m));
            sum = sum + e[j];
        }
        for (std::size_t j = 0; j < columns; ++j) {
            const float p = e[j] / sum;
            const float difference =
                p - (static_cast<std::int32_t>(j) == t.labels[i] ? 1.0F : 0.0F);
            result.gradient.push_back(difference / static_cast<float>(batch));
        }
        const float loss = log(sum) - (first[t.labels[i]] - m);
        result.loss = result.loss + loss;
    }
    return result;
}

VectorInstruction place(Bench& bench, const Case& t, Format out) {
    VectorInstruction op = instruction(VectorOperation::softmax_cross_entropy, rows, columns);
    op.immediate = batch;
    op.in[0] = bench.tile(Format::fp16, t.logits);
    op.in[1] = bench.integers(t.labels);
    op.out[0] = bench.room(out, rows * columns);
    op.scalars[0] = bench.scalar(77.0F);
    return op;
}

TEST(SoftmaxCrossEntropy, EqualsTheDefinitionWithCorrectlyRoundedFunctions) {
    const Case t;
    const Result expected = softmax(t, numerics::exp_rounded, numerics::log_rounded);
    for (const Format format : tile_formats) {
        Bench bench;
        const VectorInstruction op = place(bench, t, format);
        bench.run(op);
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(format, expected.gradient));
        EXPECT_EQ(bench.scalar_value(op.scalars[0]), expected.loss);
    }
}

TEST(SoftmaxCrossEntropy, UsesTheNearestFloatOfTheExactExponentialAndLogarithm) {
    // A long double is within a fraction of its own last place, so rounding it to FP32 gives the
    // nearest float, but within 2^-10 of an FP32 place from a tie; none of these arguments is
    // there.
    const auto exp = [](float x) {
        return static_cast<float>(std::exp(static_cast<long double>(x)));
    };
    const auto log = [](float x) {
        return static_cast<float>(std::log(static_cast<long double>(x)));
    };
    const Case t;
    const Result expected = softmax(t, exp, log);
    Bench bench;
    const VectorInstruction op = place(bench, t, Format::fp32);
    bench.run(op);
    EXPECT_EQ(bench.values(op.out[0], rows * columns), expected.gradient);
    EXPECT_EQ(bench.scalar_value(op.scalars[0]), expected.loss);
}

TEST(SoftmaxCrossEntropy, IsCloseToTheExactGradientAndLoss) {
    const Case t;
    Bench bench;
    const VectorInstruction op = place(bench, t, Format::fp32);
    bench.run(op);
    const auto gradient = bench.values(op.out[0], rows * columns);
    long double total = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        long double sum = 0;
        for (std::size_t j = 0; j < columns; ++j)
            sum += std::exp(static_cast<long double>(t.logits[i * columns + j]));
        const auto label = static_cast<std::size_t>(t.labels[i]);
        for (std::size_t j = 0; j < columns; ++j) {
            const long double p =
                std::exp(static_cast<long double>(t.logits[i * columns + j])) / sum;
            const long double exact = (p - (j == label ? 1 : 0)) / batch;
            EXPECT_NEAR(static_cast<double>(exact), static_cast<double>(gradient[i * columns + j]),
                        1e-8);
        }
        total += std::log(sum) - static_cast<long double>(t.logits[i * columns + label]);
    }
    EXPECT_NEAR(static_cast<double>(bench.scalar_value(op.scalars[0])), static_cast<double>(total),
                static_cast<double>(total) * 1e-6);
}

TEST(SoftmaxCrossEntropy, TheLossSumContinuesFromTileToTile) {
    const Case t;
    Bench whole;
    const VectorInstruction one = place(whole, t, Format::dlfloat16);
    whole.run(one);

    Bench bench;
    VectorInstruction op = place(bench, t, Format::dlfloat16);
    std::vector<std::uint32_t> gradient;
    for (std::int64_t first = 0; first < rows; first += 30) {
        op.rows = std::min<std::int64_t>(30, rows - first);
        op.accumulate = first != 0;
        op.in[0] = bench.tile(Format::fp16, slice(t.logits, first, op.rows, columns));
        op.in[1] = bench.integers({t.labels.begin() + first, t.labels.begin() + first + op.rows});
        bench.run(op);
        for (const std::uint32_t code : bench.codes(op.out[0], op.rows * columns))
            gradient.push_back(code);
    }
    EXPECT_EQ(gradient, whole.codes(one.out[0], rows * columns));
    EXPECT_EQ(bench.scalar_value(op.scalars[0]), whole.scalar_value(one.scalars[0]));
}

TEST(SoftmaxCrossEntropy, RejectsALabelThatIsNoColumn) {
    Case t;
    t.labels[5] = columns;
    Bench bench;
    const VectorInstruction op = place(bench, t, Format::fp32);
    EXPECT_THROW(bench.run(op), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::vector_unit

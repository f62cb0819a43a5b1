// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vector_unit/bench.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace quatrain::vector_unit {
namespace {

constexpr std::int64_t rows = 1203;
constexpr std::int64_t columns = 21;
constexpr std::array<std::int64_t, 4> tile_rows{400, 1, 801, 1};  // of 1203 rows, in this order

/// Runs a column-sum operation over one tile, and over several with `accumulate`; both must give
/// `expected`.
void expect_sums(VectorOperation operation,
                 const std::vector<std::pair<Format, std::vector<float>>>& tiles,
                 const std::vector<std::vector<float>>& vectors,
                 const std::vector<std::vector<float>>& expected) {
    Bench bench;
    VectorInstruction op = instruction(operation, rows, columns);
    for (std::size_t i = 0; i < vectors.size(); ++i)
        op.in[tiles.size() + i] = bench.vector(vectors[i]);
    for (std::size_t i = 0; i < expected.size(); ++i) op.out[i] = bench.room(Format::fp32, columns);
    for (std::size_t i = 0; i < tiles.size(); ++i)
        op.in[i] = bench.tile(tiles[i].first, tiles[i].second);
    bench.run(op);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(bench.values(op.out[i], columns), expected[i]);

    std::int64_t first = 0;
    for (const std::int64_t count : tile_rows) {
        for (std::size_t i = 0; i < tiles.size(); ++i)
            op.in[i] = bench.tile(tiles[i].first, slice(tiles[i].second, first, count, columns));
        op.rows = count;
        op.accumulate = first != 0;
        bench.run(op);
        first += count;
    }
    EXPECT_EQ(first, rows);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(bench.values(op.out[i], columns), expected[i]);
}

TEST(ColumnSum, AddsRowByRowWhateverTheTiling) {
    for (const Format format : tile_formats) {
        const auto x = random_values(format, rows * columns, 1);
        std::vector<float> sum(columns, 0.0F);
        for (std::size_t i = 0; i < x.size(); ++i) sum[i % columns] = sum[i % columns] + x[i];
        expect_sums(VectorOperation::column_sum, {{format, x}}, {}, {sum});
    }
}

TEST(BatchNormStatistics, SumsAndSumsOfSquaresWhateverTheTiling) {
    for (const Format format : tile_formats) {
        const auto z = random_values(format, rows * columns, 2);
        std::vector<float> sum(columns, 0.0F);
        std::vector<float> square_sum(columns, 0.0F);
        for (std::size_t i = 0; i < z.size(); ++i) {
            const std::size_t c = i % columns;
            sum[c] = sum[c] + z[i];
            const float square = z[i] * z[i];
            square_sum[c] = square_sum[c] + square;
        }
        expect_sums(VectorOperation::batch_norm_statistics, {{format, z}}, {}, {sum, square_sum});
    }
}

/// Formats of gradients and activations that a recipe can choose.
struct TensorFormats {
    Format gradient, activation;
};
constexpr std::array tensor_formats{TensorFormats{Format::dlfloat16, Format::fp16},
                                    TensorFormats{Format::fp32, Format::fp32}};

void expect_backward_statistics(const TensorFormats& formats) {
    const auto dy = random_values(formats.gradient, rows * columns, 3);
    const auto z = random_values(formats.activation, rows * columns, 4);
    const auto mean = random_values(Format::fp32, columns, 5, 0.1F);
    const auto inverse = random_values(Format::fp32, columns, 6);
    std::vector<float> beta(columns, 0.0F);
    std::vector<float> gamma(columns, 0.0F);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const std::size_t c = i % columns;
        const float centred = z[i] - mean[c];
        const float normalised = centred * inverse[c];
        const float product = dy[i] * normalised;
        beta[c] = beta[c] + dy[i];
        gamma[c] = gamma[c] + product;
    }
    expect_sums(VectorOperation::batch_norm_backward_statistics,
                {{formats.gradient, dy}, {formats.activation, z}}, {mean, inverse}, {beta, gamma});
}

TEST(BatchNormBackwardStatistics, SumsOfTheGradientWhateverTheTiling) {
    for (const TensorFormats& formats : tensor_formats) expect_backward_statistics(formats);
}

struct Finish {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::batch_norm_finish, 1, columns);
    std::vector<float> sum = random_values(Format::fp32, columns, 7, 100.0F);
    std::vector<float> square_sum;
    std::vector<float> running_mean = random_values(Format::fp32, columns, 8);
    std::vector<float> running_variance = random_values(Format::fp32, columns, 9);
    static constexpr float epsilon = 1e-5F, momentum = 0.1F, rest = 0.9F, unbias = 1.003F;

    Finish() {
        for (std::size_t c = 0; c < columns; ++c)
            square_sum.push_back(c % 5 == 0 ? sum[c] * sum[c] /
                                                  400.0F  // a negative variance, which becomes 0
                                            : 900.0F + static_cast<float>(c) * 37.3F);
        op.in[0] = bench.vector(sum);
        op.in[1] = bench.vector(square_sum);
        op.immediate = 333;
        op.scalars[0] = bench.scalar(epsilon);
        op.out[0] = bench.room(Format::fp32, columns);
        op.out[1] = bench.room(Format::fp32, columns);
    }
};

TEST(BatchNormFinish, FollowsThePageOperationByOperation) {
    Finish t;
    t.op.in[2] = t.op.out[2] = t.bench.vector(t.running_mean);
    t.op.in[3] = t.op.out[3] = t.bench.vector(t.running_variance);
    t.op.scalars[1] = t.bench.scalar(Finish::momentum);
    t.op.scalars[2] = t.bench.scalar(Finish::rest);
    t.op.scalars[3] = t.bench.scalar(Finish::unbias);
    t.bench.run(t.op);
    std::vector<float> means, inverses, running_means, running_variances;
    for (std::size_t c = 0; c < columns; ++c) {
        const float mean = t.sum[c] / 333.0F;
        const float square_mean = t.square_sum[c] / 333.0F;
        const float mean_square = mean * mean;
        float v = square_mean - mean_square;
        if (v < 0) v = 0;
        const float guarded = v + Finish::epsilon;
        const float root = std::sqrt(guarded);
        means.push_back(mean);
        inverses.push_back(1.0F / root);
        const float kept = Finish::rest * t.running_mean[c];
        const float taken = Finish::momentum * mean;
        running_means.push_back(kept + taken);
        const float unbiased = v * Finish::unbias;
        const float kept_variance = Finish::rest * t.running_variance[c];
        const float taken_variance = Finish::momentum * unbiased;
        running_variances.push_back(kept_variance + taken_variance);
    }
    EXPECT_EQ(t.bench.values(t.op.out[0], columns), means);
    EXPECT_EQ(t.bench.values(t.op.out[1], columns), inverses);
    EXPECT_EQ(t.bench.values(t.op.out[2], columns), running_means);
    EXPECT_EQ(t.bench.values(t.op.out[3], columns), running_variances);
}

TEST(BatchNormFinish, RunningStatisticsCanBeLeftOut) {
    Finish t;
    t.bench.run(t.op);
    EXPECT_EQ(t.bench.values(t.op.out[0], 1)[0], t.sum[0] / 333.0F);
}

struct Apply {
    TensorFormats formats;
    std::vector<float> dy = random_values(formats.gradient, rows* columns, 10);
    std::vector<float> z = random_values(formats.activation, rows* columns, 11);
    std::vector<float> mean = random_values(Format::fp32, columns, 12, 0.1F);
    std::vector<float> inverse = random_values(Format::fp32, columns, 13);
    std::vector<float> gamma = random_values(Format::fp32, columns, 14);
    std::vector<float> beta = random_values(Format::fp32, columns, 15);
    std::vector<float> gamma_gradient = random_values(Format::fp32, columns, 16, 30.0F);
};

void expect_normalised(const Apply& t) {
    for (const Format format : tile_formats) {
        Bench bench;
        VectorInstruction op = instruction(VectorOperation::batch_norm_normalise, rows, columns);
        op.in = {bench.tile(t.formats.activation, t.z), bench.vector(t.mean),
                 bench.vector(t.inverse), bench.vector(t.gamma), bench.vector(t.beta)};
        op.out[0] = bench.room(format, rows * columns);
        bench.run(op);
        std::vector<float> expected;
        for (std::size_t i = 0; i < t.z.size(); ++i) {
            const std::size_t c = i % columns;
            const float centred = t.z[i] - t.mean[c];
            const float normalised = centred * t.inverse[c];
            const float scaled = normalised * t.gamma[c];
            expected.push_back(scaled + t.beta[c]);
        }
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(format, expected));
    }
}

TEST(BatchNormNormalise, FollowsThePageOperationByOperation) {
    for (const TensorFormats& formats : tensor_formats) expect_normalised(Apply{formats});
}

void expect_input_gradient(const Apply& t) {
    for (const Format format : tile_formats) {
        Bench bench;
        VectorInstruction op =
            instruction(VectorOperation::batch_norm_backward_apply, rows, columns);
        op.in = {bench.tile(t.formats.gradient, t.dy),
                 bench.tile(t.formats.activation, t.z),
                 bench.vector(t.mean),
                 bench.vector(t.inverse),
                 bench.vector(t.gamma),
                 bench.vector(t.beta),
                 bench.vector(t.gamma_gradient)};
        op.immediate = rows;
        op.out[0] = bench.room(format, rows * columns);
        bench.run(op);
        std::vector<float> expected;
        for (std::size_t i = 0; i < t.z.size(); ++i) {
            const std::size_t c = i % columns;
            const float centred = t.z[i] - t.mean[c];
            const float normalised = centred * t.inverse[c];
            const float k = t.gamma[c] * t.inverse[c];
            const float b = t.beta[c] / static_cast<float>(rows);
            const float g = t.gamma_gradient[c] / static_cast<float>(rows);
            const float shifted = t.dy[i] - b;
            const float along = normalised * g;
            const float difference = shifted - along;
            expected.push_back(k * difference);
        }
        EXPECT_EQ(bench.codes(op.out[0], rows * columns), encoded(format, expected));
    }
}

TEST(BatchNormBackwardApply, FollowsThePageOperationByOperation) {
    for (const TensorFormats& formats : tensor_formats) expect_input_gradient(Apply{formats});
}

TEST(ReduceColumns, AddsFromTheFirstColumnToTheLast) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::reduce_columns, 1, columns);
    const auto x = random_values(Format::fp32, columns, 17, 1000.0F);
    op.in[0] = bench.vector(x);
    op.scalars[0] = bench.scalar(99.0F);
    bench.run(op);
    float sum = 0.0F;
    for (const float value : x) sum = sum + value;
    EXPECT_EQ(bench.scalar_value(op.scalars[0]), sum);
}

TEST(DivideScalar, DividesOnce) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::divide_scalar, 0, 0);
    op.scalars[0] = bench.scalar(10.1F);
    op.immediate = 3;
    bench.run(op);
    EXPECT_EQ(bench.scalar_value(op.scalars[0]), 10.1F / 3.0F);
}

TEST(AddScalars, AddsOnceOrCopies) {
    Bench bench;
    VectorInstruction op = instruction(VectorOperation::add_scalars, 0, 0);
    op.scalars[0] = bench.scalar(16777216.0F);
    op.scalars[1] = bench.scalar(1.0F);
    op.scalars[2] = bench.scalar(5.0F);
    bench.run(op);
    EXPECT_EQ(bench.scalar_value(op.scalars[2]), 16777216.0F);  // a tie, to even
    op.scalars[0] = bench.scalar(-0.0F);
    op.scalars[1] = isa::no_address;
    bench.run(op);
    EXPECT_TRUE(std::signbit(bench.scalar_value(op.scalars[2])));
}

}  // namespace
}  // namespace quatrain::vector_unit

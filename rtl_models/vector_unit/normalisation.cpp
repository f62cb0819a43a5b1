// SPDX-License-Identifier: Apache-2.0
// Batch norm, forward and backward: docs/training-step.md, rules 4 and 11.
#include "rtl_models/vector_unit/operations.hpp"

#include <cmath>

namespace quatrain::vector_unit {

void batch_norm_statistics(Execution& run) {
    TileReader input = run.tile_in(0);
    std::vector<float> sum = run.sums(0);
    std::vector<float> square_sum = run.sums(1);
    float* s = sum.data();
    float* q = square_sum.data();
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* z = input.read(block);
        for (std::int64_t row = 0; row < rows; ++row, z += columns) {
            for (std::int64_t c = 0; c < columns; ++c) {
                s[c] = s[c] + z[c];
                q[c] = q[c] + z[c] * z[c];
            }
        }
    });
    run.store_vector(0, sum);
    run.store_vector(1, square_sum);
}

void batch_norm_finish(Execution& run) {
    const std::vector<float> sum = run.vector_in(0);
    const std::vector<float> square_sum = run.vector_in(1);
    const auto pixels = static_cast<float>(run.immediate());
    const float epsilon = run.scalar(0);
    std::vector<float> mean(sum.size());
    std::vector<float> variance(sum.size());
    std::vector<float> inverse_deviation(sum.size());
    for (std::size_t c = 0; c < sum.size(); ++c) {
        mean[c] = sum[c] / pixels;
        const float v = square_sum[c] / pixels - mean[c] * mean[c];
        variance[c] = v < 0.0F ? 0.0F : v;
        inverse_deviation[c] = 1.0F / std::sqrt(variance[c] + epsilon);
    }
    if (run.has_in(2)) {
        std::vector<float> running_mean = run.vector_in(2);
        std::vector<float> running_variance = run.vector_in(3);
        const float momentum = run.scalar(1);
        const float rest = run.scalar(2);
        const float unbias = run.scalar(3);
        for (std::size_t c = 0; c < sum.size(); ++c) {
            running_mean[c] = rest * running_mean[c] + momentum * mean[c];
            running_variance[c] = rest * running_variance[c] + momentum * (variance[c] * unbias);
        }
        run.store_vector(2, running_mean);
        run.store_vector(3, running_variance);
    }
    run.store_vector(0, mean);
    run.store_vector(1, inverse_deviation);
}

void batch_norm_normalise(Execution& run) {
    TileReader input = run.tile_in(0);
    TileWriter output = run.tile_out(0);
    const std::vector<float> mean = run.vector_in(1);
    const std::vector<float> inverse_deviation = run.vector_in(2);
    const std::vector<float> gamma = run.vector_in(3);
    const std::vector<float> beta = run.vector_in(4);
    const float *m = mean.data(), *i = inverse_deviation.data(), *g = gamma.data(),
                *b = beta.data();
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* z = input.read(block);
        float* y = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, z += columns, y += columns)
            for (std::int64_t c = 0; c < columns; ++c) y[c] = ((z[c] - m[c]) * i[c]) * g[c] + b[c];
        output.write(block);
    });
}

void batch_norm_backward_statistics(Execution& run) {
    TileReader gradient = run.tile_in(0);
    TileReader input = run.tile_in(1);
    const std::vector<float> mean = run.vector_in(2);
    const std::vector<float> inverse_deviation = run.vector_in(3);
    std::vector<float> beta_gradient = run.sums(0);
    std::vector<float> gamma_gradient = run.sums(1);
    const float *m = mean.data(), *i = inverse_deviation.data();
    float *b = beta_gradient.data(), *g = gamma_gradient.data();
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* dy = gradient.read(block);
        const float* z = input.read(block);
        for (std::int64_t row = 0; row < rows; ++row, dy += columns, z += columns) {
            for (std::int64_t c = 0; c < columns; ++c) {
                b[c] = b[c] + dy[c];
                g[c] = g[c] + dy[c] * ((z[c] - m[c]) * i[c]);
            }
        }
    });
    run.store_vector(0, beta_gradient);
    run.store_vector(1, gamma_gradient);
}

void batch_norm_backward_apply(Execution& run) {
    TileReader gradient = run.tile_in(0);
    TileReader input = run.tile_in(1);
    TileWriter output = run.tile_out(0);
    const std::vector<float> mean = run.vector_in(2);
    const std::vector<float> inverse_deviation = run.vector_in(3);
    std::vector<float> factor = run.vector_in(4);      // gamma, then k
    std::vector<float> beta_part = run.vector_in(5);   // beta's gradient, then b
    std::vector<float> gamma_part = run.vector_in(6);  // gamma's gradient, then g
    const auto pixels = static_cast<float>(run.immediate());
    for (std::size_t c = 0; c < factor.size(); ++c) {
        factor[c] = factor[c] * inverse_deviation[c];
        beta_part[c] = beta_part[c] / pixels;
        gamma_part[c] = gamma_part[c] / pixels;
    }
    const float *m = mean.data(), *i = inverse_deviation.data();
    const float *k = factor.data(), *b = beta_part.data(), *g = gamma_part.data();
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* dy = gradient.read(block);
        const float* z = input.read(block);
        float* dx = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, dy += columns, z += columns, dx += columns) {
            for (std::int64_t c = 0; c < columns; ++c) {
                const float normalised = (z[c] - m[c]) * i[c];
                dx[c] = k[c] * ((dy[c] - b[c]) - normalised * g[c]);
            }
        }
        output.write(block);
    });
}

}  // namespace quatrain::vector_unit

// SPDX-License-Identifier: Apache-2.0
// Batch norm, forward and backward: docs/training-step.md, rules 4 and 11.
#include "rtl_models/vector_unit/operations.hpp"

#include <cmath>

namespace quatrain::vector_unit {

void batch_norm_statistics(Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<float> sums = run.sums(0);
    const std::span<float> square_sums = run.sums(1);
    const std::int64_t columns = run.columns();
    const auto add = [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
        for_each_panel(part, [&]<int width>(std::int64_t c, Width<width>) {
            auto s = panel<width>(sums, c);
            auto q = panel<width>(square_sums, c);
            const float* z = input.values(workspace) + c;
            for (std::int64_t row = 0; row < block.rows; ++row, z += columns) {
                for (int k = 0; k < width; ++k) {
                    s[k] = s[k] + z[k];
                    q[k] = q[k] + z[k] * z[k];
                }
            }
            store_panel(s, sums, c);
            store_panel(q, square_sums, c);
        });
    };
    run.for_each_row_block_in_order(
        [&](const RowBlock& block, Workspace& workspace) { input.read(block, workspace); }, add);
    run.store_vector(0, sums);
    run.store_vector(1, square_sums);
}

void batch_norm_finish(Execution& run) {
    const std::span<const float> sum = run.vector_in(0);
    const std::span<const float> square_sum = run.vector_in(1);
    const auto pixels = static_cast<float>(run.immediate());
    const float epsilon = run.scalar(0);
    const std::span<float> mean = run.vector_room(0);
    const std::span<float> inverse_deviation = run.vector_room(1);
    const std::span<float> variance = run.vector_room(3);
    for (std::size_t c = 0; c < sum.size(); ++c) {
        mean[c] = sum[c] / pixels;
        const float v = square_sum[c] / pixels - mean[c] * mean[c];
        variance[c] = v < 0.0F ? 0.0F : v;
        inverse_deviation[c] = 1.0F / std::sqrt(variance[c] + epsilon);
    }
    if (run.has_in(2)) {
        const std::span<float> running_mean = run.vector_in(2);
        const std::span<float> running_variance = run.vector_in(3);
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
    const TileReader input = run.tile_in(0);
    const TileWriter output = run.tile_out(0);
    const std::span<const float> mean = run.vector_in(1);
    const std::span<const float> inverse_deviation = run.vector_in(2);
    const std::span<const float> gamma = run.vector_in(3);
    const std::span<const float> beta = run.vector_in(4);
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const RowBlock& block, Workspace& workspace) {
        const float* z = input.read(block, workspace);
        float* y = output.room(block, workspace);
        for_each_panel({0, columns}, [&]<int width>(std::int64_t c, Width<width>) {
            const auto m = panel<width>(mean, c);
            const auto i = panel<width>(inverse_deviation, c);
            const auto g = panel<width>(gamma, c);
            const auto b = panel<width>(beta, c);
            for (std::int64_t at = c; at < block.count; at += columns)
                for (int k = 0; k < width; ++k)
                    y[at + k] = ((z[at + k] - m[k]) * i[k]) * g[k] + b[k];
        });
        output.write(block, workspace);
    });
}

void batch_norm_backward_statistics(Execution& run) {
    const TileReader gradient = run.tile_in(0);
    const TileReader input = run.tile_in(1);
    const std::span<const float> mean = run.vector_in(2);
    const std::span<const float> inverse_deviation = run.vector_in(3);
    const std::span<float> beta_gradient = run.sums(0);
    const std::span<float> gamma_gradient = run.sums(1);
    const std::int64_t columns = run.columns();
    const auto read = [&](const RowBlock& block, Workspace& workspace) {
        gradient.read(block, workspace);
        input.read(block, workspace);
    };
    const auto add = [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
        for_each_panel(part, [&]<int width>(std::int64_t c, Width<width>) {
            const auto m = panel<width>(mean, c);
            const auto i = panel<width>(inverse_deviation, c);
            auto b = panel<width>(beta_gradient, c);
            auto g = panel<width>(gamma_gradient, c);
            const float* dy = gradient.values(workspace) + c;
            const float* z = input.values(workspace) + c;
            for (std::int64_t row = 0; row < block.rows; ++row, dy += columns, z += columns) {
                for (int k = 0; k < width; ++k) {
                    b[k] = b[k] + dy[k];
                    g[k] = g[k] + dy[k] * ((z[k] - m[k]) * i[k]);
                }
            }
            store_panel(b, beta_gradient, c);
            store_panel(g, gamma_gradient, c);
        });
    };
    run.for_each_row_block_in_order(read, add);
    run.store_vector(0, beta_gradient);
    run.store_vector(1, gamma_gradient);
}

void batch_norm_backward_apply(Execution& run) {
    const TileReader gradient = run.tile_in(0);
    const TileReader input = run.tile_in(1);
    const TileWriter output = run.tile_out(0);
    const std::span<const float> mean = run.vector_in(2);
    const std::span<const float> inverse_deviation = run.vector_in(3);
    const std::span<float> factor = run.vector_in(4);      // gamma, then k
    const std::span<float> beta_part = run.vector_in(5);   // beta's gradient, then b
    const std::span<float> gamma_part = run.vector_in(6);  // gamma's gradient, then g
    const auto pixels = static_cast<float>(run.immediate());
    for (std::size_t c = 0; c < factor.size(); ++c) {
        factor[c] = factor[c] * inverse_deviation[c];
        beta_part[c] = beta_part[c] / pixels;
        gamma_part[c] = gamma_part[c] / pixels;
    }
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const RowBlock& block, Workspace& workspace) {
        const float* dy = gradient.read(block, workspace);
        const float* z = input.read(block, workspace);
        float* dx = output.room(block, workspace);
        for_each_panel({0, columns}, [&]<int width>(std::int64_t c, Width<width>) {
            const auto m = panel<width>(mean, c);
            const auto i = panel<width>(inverse_deviation, c);
            const auto f = panel<width>(factor, c);
            const auto b = panel<width>(beta_part, c);
            const auto g = panel<width>(gamma_part, c);
            for (std::int64_t at = c; at < block.count; at += columns) {
                for (int k = 0; k < width; ++k) {
                    const float normalised = (z[at + k] - m[k]) * i[k];
                    dx[at + k] = f[k] * ((dy[at + k] - b[k]) - normalised * g[k]);
                }
            }
        });
        output.write(block, workspace);
    });
}

}  // namespace quatrain::vector_unit

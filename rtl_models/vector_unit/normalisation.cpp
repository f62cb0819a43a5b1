// SPDX-License-Identifier: Apache-2.0
// Batch norm, forward and backward: docs/training-step.md, rules 4 and 11.
#include "rtl_models/numerics/column_rows.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <cmath>

namespace quatrain::vector_unit {

void batch_norm_statistics(Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<float> sums = run.sums(0);
    const std::span<float> square_sums = run.sums(1);
    const std::int64_t columns = run.columns();
    const auto add = [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
        numerics::add_rows_and_squares({block.rows, columns, part.first, part.end},
                                       input.values(workspace), sums.data(), square_sums.data());
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
        numerics::normalise_rows({block.rows, columns, 0, columns}, z,
                                 {mean.data(), inverse_deviation.data()}, gamma.data(), beta.data(),
                                 y);
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
        numerics::add_normalised_products({block.rows, columns, part.first, part.end},
                                          gradient.values(workspace), input.values(workspace),
                                          {mean.data(), inverse_deviation.data()},
                                          beta_gradient.data(), gamma_gradient.data());
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
        numerics::normalise_backward({block.rows, columns, 0, columns}, dy, z,
                                     {mean.data(), inverse_deviation.data()}, factor.data(),
                                     beta_part.data(), gamma_part.data(), dx);
        output.write(block, workspace);
    });
}

}  // namespace quatrain::vector_unit

// SPDX-License-Identifier: Apache-2.0
// Operations whose elements do not meet each other: docs/training-step.md, rules 1, 3, 5, 6 and 10.
#include "rtl_models/numerics/pact.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <algorithm>

namespace quatrain::vector_unit {

void fill_zero(Execution& run) {
    // Every format's code for zero is all bits zero.
    std::ranges::fill(run.bytes_out(0, run.elements()), std::byte{0});
}

void input_normalise(Execution& run) {
    TileReader image = run.tile_in(0);
    TileWriter output = run.tile_out(0);
    const std::vector<float> scale = run.vector_in(1);
    const std::vector<float> shift = run.vector_in(2);
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* x = image.read(block);
        float* y = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, x += columns, y += columns)
            for (std::int64_t c = 0; c < columns; ++c) y[c] = x[c] * scale[c] + shift[c];
        output.write(block);
    });
}

void relu(Execution& run) {
    TileReader input = run.tile_in(0);
    TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block) {
        const float* x = input.read(block);
        float* y = output.scratch(block);
        for (std::int64_t i = 0; i < block.count; ++i) y[i] = x[i] > 0.0F ? x[i] : 0.0F;
        output.write(block);
    });
}

void relu_backward(Execution& run) {
    TileReader gradient = run.tile_in(0);
    TileReader input = run.tile_in(1);
    TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block) {
        const float* dy = gradient.read(block);
        const float* x = input.read(block);
        float* dx = output.scratch(block);
        for (std::int64_t i = 0; i < block.count; ++i) dx[i] = x[i] > 0.0F ? dy[i] : 0.0F;
        output.write(block);
    });
}

void activation_backward(Execution& run) {
    TileReader gradient = run.tile_in(0);
    TileReader input = run.tile_in(1);
    TileWriter output = run.tile_out(0);
    std::vector<float> alpha_sums = run.sums(1);
    float* sums = alpha_sums.data();
    const float alpha = run.scalar(0);
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* dy = gradient.read(block);
        const float* x = input.read(block);
        float* dx = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, dy += columns, x += columns, dx += columns) {
            // Both loads come first and unconditionally, so that the compiler can use whole
            // vectors.
            for (std::int64_t c = 0; c < columns; ++c) {
                const float gradient_c = dy[c];
                const float x_c = x[c];
                dx[c] = numerics::pact_passes(x_c, alpha) ? gradient_c : 0.0F;
                // A sum that starts from +0 is never -0, so adding +0 leaves it as it is.
                sums[c] = sums[c] + (numerics::pact_feeds_alpha(x_c, alpha) ? gradient_c : 0.0F);
            }
        }
        output.write(block);
    });
    run.store_vector(1, alpha_sums);
}

void add(Execution& run) {
    TileReader left = run.tile_in(0, run.elements(), run.optional_scalar(0));
    TileReader right = run.tile_in(1, run.elements(), run.optional_scalar(1));
    TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block) {
        const float* a = left.read(block);
        const float* b = right.read(block);
        float* y = output.scratch(block);
        for (std::int64_t i = 0; i < block.count; ++i) y[i] = a[i] + b[i];
        output.write(block);
    });
}

void bias_add(Execution& run) {
    TileReader product = run.tile_in(0);
    TileWriter output = run.tile_out(0);
    const std::vector<float> bias = run.vector_in(1);
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* x = product.read(block);
        float* y = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, x += columns, y += columns)
            for (std::int64_t c = 0; c < columns; ++c) y[c] = x[c] + bias[c];
        output.write(block);
    });
}

}  // namespace quatrain::vector_unit

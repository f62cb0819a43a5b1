// SPDX-License-Identifier: Apache-2.0
// Operations whose elements do not meet each other: docs/training-step.md, rules 1, 3, 5, 6 and 10.
#include "rtl_models/numerics/column_rows.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <algorithm>

namespace quatrain::vector_unit {
namespace {

/// What a channel's elements are multiplied by, and what is added to the product.
struct Affine {
    std::span<const float> scale, shift;
};

void apply(const Affine& affine, const RowBlock& block, const float* x, float* y) {
    const auto columns = std::ssize(affine.scale);
    for_each_panel({0, columns}, [&]<int width>(std::int64_t c, Width<width>) {
        const auto scale = panel<width>(affine.scale, c);
        const auto shift = panel<width>(affine.shift, c);
        for (std::int64_t i = c; i < block.count; i += columns)
            for (int k = 0; k < width; ++k) y[i + k] = x[i + k] * scale[k] + shift[k];
    });
}

}  // namespace

void fill_zero(Execution& run) {
    // Every format's code for zero is all bits zero.
    const std::span<std::byte> bytes = run.bytes_out(0, run.elements());
    constexpr std::size_t piece_bytes = 1 << 16;
    run.for_each_piece(
        ceil_div(std::ssize(bytes), piece_bytes), run.elements(),
        [&](std::int64_t piece, Workspace&) {
            const auto rest = bytes.subspan(static_cast<std::size_t>(piece) * piece_bytes);
            std::ranges::fill(rest.first(std::min(rest.size(), piece_bytes)), std::byte{0});
        });
}

void input_normalise(Execution& run) {
    const TileReader image = run.tile_in(0);
    const TileWriter output = run.tile_out(0);
    const Affine affine{run.vector_in(1), run.vector_in(2)};
    run.for_each_row_block(run.rows(), [&](const RowBlock& block, Workspace& workspace) {
        const float* x = image.read(block, workspace);
        apply(affine, block, x, output.room(block, workspace));
        output.write(block, workspace);
    });
}

void relu(Execution& run) {
    const TileReader input = run.tile_in(0);
    const TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block, Workspace& workspace) {
        const float* x = input.read(block, workspace);
        float* y = output.room(block, workspace);
        for (std::int64_t i = 0; i < block.count; ++i) y[i] = x[i] > 0.0F ? x[i] : 0.0F;
        output.write(block, workspace);
    });
}

void relu_backward(Execution& run) {
    const TileReader gradient = run.tile_in(0);
    const TileReader input = run.tile_in(1);
    const TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block, Workspace& workspace) {
        const float* dy = gradient.read(block, workspace);
        const float* x = input.read(block, workspace);
        float* dx = output.room(block, workspace);
        for (std::int64_t i = 0; i < block.count; ++i) {
            // Loaded unconditionally, so that the compiler can use whole vectors.
            const float gradient_i = dy[i];
            dx[i] = x[i] > 0.0F ? gradient_i : 0.0F;
        }
        output.write(block, workspace);
    });
}

void activation_backward(Execution& run) {
    const TileReader gradient = run.tile_in(0);
    const TileReader input = run.tile_in(1);
    const TileWriter output = run.tile_out(0);
    const std::span<float> sums = run.sums(1);
    const float alpha = run.scalar(0);
    const std::int64_t columns = run.columns();
    // Behind `pass`, what feeds alpha's gradient stands in the place of x.
    const auto pass = [&](const RowBlock& block, Workspace& workspace) {
        const float* dy = gradient.read(block, workspace);
        float* x = input.read(block, workspace);
        float* dx = output.room(block, workspace);
        numerics::pact_backward(block.count, alpha, dy, x, dx);
        output.write(block, workspace);
    };
    // A sum that starts from +0 is never -0, so adding +0 leaves it as it is.
    const auto add = [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
        add_rows(input.values(workspace), block.rows, columns, part, sums);
    };
    run.for_each_row_block_in_order(pass, add);
    run.store_vector(1, sums);
}

void add(Execution& run) {
    const TileReader left = run.tile_in(0, run.elements(), run.optional_scalar(0));
    const TileReader right = run.tile_in(1, run.elements(), run.optional_scalar(1));
    const TileWriter output = run.tile_out(0);
    run.for_each_block(run.elements(), [&](const Block& block, Workspace& workspace) {
        const float* a = left.read(block, workspace);
        const float* b = right.read(block, workspace);
        float* y = output.room(block, workspace);
        numerics::add_values(block.count, a, b, y);
        output.write(block, workspace);
    });
}

void bias_add(Execution& run) {
    const TileReader product = run.tile_in(0);
    const TileWriter output = run.tile_out(0);
    const std::span<const float> bias = run.vector_in(1);
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const RowBlock& block, Workspace& workspace) {
        const float* x = product.read(block, workspace);
        float* y = output.room(block, workspace);
        for_each_panel({0, columns}, [&]<int width>(std::int64_t c, Width<width>) {
            const auto b = panel<width>(bias, c);
            for (std::int64_t i = c; i < block.count; i += columns)
                for (int k = 0; k < width; ++k) y[i + k] = x[i + k] + b[k];
        });
        output.write(block, workspace);
    });
}

}  // namespace quatrain::vector_unit

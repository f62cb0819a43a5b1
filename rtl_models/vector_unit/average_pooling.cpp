// SPDX-License-Identifier: Apache-2.0
// Global average pooling: docs/training-step.md, rules 7 and 9.
#include "rtl_models/vector_unit/operations.hpp"

#include <algorithm>

namespace quatrain::vector_unit {
namespace {

/// The sums of one image's columns, from +0: its pixels are decoded a few rows at a time.
void sum_image(const TileReader& input, const Columns& columns, std::int64_t first_pixel,
               std::int64_t pixels, float* result, Workspace& workspace) {
    const std::int64_t width = columns.end;
    const std::span<float> sums(result, static_cast<std::size_t>(width));
    std::ranges::fill(sums, 0.0F);
    const std::int64_t step =
        std::max<std::int64_t>(1, block_elements / std::max<std::int64_t>(1, width));
    for (std::int64_t done = 0; done < pixels; done += step) {
        const std::int64_t rows = std::min(step, pixels - done);
        const float* x = input.read({(first_pixel + done) * width, rows * width}, workspace);
        add_rows(x, rows, width, columns, sums);
    }
}

}  // namespace

void average_pool(Execution& run) {
    const std::int64_t pixels = run.immediate();
    const std::int64_t columns = run.columns();
    const TileReader input = run.tile_in(0, run.elements() * pixels, run.optional_scalar(0));
    const TileWriter output = run.tile_out(0);
    const auto divisor = static_cast<float>(pixels);
    // Pairs of images keep every block's start even.
    const auto pool = [&](std::int64_t pair, Workspace& workspace) {
        const std::int64_t first = 2 * pair;
        const std::int64_t images = std::min<std::int64_t>(2, run.rows() - first);
        const Block block{first * columns, images * columns};
        float* y = output.room(block, workspace);
        for (std::int64_t image = 0; image < images; ++image)
            sum_image(input, {0, columns}, (first + image) * pixels, pixels, y + image * columns,
                      workspace);
        for (std::int64_t i = 0; i < block.count; ++i) y[i] = y[i] / divisor;
        output.write(block, workspace);
    };
    run.for_each_piece(ceil_div(run.rows(), 2), run.elements() * pixels, pool);
}

void average_pool_backward(Execution& run) {
    const std::int64_t pixels = run.immediate();
    const std::int64_t columns = run.columns();
    const TileReader gradient = run.tile_in(0);
    const TileWriter output = run.tile_out(0, run.elements() * pixels);
    const auto divisor = static_cast<float>(pixels);
    run.for_each_row_block(run.rows() * pixels, [&](const RowBlock& block, Workspace& workspace) {
        float* dx = output.room(block, workspace);
        float* quotients = nullptr;
        for (std::int64_t row = block.row; row < block.row + block.rows; ++row, dx += columns) {
            if (quotients == nullptr || row % pixels == 0) {
                quotients = gradient.read({row / pixels * columns, columns}, workspace);
                for (std::int64_t c = 0; c < columns; ++c) quotients[c] = quotients[c] / divisor;
            }
            std::copy_n(quotients, columns, dx);
        }
        output.write(block, workspace);
    });
}

}  // namespace quatrain::vector_unit

// SPDX-License-Identifier: Apache-2.0
// Global average pooling: docs/training-step.md, rules 7 and 9.
#include "rtl_models/vector_unit/operations.hpp"

#include <algorithm>

namespace quatrain::vector_unit {

void average_pool(Execution& run) {
    const std::int64_t pixels = run.immediate();
    const std::int64_t columns = run.columns();
    TileReader input = run.tile_in(0, run.elements() * pixels, run.optional_scalar(0));
    TileWriter output = run.tile_out(0);
    std::vector<float> sums(static_cast<std::size_t>(run.elements()), 0.0F);
    std::int64_t pixel = 0;
    run.for_each_row_block(run.rows() * pixels, [&](const Block& block, std::int64_t rows) {
        const float* x = input.read(block);
        for (std::int64_t row = 0; row < rows; ++row, ++pixel, x += columns) {
            float* sum = sums.data() + pixel / pixels * columns;
            for (std::int64_t c = 0; c < columns; ++c) sum[c] = sum[c] + x[c];
        }
    });
    const auto divisor = static_cast<float>(pixels);
    const Block whole{0, run.elements()};
    std::ranges::transform(sums, output.scratch(whole),
                           [divisor](float sum) { return sum / divisor; });
    output.write(whole);
}

void average_pool_backward(Execution& run) {
    const std::int64_t pixels = run.immediate();
    const std::int64_t columns = run.columns();
    TileReader gradient = run.tile_in(0);
    TileWriter output = run.tile_out(0, run.elements() * pixels);
    const float* dy = gradient.read({0, run.elements()});
    std::vector<float> quotients(dy, dy + run.elements());
    const auto divisor = static_cast<float>(pixels);
    for (float& quotient : quotients) quotient = quotient / divisor;
    std::int64_t pixel = 0;
    run.for_each_row_block(run.rows() * pixels, [&](const Block& block, std::int64_t rows) {
        float* dx = output.scratch(block);
        for (std::int64_t row = 0; row < rows; ++row, ++pixel, dx += columns)
            std::copy_n(quotients.data() + pixel / pixels * columns, columns, dx);
        output.write(block);
    });
}

}  // namespace quatrain::vector_unit

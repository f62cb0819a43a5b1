// SPDX-License-Identifier: Apache-2.0
// Sequential sums: s = 0; s = s + x in order, in FP32, one sum per column (docs/training-step.md,
// notation).
#include "rtl_models/vector_unit/operations.hpp"

namespace quatrain::vector_unit {

void column_sum(Execution& run) {
    TileReader input = run.tile_in(0);
    std::vector<float> result = run.sums(0);
    float* sums = result.data();
    const std::int64_t columns = run.columns();
    run.for_each_row_block(run.rows(), [&](const Block& block, std::int64_t rows) {
        const float* x = input.read(block);
        for (std::int64_t row = 0; row < rows; ++row, x += columns)
            for (std::int64_t c = 0; c < columns; ++c) sums[c] = sums[c] + x[c];
    });
    run.store_vector(0, result);
}

void reduce_columns(Execution& run) {
    float sum = 0.0F;
    for (const float x : run.vector_in(0)) sum = sum + x;
    run.store_scalar(0, sum);
}

void divide_scalar(Execution& run) {
    run.store_scalar(0, run.scalar(0) / static_cast<float>(run.immediate()));
}

void add_scalars(Execution& run) {
    const float a = run.scalar(0);
    run.store_scalar(2, run.has_scalar(1) ? a + run.scalar(1) : a);
}

}  // namespace quatrain::vector_unit

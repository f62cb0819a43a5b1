// SPDX-License-Identifier: Apache-2.0
// Sequential sums: s = 0; s = s + x in order, in FP32, one sum per column (docs/training-step.md,
// notation).
#include "rtl_models/numerics/column_rows.hpp"
#include "rtl_models/vector_unit/operations.hpp"

namespace quatrain::vector_unit {

void add_rows(const float* rows, std::int64_t count, std::int64_t columns, const Columns& part,
              std::span<float> sums) {
    numerics::add_rows({count, columns, part.first, part.end}, rows, sums.data());
}

void column_sum(Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<float> sums = run.sums(0);
    const std::int64_t columns = run.columns();
    run.for_each_row_block_in_order(
        [&](const RowBlock& block, Workspace& workspace) { input.read(block, workspace); },
        [&](const RowBlock& block, const Columns& part, Workspace& workspace) {
            add_rows(input.values(workspace), block.rows, columns, part, sums);
        });
    run.store_vector(0, sums);
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

// SPDX-License-Identifier: Apache-2.0
// Softmax and cross-entropy: docs/training-step.md, rule 8.
#include "rtl_models/numerics/elementary.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <fmt/format.h>

namespace quatrain::vector_unit {
namespace {

/// Of a correctly rounded exponential, in simple operations of the host.
constexpr std::int64_t softmax_cost = 16;

struct Row {
    const float* logits;
    float* gradient;
    std::int64_t columns;
    std::int64_t label;
    float batch;
};

/// Writes the row's gradient and returns its loss.
float softmax_row(const Row& row) {
    float maximum = row.logits[0];
    for (std::int64_t j = 1; j < row.columns; ++j)
        if (row.logits[j] > maximum) maximum = row.logits[j];
    float sum = 0.0F;
    for (std::int64_t j = 0; j < row.columns; ++j) {
        row.gradient[j] = numerics::exp_rounded(row.logits[j] - maximum);
        sum = sum + row.gradient[j];
    }
    for (std::int64_t j = 0; j < row.columns; ++j) {
        const float probability = row.gradient[j] / sum;
        row.gradient[j] = (probability - (j == row.label ? 1.0F : 0.0F)) / row.batch;
    }
    return numerics::log_rounded(sum) - (row.logits[row.label] - maximum);
}

}  // namespace

void softmax_cross_entropy(Execution& run) {
    const TileReader logits = run.tile_in(0);
    const TileWriter gradient = run.tile_out(0);
    const std::span<const std::int32_t> labels = run.labels_in(1, run.rows());
    for (const std::int32_t label : labels)
        if (label < 0 || label >= run.columns())
            run.reject(
                fmt::format("label = {}: must be a column, 0 to {}", label, run.columns() - 1));
    const auto batch = static_cast<float>(run.immediate());
    float loss = run.instruction().accumulate ? run.scalar(0) : 0.0F;
    const std::span<float> losses = run.losses();
    const auto block_losses = [&](const RowBlock& block, Workspace& workspace) {
        const float* l = logits.read(block, workspace);
        float* dl = gradient.room(block, workspace);
        for (std::int64_t row = block.row; row < block.row + block.rows;
             ++row, l += run.columns(), dl += run.columns()) {
            const auto image = static_cast<std::size_t>(row);
            losses[image] = softmax_row({l, dl, run.columns(), labels[image], batch});
        }
        gradient.write(block, workspace);
    };
    run.for_each_row_block(run.rows(), block_losses, softmax_cost);
    for (const float one : losses) loss = loss + one;
    run.store_scalar(0, loss);
}

}  // namespace quatrain::vector_unit

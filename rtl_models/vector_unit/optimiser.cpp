// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with momentum and weight decay: docs/training-step.md, rule 14.
#include "rtl_models/numerics/sawb.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <cmath>

namespace quatrain::vector_unit {

void sgd_update(Execution& run) {
    const TileReader gradient = run.tile_in(0);
    const TileReader weight = run.tile_in(1);
    const TileReader momentum = run.tile_in(2);
    const TileWriter new_weight = run.tile_out(0);
    const TileWriter new_momentum = run.tile_out(1);
    const float rate = run.scalar(0);
    const float mu = run.scalar(1);
    const std::optional<float> decay = run.optional_scalar(2);
    const std::optional<float> alpha = run.optional_scalar(3);
    run.for_each_block(run.elements(), [&](const Block& block, Workspace& workspace) {
        float* d = gradient.read(block, workspace);
        const float* w = weight.read(block, workspace);
        const float* v = momentum.read(block, workspace);
        float* next_w = new_weight.room(block, workspace);
        float* next_v = new_momentum.room(block, workspace);
        if (alpha) {
            for (std::int64_t i = 0; i < block.count; ++i) {
                const float gradient_i = d[i];
                d[i] = numerics::sawb_passes(w[i], *alpha) ? gradient_i : 0.0F;
            }
        }
        if (decay)
            for (std::int64_t i = 0; i < block.count; ++i) d[i] = d[i] + *decay * w[i];
        for (std::int64_t i = 0; i < block.count; ++i) {
            next_v[i] = mu * v[i] + d[i];
            next_w[i] = w[i] - rate * next_v[i];
        }
        new_weight.write(block, workspace);
        new_momentum.write(block, workspace);
    });
}

void sgd_update_scalar(Execution& run) {
    const float w = run.scalar(0);
    float d = run.scalar(2);
    if (const std::optional<float> decay = run.optional_scalar(5)) d = d + *decay * w;
    const float v = run.scalar(4) * run.scalar(1) + d;
    run.store_scalar(0, w - run.scalar(3) * v);
    run.store_scalar(1, v);
}

}  // namespace quatrain::vector_unit

// SPDX-License-Identifier: Apache-2.0
// Stochastic gradient descent with momentum and weight decay: docs/training-step.md, rule 14.
#include "rtl_models/numerics/sawb.hpp"
#include "rtl_models/vector_unit/operations.hpp"

#include <cmath>

namespace quatrain::vector_unit {

void sgd_update(Execution& run) {
    TileReader gradient = run.tile_in(0);
    TileReader weight = run.tile_in(1);
    TileReader momentum = run.tile_in(2);
    TileWriter new_weight = run.tile_out(0);
    TileWriter new_momentum = run.tile_out(1);
    const float rate = run.scalar(0);
    const float mu = run.scalar(1);
    const std::optional<float> decay = run.optional_scalar(2);
    const std::optional<float> alpha = run.optional_scalar(3);
    run.for_each_block(run.elements(), [&](const Block& block) {
        const float* g = gradient.read(block);
        const float* w = weight.read(block);
        const float* v = momentum.read(block);
        float* next_w = new_weight.scratch(block);
        float* next_v = new_momentum.scratch(block);
        for (std::int64_t i = 0; i < block.count; ++i) {
            float d = alpha && !numerics::sawb_passes(w[i], *alpha) ? 0.0F : g[i];
            if (decay) d = d + *decay * w[i];
            next_v[i] = mu * v[i] + d;
            next_w[i] = w[i] - rate * next_v[i];
        }
        new_weight.write(block);
        new_momentum.write(block);
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

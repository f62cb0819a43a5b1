// SPDX-License-Identifier: Apache-2.0
// Activations: PACT (docs/training-step.md, rule 5).
#include "rtl_models/numerics/pact.hpp"
#include "rtl_models/numerics/quantise_rows.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

namespace quatrain::scaling_unit {

void activation_scale(Execution& run) {
    const float alpha = run.scalar(0);
    run.store(1, numerics::pact_step(alpha));
    run.store(2, numerics::pact_reciprocal(alpha));
}

void quantise_activation(Execution& run) {
    const TileReader input = run.tile_in(0);
    const std::span<std::byte> output = run.tile_out(0, 4);
    const float alpha = run.scalar(0);
    const float reciprocal = run.scalar(1);
    run.for_each_block([&](const Block& block, Workspace& workspace) {
        numerics::quantise_pact(input.read(block, workspace), alpha, reciprocal,
                                output.data() + block.first / 2, workspace.faults);
    });
}

}  // namespace quatrain::scaling_unit

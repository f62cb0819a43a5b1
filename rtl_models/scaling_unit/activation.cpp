// SPDX-License-Identifier: Apache-2.0
// Activations: PACT (docs/training-step.md, rule 5).
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/numerics/pact.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

namespace quatrain::scaling_unit {

void activation_scale(Execution& run) {
    const float alpha = run.scalar(0);
    run.store(1, numerics::pact_step(alpha));
    run.store(2, numerics::pact_reciprocal(alpha));
}

void quantise_activation(Execution& run) {
    const std::vector<float> values = run.tile(0);
    const std::span<std::byte> output = run.tile_out(0, 4);
    const float alpha = run.scalar(0);
    const float reciprocal = run.scalar(1);
    std::vector<std::uint8_t> codes(values.size());
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = numerics::pact_quantise(values[i], alpha, reciprocal, &run.faults());
    numerics::pack_codes(output.data(), 0, codes);
}

}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
// Gradients: both phases of fp4_r4, and GradScale (docs/training-step.md, rule 12).
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

#include <fmt/format.h>
#include <cmath>
#include <limits>

namespace quatrain::scaling_unit {
namespace {

/// What is tracked beside the codes.
struct Tracked {
    float maximum = 0.0F;
    std::int32_t underflow = 0;
    std::int32_t overflow = 0;
};

/// Largest magnitude that fp4_r4 has.
constexpr float fp4_r4_maximum = 64.0F;
constexpr float odd_maximum = fp4_r4_maximum / 2;

float scale_of(const Execution& run) {
    const std::int32_t log2 = run.integer(0);
    if (log2 < numerics::gradscale_minimum || log2 > numerics::gradscale_maximum)
        run.reject(fmt::format("gradscale = {}: must be in {} to {}", log2,
                               numerics::gradscale_minimum, numerics::gradscale_maximum));
    return numerics::power_of_two(log2);
}

Tracked initial(const Execution& run) {
    if (!run.instruction().accumulate) return {};
    return {run.has_scalar(2) ? run.scalar(2) : 0.0F, run.has_scalar(3) ? run.integer(3) : 0,
            run.has_scalar(4) ? run.integer(4) : 0};
}

void store(const Execution& run, const Tracked& tracked) {
    if (run.has_scalar(2)) run.store(2, tracked.maximum);
    if (run.has_scalar(3)) run.store(3, tracked.underflow);
    if (run.has_scalar(4)) run.store(4, tracked.overflow);
}

/// Multiplies the gradients by the scale, in place, and tracks them.
void scale_and_track(std::vector<float>& gradients, float scale, Tracked& tracked) {
    // Below this |t| the even code is zero; a NaN fails every comparison.
    constexpr float threshold = 0x1.4p-7F;
    for (float& t : gradients) {
        t = t * scale;
        const float magnitude = std::fabs(t);
        tracked.maximum = magnitude > tracked.maximum ? magnitude : tracked.maximum;
        tracked.underflow += ((magnitude > 0.0F) & (magnitude < threshold)) ? 1 : 0;
        tracked.overflow += magnitude > fp4_r4_maximum ? 1 : 0;
    }
}

}  // namespace

void quantise_gradient(Execution& run) {
    const float scale = scale_of(run);
    std::vector<float> gradients = run.tile(0);
    const std::span<std::byte> even = run.tile_out(0, 4);
    Tracked tracked = initial(run);
    scale_and_track(gradients, scale, tracked);
    std::vector<std::uint8_t> codes(gradients.size());
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = numerics::quantise_even(gradients[i], &run.faults());
    numerics::pack_codes(even.data(), 0, codes);
    if (run.has_out(1)) {
        const std::span<std::byte> odd = run.tile_out(1, 4);
        for (std::size_t i = 0; i < codes.size(); ++i) {
            codes[i] = numerics::quantise_odd(gradients[i]);
            const float magnitude = std::fabs(gradients[i]);
            run.faults().odd_clipped += magnitude > odd_maximum && std::isfinite(magnitude) ? 1 : 0;
        }
        numerics::pack_codes(odd.data(), 0, codes);
    }
    store(run, tracked);
}

void update_gradscale(Execution& run) {
    const std::int32_t vote = numerics::gradscale_vote(run.scalar(1));
    run.store(0, numerics::gradscale_update(run.integer(0), vote));
    run.store(2, vote);
}

void gradscale_vote(Execution& run) {
    run.store(1, numerics::gradscale_vote(run.scalar(0)));
}

void add_votes(Execution& run) {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::int64_t other = run.has_scalar(1) ? run.integer(1) : 0;
    run.store(2, static_cast<std::int32_t>(std::clamp<std::int64_t>(run.integer(0) + other,
                                                                    Limits::min(), Limits::max())));
}

void apply_gradscale(Execution& run) {
    run.store(0, numerics::gradscale_update(run.integer(0), run.integer(1)));
}

}  // namespace quatrain::scaling_unit

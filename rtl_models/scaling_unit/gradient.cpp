// SPDX-License-Identifier: Apache-2.0
// Gradients: both phases of fp4_r4, fp8_152, and GradScale (docs/training-step.md, rule 12).
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/quantise_rows.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>

namespace quatrain::scaling_unit {
namespace {

using numerics::Format;

float scale_of(const Execution& run) {
    const std::int32_t log2 = run.integer(0);
    if (log2 < numerics::gradscale_minimum || log2 > numerics::gradscale_maximum)
        run.reject(fmt::format("gradscale = {}: must be in {} to {}", log2,
                               numerics::gradscale_minimum, numerics::gradscale_maximum));
    return numerics::power_of_two(log2);
}

numerics::GradientStatistics initial(const Execution& run) {
    if (!run.instruction().accumulate) return {};
    return {run.has_scalar(2) ? run.scalar(2) : 0.0F, run.has_scalar(3) ? run.integer(3) : 0,
            run.has_scalar(4) ? run.integer(4) : 0};
}

void store(const Execution& run, const numerics::GradientStatistics& tracked) {
    if (run.has_scalar(2)) run.store(2, tracked.maximum);
    if (run.has_scalar(3)) run.store(3, tracked.underflow);
    if (run.has_scalar(4)) run.store(4, tracked.overflow);
}

/// Throws unless the outputs are as isa::VectorOperation lists them.
void check_formats(const Execution& run) {
    const auto check = [&](std::size_t index) {
        const Format format = run.out_format(index);
        if (format != Format::fp4_r4 && format != Format::fp8_152)
            run.reject(fmt::format("out[{}] is {}: must be fp4_r4 or fp8_152", index,
                                   numerics::name(format)));
    };
    check(0);
    if (!run.has_out(1)) return;
    check(1);
    if (run.out_format(0) != Format::fp4_r4)
        run.reject("out[1] is given: must have no address behind fp8_152 codes");
}

/// Adds what other gradients of the tensor tracked.
void merge(numerics::GradientStatistics& tracked, const numerics::GradientStatistics& other) {
    tracked.maximum = other.maximum > tracked.maximum ? other.maximum : tracked.maximum;
    tracked.underflow += other.underflow;
    tracked.overflow += other.overflow;
}

/// Where the codes of out[0] and out[1] go.
numerics::GradientCodes codes_of(const Execution& run) {
    numerics::GradientCodes codes;
    const auto threshold = numerics::fp4_threshold_of_pattern(run.instruction().immediate);
    if (!threshold)
        run.reject(fmt::format("immediate = {}: must be 0 or the FP32 pattern of 1 to 4",
                               run.instruction().immediate));
    codes.threshold = *threshold;
    if (run.out_format(0) == Format::fp4_r4)
        codes.even = run.tile_out(0).data();
    else
        codes.fp8 = run.tile_out(0).data();
    if (!run.has_out(1)) return codes;
    if (run.out_format(1) == Format::fp4_r4)
        codes.odd = run.tile_out(1).data();
    else
        codes.fp8 = run.tile_out(1).data();
    return codes;
}

/// Of a block, which starts at a whole byte.
numerics::GradientCodes from(const numerics::GradientCodes& codes, const Block& block) {
    const std::int64_t half = block.first / 2;
    return {.even = codes.even == nullptr ? nullptr : codes.even + half,
            .odd = codes.odd == nullptr ? nullptr : codes.odd + half,
            .fp8 = codes.fp8 == nullptr ? nullptr : codes.fp8 + block.first,
            .threshold = codes.threshold};
}

}  // namespace

void quantise_gradient(Execution& run) {
    check_formats(run);
    const float scale = scale_of(run);
    const TileReader input = run.tile_in(0);
    const numerics::GradientCodes codes = codes_of(run);
    numerics::GradientStatistics tracked = initial(run);
    run.for_each_block([&](const Block& block, Workspace& workspace) {
        numerics::quantise_gradients(input.read(block, workspace), scale, from(codes, block),
                                     workspace.tracked, workspace.faults);
    });
    for (const Workspace& workspace : run.workspaces()) merge(tracked, workspace.tracked);
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

void least_vote(Execution& run) {
    const std::int32_t vote = run.integer(0);
    run.store(2, run.has_scalar(1) ? std::min(vote, run.integer(1)) : vote);
}

}  // namespace quatrain::scaling_unit

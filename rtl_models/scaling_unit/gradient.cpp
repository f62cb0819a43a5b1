// SPDX-License-Identifier: Apache-2.0
// Gradients: both phases of fp4_r4, fp8_152, and GradScale (docs/training-step.md, rule 12).
#include "rtl_models/numerics/fp4_r4.hpp"
#include "rtl_models/numerics/fp8.hpp"
#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/scaling_unit/execution.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace quatrain::scaling_unit {
namespace {

using numerics::Format;

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

/// The least |t| whose code is not zero. Half of fp8_152's smallest magnitude is a tie, which goes
/// to zero.
float least_nonzero(Format format) {
    return format == Format::fp4_r4 ? 0x1.4p-7F : 0x1.000002p-17F;
}

/// Adds what other gradients of the tensor tracked.
void merge(Tracked& tracked, const Tracked& other) {
    tracked.maximum = other.maximum > tracked.maximum ? other.maximum : tracked.maximum;
    tracked.underflow += other.underflow;
    tracked.overflow += other.overflow;
}

/// Multiplies the gradients by the scale, in place, and tracks them.
void scale_and_track(std::span<float> gradients, float scale, float threshold, Tracked& tracked) {
    for (float& t : gradients) {
        t = t * scale;
        const float magnitude = std::fabs(t);  // a NaN's fails every comparison
        tracked.maximum = magnitude > tracked.maximum ? magnitude : tracked.maximum;
        tracked.underflow += ((magnitude > 0.0F) & (magnitude < threshold)) ? 1 : 0;
        tracked.overflow += magnitude > fp4_r4_maximum ? 1 : 0;
    }
}

void quantise_even(std::span<const float> gradients, std::span<std::uint8_t> codes,
                   numerics::Faults& faults) {
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = numerics::quantise_even(gradients[i], &faults);
}

void quantise_odd(std::span<const float> gradients, std::span<std::uint8_t> codes,
                  numerics::Faults& faults) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        codes[i] = numerics::quantise_odd(gradients[i]);
        const float magnitude = std::fabs(gradients[i]);
        faults.odd_clipped += magnitude > odd_maximum && std::isfinite(magnitude) ? 1 : 0;
    }
}

/// `faults`: null where out[0] has counted them.
void quantise_fp8(std::span<const float> gradients, std::span<std::byte> output,
                  numerics::Faults* faults) {
    for (std::size_t i = 0; i < gradients.size(); ++i)
        output[i] = std::byte{numerics::quantise_fp8_152(gradients[i], faults)};
}

/// The codes of a block, in output 0 or 1.
class Codes {
public:
    Codes(const Execution& run, std::size_t index)
        : index_(index), format_(run.out_format(index)), output_(run.tile_out(index)) {}

    void write(const Block& block, std::span<const float> gradients, Workspace& workspace) const {
        numerics::Faults* faults = index_ == 0 ? &workspace.faults : nullptr;
        if (format_ != Format::fp4_r4) {
            return quantise_fp8(
                gradients, output_.subspan(static_cast<std::size_t>(block.first), gradients.size()),
                faults);
        }
        const std::span<std::uint8_t> codes = grown(workspace.codes, block.count);
        if (index_ == 0)
            quantise_even(gradients, codes, workspace.faults);
        else
            quantise_odd(gradients, codes, workspace.faults);
        numerics::pack_codes(output_.data(), block.first, codes);
    }

private:
    std::size_t index_;
    Format format_;
    std::span<std::byte> output_;
};

}  // namespace

void quantise_gradient(Execution& run) {
    check_formats(run);
    const float scale = scale_of(run);
    const TileReader input = run.tile_in(0);
    const Codes first(run, 0);
    const std::optional<Codes> second =
        run.has_out(1) ? std::optional<Codes>(std::in_place, run, 1) : std::nullopt;
    Tracked tracked = initial(run);
    const float threshold = least_nonzero(run.out_format(0));
    run.for_each_block([&](const Block& block, Workspace& workspace) {
        const std::span<float> gradients = input.read(block, workspace);
        scale_and_track(gradients, scale, threshold, workspace.tracked);
        first.write(block, gradients, workspace);
        if (second) second->write(block, gradients, workspace);
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

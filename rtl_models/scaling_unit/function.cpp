// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/function.hpp"

#include "rtl_models/numerics/gradscale.hpp"
#include "rtl_models/numerics/pack.hpp"
#include "rtl_models/scaling_unit/execution.hpp"
#include "rtl_models/scaling_unit/timing.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorOperation;
using numerics::Format;

float power_of_two(std::int64_t exponent, std::string_view what) {
    if (exponent < -126 || exponent > 127)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: {} 2^{}: must be 2^-126 to 2^127", what, exponent));
    return numerics::power_of_two(static_cast<std::int32_t>(exponent));
}

/// The product of the steps that exist, times 2^-gradscale, times 2^exponent, in FP32 and in this
/// order.
float scale_of(const isa::Drain& drain, std::span<std::byte> scalars) {
    float scale = 1.0F;
    if (drain.step_a != isa::no_address)
        scale = scale * std::bit_cast<float>(load_word(scalars, drain.step_a, "drain: step_a"));
    if (drain.step_b != isa::no_address)
        scale = scale * std::bit_cast<float>(load_word(scalars, drain.step_b, "drain: step_b"));
    if (drain.gradscale != isa::no_address) {
        const auto log2 =
            std::bit_cast<std::int32_t>(load_word(scalars, drain.gradscale, "drain: gradscale"));
        scale = scale * power_of_two(-std::int64_t{log2}, "gradscale");
    }
    return scale * power_of_two(drain.exponent, "exponent");
}

void dispatch(Execution& run) {
    switch (run.instruction().operation) {
        case VectorOperation::weight_statistics:
            return weight_statistics(run);
        case VectorOperation::weight_scale:
            return weight_scale(run);
        case VectorOperation::quantise_weight:
            return quantise_weight(run);
        case VectorOperation::quantise_gradient:
            return quantise_gradient(run);
        case VectorOperation::update_gradscale:
            return update_gradscale(run);
        case VectorOperation::gradscale_vote:
            return gradscale_vote(run);
        case VectorOperation::add_votes:
            return add_votes(run);
        case VectorOperation::apply_gradscale:
            return apply_gradscale(run);
        case VectorOperation::least_vote:
            return least_vote(run);
        case VectorOperation::activation_scale:
            return activation_scale(run);
        case VectorOperation::quantise_activation:
            return quantise_activation(run);
        default:
            run.reject("belongs to the vector unit");
    }
}

}  // namespace

Outcome execute(const isa::Drain& drain, Format accumulator, const Memory& memory) {
    if (!numerics::is_sixteen_bit(accumulator) && accumulator != Format::fp32 &&
        accumulator != Format::int32)
        throw std::invalid_argument(fmt::format(
            "scaling_unit drain: accumulator {}: must be a 16-bit format, fp32 or int32",
            numerics::name(accumulator)));
    if (drain.rows < 0 || drain.columns < 0)
        throw std::invalid_argument(
            fmt::format("scaling_unit drain: rows x columns = {} x {}: must not be negative",
                        drain.rows, drain.columns));
    Outcome outcome{{}, elements(drain)};
    const float scale = scale_of(drain, memory.scalar);
    const std::int64_t source_bytes = numerics::packed_bytes(accumulator, drain.columns);
    const std::int64_t destination_bytes = numerics::packed_bytes(drain.format, drain.columns);
    std::vector<float> values(static_cast<std::size_t>(drain.columns));
    for (std::int64_t row = 0; row < drain.rows; ++row) {
        const auto source =
            bytes_at(memory.accumulator, drain.accumulator_address + row * drain.accumulator_stride,
                     source_bytes, "drain: accumulators", "accumulator");
        const auto destination =
            bytes_at(memory.vector, drain.destination + row * drain.destination_stride,
                     destination_bytes, "drain: destination", "vector");
        numerics::decode_row(accumulator, source.data(), 0, values);
        for (float& value : values) value = value * scale;
        numerics::encode_row(drain.format, destination.data(), 0, values, &outcome.faults);
    }
    return outcome;
}

Outcome execute(const isa::VectorInstruction& instruction, const Memory& memory) {
    Execution run(instruction, memory);
    if (instruction.rows < 0 || instruction.columns < 0)
        run.reject(fmt::format("rows x columns = {} x {}: must not be negative", instruction.rows,
                               instruction.columns));
    dispatch(run);
    return {run.faults(), elements(instruction)};
}

}  // namespace quatrain::scaling_unit

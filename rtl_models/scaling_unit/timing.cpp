// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/timing.hpp"

#include <fmt/format.h>
#include <array>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorOperation;

/// What an operation costs: pipeline passes and divisions per element, and the scalar path once.
struct Cost {
    std::int64_t passes = 0;           ///< per group
    std::int64_t specials = 0;         ///< likewise, `special_cycles` each
    std::int64_t serial_passes = 0;    ///< per element, because a sum runs from column to column
    std::int64_t scalar_cycles = 0;    ///< once
    std::int64_t scalar_specials = 0;  ///< once, `special_cycles` each
};

Cost cost(const isa::VectorInstruction& instruction) {
    switch (instruction.operation) {
        case VectorOperation::weight_statistics:
            return {.passes = 1};
        // three running sums side by side; then E1, E2, the root, and the step
        case VectorOperation::weight_scale:
            return {.serial_passes = 1, .scalar_specials = 4};
        case VectorOperation::quantise_weight: {
            const bool divides = instruction.scalars[0] != isa::no_address;
            const bool transposes = instruction.out[1].address != isa::no_address;
            return {.passes = (divides ? 0 : 1) + (transposes ? 1 : 0),
                    .specials = divides ? 1 : 0};
        }
        case VectorOperation::quantise_gradient:
            return {.passes = 1};  // up to two codes side by side
        case VectorOperation::update_gradscale:
        case VectorOperation::gradscale_vote:
        case VectorOperation::add_votes:
        case VectorOperation::apply_gradscale:
        case VectorOperation::least_vote:
            return {.scalar_cycles = 1};
        case VectorOperation::activation_scale:
            return {.scalar_specials = 2};  // alpha/15, 15/alpha
        case VectorOperation::quantise_activation:
            return {.passes = 1};
        default:
            throw std::invalid_argument(
                fmt::format("scaling_unit: operation {} belongs to the vector unit",
                            static_cast<int>(instruction.operation)));
    }
}

/// Groups of at most `lanes` elements. The statistics add element after element of a column, one
/// adder per lane: two elements of a column never meet in a cycle, so a group stays in its row.
std::int64_t groups(const Params& params, const isa::VectorInstruction& instruction) {
    if (instruction.operation == VectorOperation::weight_statistics)
        return instruction.rows * ceil_div(instruction.columns, params.lanes);
    return ceil_div(elements(instruction), params.lanes);
}

}  // namespace

std::span<const ParameterInfo> parameter_info(const Params&) {
    static constexpr std::array<ParameterInfo, 3> info{{
        {"lanes", "lanes", 1, 1 << 30, "elements scaled and quantised per cycle"},
        {"depth", "cycles", 1, 1024,
         "pipeline stages from the accumulator buffer to the vector buffer"},
        {"special_cycles", "cycles", 1, 1024, "time that a divide or a square root holds its lane"},
    }};
    return info;
}

bool executes(isa::VectorOperation operation) {
    return operation <= VectorOperation::least_vote;
}

std::int64_t elements(const isa::Drain& drain) {
    return drain.rows * drain.columns;
}

std::int64_t elements(const isa::VectorInstruction& instruction) {
    const Cost price = cost(instruction);
    const bool scalar_only = price.passes + price.specials + price.serial_passes == 0;
    return scalar_only ? 1 : instruction.rows * instruction.columns;
}

std::int64_t cycles(const Params& params, const isa::Drain& drain) {
    return ceil_div(elements(drain), params.lanes) + params.depth;
}

std::int64_t cycles(const Params& params, const isa::VectorInstruction& instruction) {
    const Cost price = cost(instruction);
    const std::int64_t count = elements(instruction);
    return groups(params, instruction) * (price.passes + price.specials * params.special_cycles) +
           count * price.serial_passes + price.scalar_cycles +
           price.scalar_specials * params.special_cycles + params.depth;
}

}  // namespace quatrain::scaling_unit

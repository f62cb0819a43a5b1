// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/scaling_unit/clocked_operation.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::scaling_unit {
namespace {

using isa::VectorOperation;

void check_shape(const isa::VectorInstruction& instruction) {
    const std::int64_t rows = instruction.rows;
    const std::int64_t columns = instruction.columns;
    if (rows < 1 || columns < 1)
        reject(instruction,
               fmt::format("rows x columns = {} x {}: must be at least 1 x 1", rows, columns));
    constexpr std::int64_t largest = (std::int64_t{1} << counter_bits) - 1;
    in_range("scaling_unit row counter", rows, 1, largest);
    in_range("scaling_unit column counter", columns, 1, largest);
    in_range("scaling_unit element counter", rows * columns, 1, largest);
}

void require_operand(const isa::VectorInstruction& instruction, const isa::Operand& operand,
                     std::string_view role, std::size_t index) {
    if (operand.address == isa::no_address)
        reject(instruction, fmt::format("{}[{}] is not given", role, index));
}

/// Inputs, outputs and scalars that must be there, from [0] on.
void check_operands(const isa::VectorInstruction& instruction, std::size_t inputs,
                    std::size_t outputs, std::size_t scalars) {
    for (std::size_t i = 0; i < inputs; ++i)
        require_operand(instruction, instruction.in[i], "in", i);
    for (std::size_t i = 0; i < outputs; ++i)
        require_operand(instruction, instruction.out[i], "out", i);
    for (std::size_t i = 0; i < scalars; ++i) require_scalar(instruction, i);
}

}  // namespace

void Operation::perform(Step step, Group& group) {
    switch (step) {
        case Step::decode:
            return decode(group);
        case Step::scale:
            return scale(group);
        case Step::quantise:
            return quantise(group);
        case Step::track:
            return track(group);
        case Step::write:
            return write(group);
    }
}

void ElementCounter::fill(Group& group, std::int64_t lanes) {
    const std::int64_t left = (rows_ - row_) * columns_ - column_;
    group.lanes.resize(static_cast<std::size_t>(std::min(lanes, left)));
    for (Lane& lane : group.lanes) {
        lane.row = row_;
        lane.column = column_;
        if (++column_ < columns_) continue;
        column_ = 0;
        ++row_;
    }
}

PackedRun input_run(const isa::VectorInstruction& instruction, std::size_t index,
                    std::int64_t elements) {
    const isa::Operand& operand = instruction.in[index];
    return {operand.address, operand.format, elements};
}

PackedRun output_run(const isa::VectorInstruction& instruction, std::size_t index,
                     std::int64_t elements) {
    const isa::Operand& operand = instruction.out[index];
    return {operand.address, operand.format, elements};
}

void reject(const isa::VectorInstruction& instruction, const std::string& message) {
    throw std::invalid_argument(
        fmt::format("scaling_unit {}: {}", isa::name(instruction.operation), message));
}

void require_scalar(const isa::VectorInstruction& instruction, std::size_t index) {
    if (instruction.scalars[index] == isa::no_address)
        reject(instruction, fmt::format("scalars[{}] is not given", index));
}

std::unique_ptr<Operation> make_operation(const isa::VectorInstruction& instruction,
                                          const Params& params, ClockedPorts& ports) {
    switch (instruction.operation) {
        case VectorOperation::weight_statistics:
            check_shape(instruction);
            check_operands(instruction, 1, 3, 0);
            return make_weight_statistics(instruction, params, ports);
        case VectorOperation::weight_scale:
            check_shape(instruction);
            check_operands(instruction, 3, 0, 2);
            return make_weight_scale(instruction, params, ports);
        case VectorOperation::quantise_weight:
            check_shape(instruction);
            check_operands(instruction, 1, 1, 0);
            return make_quantise_weight(instruction, params, ports);
        case VectorOperation::quantise_gradient:
            check_shape(instruction);
            check_operands(instruction, 1, 1, 1);
            return make_quantise_gradient(instruction, params, ports);
        case VectorOperation::update_gradscale:
            check_operands(instruction, 0, 0, 3);
            return make_update_gradscale(instruction, ports);
        case VectorOperation::gradscale_vote:
            check_operands(instruction, 0, 0, 2);
            return make_gradscale_vote(instruction, ports);
        case VectorOperation::add_votes:
            check_operands(instruction, 0, 0, 1);
            require_scalar(instruction, 2);
            return make_add_votes(instruction, ports);
        case VectorOperation::apply_gradscale:
            check_operands(instruction, 0, 0, 2);
            return make_apply_gradscale(instruction, ports);
        case VectorOperation::least_vote:
            check_operands(instruction, 0, 0, 1);
            require_scalar(instruction, 2);
            return make_least_vote(instruction, ports);
        case VectorOperation::activation_scale:
            check_operands(instruction, 0, 0, 3);
            return make_activation_scale(instruction, params, ports);
        case VectorOperation::quantise_activation:
            check_shape(instruction);
            check_operands(instruction, 1, 1, 2);
            return make_quantise_activation(instruction, params, ports);
        default:
            reject(instruction, "belongs to the vector unit");
    }
}

}  // namespace quatrain::scaling_unit

// SPDX-License-Identifier: Apache-2.0
#include "sim/machine/operand_roles.hpp"

#include <fmt/format.h>
#include <array>
#include <stdexcept>

namespace quatrain::machine {
namespace {

using isa::VectorOperation;

struct Row {
    VectorOperation operation{};
    OperandRoles roles;
};

constexpr std::array<Row, isa::vector_operation_count> table{{
    {VectorOperation::weight_statistics, {"t", "vvv", ""}},
    {VectorOperation::weight_scale, {"vvv", "", "ww"}},
    {VectorOperation::quantise_weight, {"t", "tt", "r"}},
    {VectorOperation::quantise_gradient, {"t", "tt", "rrbbb"}},
    {VectorOperation::update_gradscale, {"", "", "brw"}},
    {VectorOperation::activation_scale, {"", "", "rww"}},
    {VectorOperation::quantise_activation, {"t", "t", "rr"}},
    {VectorOperation::gradscale_vote, {"", "", "rw"}},
    {VectorOperation::add_votes, {"", "", "rrw"}},
    {VectorOperation::apply_gradscale, {"", "", "br"}},
    {VectorOperation::least_vote, {"", "", "rrw"}},
    {VectorOperation::fill_zero, {"", "t", ""}},
    {VectorOperation::input_normalise, {"tvv", "t", ""}},
    {VectorOperation::relu, {"t", "t", ""}},
    {VectorOperation::relu_backward, {"tt", "t", ""}},
    {VectorOperation::activation_backward, {"tt", "tv", "r"}},
    {VectorOperation::add, {"tt", "t", "rr"}},
    {VectorOperation::bias_add, {"tv", "t", ""}},
    {VectorOperation::column_sum, {"t", "v", ""}},
    {VectorOperation::reduce_columns, {"v", "", "w"}},
    {VectorOperation::batch_norm_statistics, {"t", "vv", ""}},
    {VectorOperation::batch_norm_finish, {"vvvv", "vvvv", "rrrr"}},
    {VectorOperation::batch_norm_normalise, {"tvvvv", "t", ""}},
    {VectorOperation::batch_norm_backward_statistics, {"ttvv", "vv", ""}},
    {VectorOperation::batch_norm_backward_apply, {"ttvvvvv", "t", ""}},
    {VectorOperation::max_pool, {"x", "t", ""}},
    {VectorOperation::max_pool_backward, {"yx", "t", ""}},
    {VectorOperation::average_pool, {"p", "t", "r"}},
    {VectorOperation::average_pool_backward, {"t", "p", ""}},
    {VectorOperation::softmax_cross_entropy, {"tr", "t", "b"}},
    {VectorOperation::divide_scalar, {"", "", "b"}},
    {VectorOperation::sgd_update, {"ttt", "tt", "rrrr"}},
    {VectorOperation::sgd_update_scalar, {"", "", "bbrrrr"}},
    {VectorOperation::add_scalars, {"", "", "rrw"}},
}};

constexpr bool in_enumeration_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].operation != static_cast<VectorOperation>(i)) return false;
    }
    return true;
}
static_assert(in_enumeration_order());

/// Images in a pooling tile: its rows cover one band of each.
std::int64_t pooled_images(const isa::VectorInstruction& instruction) {
    const isa::WindowGeometry& window = instruction.window;
    const std::int64_t pixels = instruction.operation == VectorOperation::max_pool
                                    ? window.output_rows * window.output_width
                                    : window.result_rows * window.input_width;
    return pixels == 0 ? 0 : instruction.rows / pixels;
}

}  // namespace

const OperandRoles& operand_roles(VectorOperation operation) {
    return table[static_cast<std::size_t>(operation)].roles;
}

std::int64_t operand_elements(const isa::VectorInstruction& instruction, char role) {
    const isa::WindowGeometry& window = instruction.window;
    switch (role) {
        case 't':
            return instruction.rows * instruction.columns;
        case 'v':
            return instruction.columns;
        case 'r':
            return instruction.rows;
        case 'p':
            return instruction.rows * instruction.immediate * instruction.columns;
        case 'x':
            return pooled_images(instruction) * window.input_rows * window.input_width *
                   instruction.columns;
        case 'y':
            return pooled_images(instruction) * window.output_rows * window.output_width *
                   instruction.columns;
        default:
            throw std::logic_error(fmt::format("operand role '{}' has no size", role));
    }
}

}  // namespace quatrain::machine

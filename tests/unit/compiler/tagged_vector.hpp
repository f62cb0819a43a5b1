// SPDX-License-Identifier: Apache-2.0
#pragma once

// Vector and scaling-unit operations of the TaggedMachine.

#include "tests/unit/compiler/tagged_machine.hpp"

namespace quatrain::compiler::testing {

inline const training::Operator& TaggedMachine::operator_of(isa::VectorOperation operation) const {
    using K = training::OperatorKind;
    using V = isa::VectorOperation;
    static const std::multimap<V, K> kinds{
        {V::weight_statistics, K::weight_statistics},
        {V::weight_scale, K::weight_statistics},
        {V::quantise_weight, K::weight_quantise},
        {V::quantise_gradient, K::gradient_quantise},
        {V::quantise_activation, K::quantise_activation},
        {V::input_normalise, K::input_normalise},
        {V::relu, K::relu},
        {V::relu_backward, K::relu_backward},
        {V::activation_backward, K::activation_backward},
        {V::add, K::add},
        {V::add, K::gradient_add},
        {V::bias_add, K::bias_add},
        {V::column_sum, K::bias_gradient},
        {V::reduce_columns, K::activation_backward},
        {V::batch_norm_statistics, K::batch_norm_statistics},
        {V::batch_norm_finish, K::batch_norm_statistics},
        {V::batch_norm_normalise, K::batch_norm_normalise},
        {V::batch_norm_backward_statistics, K::batch_norm_backward_statistics},
        {V::batch_norm_backward_apply, K::batch_norm_backward_apply},
        {V::max_pool, K::max_pool},
        {V::max_pool_backward, K::max_pool_backward},
        {V::average_pool, K::average_pool},
        {V::average_pool_backward, K::average_pool_backward},
        {V::softmax_cross_entropy, K::loss},
        {V::sgd_update, K::sgd}};
    const auto range = kinds.equal_range(operation);
    for (const auto index : program_.code[engines_[current_].code].operators)
        for (auto kind = range.first; kind != range.second; ++kind)
            if (program_.graph.operators[index].kind == kind->second)
                return program_.graph.operators[index];
    throw Violation("an operation that no operator of the group asks for");
}

inline void TaggedMachine::check_tile(const isa::Operand& operand, training::TensorId id,
                                      std::int64_t row, std::int64_t rows, std::int64_t column,
                                      std::int64_t columns) {
    const auto& t = tensor(id);
    const std::int64_t bits = numerics::bits(t.format);
    require(operand.format == t.format, "operand is not in the format of {}", t.name);
    claim_vector(operand, rows * columns, false);
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        const auto& tag = memory(isa::BufferId::vector).tag(operand.address + i * bits / 8);
        const std::int64_t expected = (row + i / columns) * t.columns() + column + i % columns;
        require(tag.tensor == id && !tag.updated && element(tag, bits == 4 ? i % 2 : 0) == expected,
                "operand element {} is not element {} of {}", i, expected, t.name);
    }
}

inline void TaggedMachine::write_tile(const isa::Operand& operand, training::TensorId id,
                                      std::int64_t row, std::int64_t rows, std::int64_t column,
                                      std::int64_t columns, bool updated) {
    const auto& t = tensor(id);
    const std::int64_t bits = numerics::bits(t.format);
    require(operand.format == t.format, "result is not in the format of {}", t.name);
    claim_vector(operand, rows * columns, true);
    for (std::int64_t byte = 0; byte < rows * columns * bits / 8; ++byte) {
        const std::int64_t i = byte * 8 / bits;
        const std::int64_t target = (row + i / columns) * t.columns() + column + i % columns;
        const std::int64_t index = target * bits / 8 + (bits >= 8 ? byte % (bits / 8) : 0);
        memory(isa::BufferId::vector)
            .set(operand.address + byte, {static_cast<std::uint32_t>(id), index, updated});
    }
}

inline void TaggedMachine::sum_rows(const training::Operator& op,
                                    const isa::VectorInstruction& instruction, std::int64_t row,
                                    std::int64_t column, std::int64_t rows) {
    auto& summed = rows_summed_[{&op, column, rows}];
    require(summed == row && instruction.accumulate == (row > 0),
            "sums row {} after {} rows, accumulate {}", row, summed, instruction.accumulate);
    summed += instruction.rows;
}

/// Operators on tiles: `tiles` leading inputs are tiles, other inputs vectors or scalars.
inline void TaggedMachine::tile_operation(const isa::VectorInstruction& instruction,
                                          const training::Operator& op, std::size_t tiles) {
    using V = isa::VectorOperation;
    const auto pixels_in = instruction.operation == V::average_pool ? instruction.immediate : 1;
    const auto pixels_out =
        instruction.operation == V::average_pool_backward ? instruction.immediate : 1;
    const auto& x = tensor(op.inputs[0]);
    const auto first = element(memory(isa::BufferId::vector).tag(instruction.in[0].address), 0);
    const std::int64_t row = first / x.columns() / pixels_in, column = first % x.columns();
    for (std::size_t i = 0; i < tiles; ++i) {
        const bool narrow = tensor(op.inputs[i]).columns() == 1 && x.columns() > 1;
        check_tile(instruction.in.at(i), op.inputs[i], row * pixels_in,
                   instruction.rows * pixels_in, narrow ? 0 : column,
                   narrow ? 1 : instruction.columns);
    }
    std::size_t operand = tiles;
    for (std::size_t i = tiles; i < op.inputs.size(); ++i)
        if (!tensor(op.inputs[i]).scalar && instruction.operation != V::batch_norm_statistics)
            check_tile(instruction.in.at(operand++), op.inputs[i], 0, 1, column,
                       instruction.columns);
    const bool sums = instruction.operation == V::weight_statistics ||
                      instruction.operation == V::batch_norm_statistics ||
                      instruction.operation == V::batch_norm_backward_statistics ||
                      instruction.operation == V::activation_backward ||
                      instruction.operation == V::column_sum;
    if (sums) sum_rows(op, instruction, row, column, x.rows());
    std::size_t result = 0;
    for (const auto& out : instruction.out) {
        if (out.address == isa::no_address) continue;
        const bool named = result < op.outputs.size() && !tensor(op.outputs[result]).scalar &&
                           instruction.operation != V::batch_norm_statistics;
        if (instruction.operation == V::sgd_update) {
            write_tile(out, op.inputs[1 + result], row, instruction.rows, column,
                       instruction.columns, true);
        } else if (named) {
            const bool vector = sums && tensor(op.outputs[result]).rows() == 1 &&
                                instruction.operation != V::activation_backward;
            write_tile(out, op.outputs[result], vector ? 0 : row * pixels_out,
                       vector ? 1 : instruction.rows * pixels_out, column, instruction.columns);
        } else {
            claim_vector(out, instruction.columns, true);
            for (std::int64_t b = 0; b < instruction.columns * 4; ++b)
                memory(isa::BufferId::vector)
                    .set(out.address + b,
                         {Tag::sum,
                          static_cast<std::int64_t>(result) * x.columns() * 4 + column * 4 + b,
                          false});
        }
        ++result;
    }
    if (instruction.operation == V::quantise_gradient ||
        instruction.operation == V::softmax_cross_entropy)
        require(instruction.accumulate == (row > 0 || column > 0), "accumulates from the start");
}

/// Operators on the finished sums: every row is in, of every column.
inline void TaggedMachine::finish_operation(const isa::VectorInstruction& instruction,
                                            const training::Operator& op) {
    const auto& x = tensor(op.inputs[0]);
    require(instruction.rows == 1 && instruction.columns == x.columns(), "not over all columns");
    std::int64_t columns = 0;
    for (const auto& [key, rows] : rows_summed_)
        if (std::get<0>(key) == &op) {
            require(rows == x.rows(), "finishes after {} of {} rows", rows, x.rows());
            ++columns;
        }
    require(columns > 0, "finishes what never began");
    const bool statistics = op.kind == training::OperatorKind::batch_norm_statistics;
    const bool reduces = op.kind == training::OperatorKind::activation_backward;
    const std::size_t sums = statistics ? 2 : reduces ? 1 : 3;
    for (std::size_t i = 0; i < sums; ++i) {
        claim_vector(instruction.in.at(i), x.columns(), false);
        for (std::int64_t b = 0; b < x.columns() * 4; ++b) {
            const auto& tag = memory(isa::BufferId::vector).tag(instruction.in.at(i).address + b);
            require(tag.tensor == Tag::sum &&
                        tag.index ==
                            static_cast<std::int64_t>(i + (reduces ? 1 : 0)) * x.columns() * 4 + b,
                    "operand {} is not the sum it should be", i);
        }
    }
    if (!statistics) return;
    for (std::size_t i = 0; i < 2; ++i)
        write_tile(instruction.out.at(i), op.outputs.at(i), 0, 1, 0, x.columns());
    for (std::size_t i = 2; i < 4 && instruction.in.at(i).address != isa::no_address; ++i) {
        check_tile(instruction.in.at(i), op.inputs.at(i - 1), 0, 1, 0, x.columns());
        write_tile(instruction.out.at(i), op.inputs.at(i - 1), 0, 1, 0, x.columns(), true);
    }
}

inline void TaggedMachine::pool_operation(const isa::VectorInstruction& instruction,
                                          const training::Operator& op) {
    const auto& w = instruction.window;
    const bool backward = op.kind == training::OperatorKind::max_pool_backward;
    const auto& x = tensor(op.inputs[backward ? 1 : 0]);
    const std::int64_t per_image =
        backward ? w.result_rows * w.input_width : w.output_rows * w.output_width;
    const std::int64_t images = instruction.rows / per_image;
    require(images * per_image == instruction.rows, "not whole bands");
    const auto first =
        element(memory(isa::BufferId::vector).tag(instruction.in.at(backward ? 1 : 0).address), 0);
    const std::int64_t column = first % x.columns();
    const std::int64_t image = first / x.columns() / (w.input_height * w.input_width);
    const auto band = [&](std::int64_t rows_of_image, std::int64_t first_row, std::int64_t width) {
        return (image * rows_of_image + first_row) * width;
    };
    const auto input = band(w.input_height, w.first_input_row, w.input_width);
    const auto output = band(w.output_height, w.first_output_row, w.output_width);
    const auto result = band(w.input_height, w.first_result_row, w.input_width);
    const auto columns = instruction.columns;
    check_tile(instruction.in.at(backward ? 1 : 0), op.inputs[backward ? 1 : 0], input,
               images * w.input_rows * w.input_width, column, columns);
    if (!backward) {
        write_tile(instruction.out[0], op.outputs[0], output,
                   images * w.output_rows * w.output_width, column, columns);
        return;
    }
    check_tile(instruction.in[0], op.inputs[0], output, images * w.output_rows * w.output_width,
               column, columns);
    write_tile(instruction.out[0], op.outputs[0], result, instruction.rows, column, columns);
}

inline void TaggedMachine::quantise_weight(const isa::VectorInstruction& instruction,
                                           const training::Operator& op) {
    tile_operation({.operation = instruction.operation,
                    .rows = instruction.rows,
                    .columns = instruction.columns,
                    .in = {instruction.in[0]},
                    .out = {instruction.out[0]}},
                   op, 1);
    if (op.outputs.size() < 2) return;
    const auto& w = tensor(op.inputs[0]);
    const auto first = element(memory(isa::BufferId::vector).tag(instruction.in[0].address), 0);
    const std::int64_t row = first / w.columns(), column = first % w.columns();
    const std::int64_t position = row / w.shape[2], input = row % w.shape[2];
    require(input + instruction.rows <= w.shape[2], "a block over two kernel positions");
    write_tile(instruction.out[1], op.outputs[1], position * w.columns() + column,
               instruction.columns, input, instruction.rows);
}

inline void TaggedMachine::execute(const isa::VectorInstruction& instruction) {
    using V = isa::VectorOperation;
    switch (instruction.operation) {
        case V::fill_zero:
            claim_vector(instruction.out[0], instruction.rows * instruction.columns, true);
            for (std::int64_t b = 0; b < packed_bytes(instruction.rows * instruction.columns,
                                                      instruction.out[0].format);
                 ++b)
                memory(isa::BufferId::vector)
                    .set(instruction.out[0].address + b, {Tag::zero, 0, false});
            return;
        case V::update_gradscale:
        case V::activation_scale:
        case V::sgd_update_scalar:
        case V::divide_scalar:
        case V::gradscale_vote:
        case V::add_votes:
        case V::apply_gradscale:
        case V::least_vote:
        case V::add_scalars:
            return;
        default:
            break;
    }
    const auto& op = operator_of(instruction.operation);
    switch (instruction.operation) {
        case V::weight_scale:
        case V::reduce_columns:
        case V::batch_norm_finish:
            return finish_operation(instruction, op);
        case V::max_pool:
        case V::max_pool_backward:
            return pool_operation(instruction, op);
        case V::quantise_weight:
            return quantise_weight(instruction, op);
        case V::sgd_update:
            return tile_operation(instruction, op, 3);
        case V::relu_backward:
        case V::activation_backward:
        case V::add:
        case V::batch_norm_backward_statistics:
        case V::batch_norm_backward_apply:
        case V::softmax_cross_entropy:
            return tile_operation(instruction, op, 2);
        default:
            return tile_operation(instruction, op, 1);
    }
}

}  // namespace quatrain::compiler::testing

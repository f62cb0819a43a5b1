// SPDX-License-Identifier: Apache-2.0
// The programs, in the order of docs/training-step.md.
#include "rtl_models/vector_unit/clocked_microcode.hpp"

#include <fmt/format.h>
#include <initializer_list>
#include <stdexcept>

namespace quatrain::vector_unit {
namespace {

using isa::VectorOperation;

constexpr Register r(int index) {
    return {File::lane, static_cast<std::uint8_t>(index)};
}
constexpr Register column(int in) {
    return {File::column, static_cast<std::uint8_t>(in)};
}
constexpr Register sum(int out) {
    return {File::sum, static_cast<std::uint8_t>(out)};
}
constexpr Register scalar(int index) {
    return {File::scalar, static_cast<std::uint8_t>(index)};
}
constexpr Register row_of_lane{File::row, 0};
constexpr Register store{File::store, 0};
constexpr Register count{File::immediate, 0};
constexpr Register zero{File::constant, 0};
constexpr Register one{File::constant, 1};

constexpr MicroOperation binary(Action action, Register to, Register left, Register right) {
    return {.action = action, .to = to, .left = left, .right = right};
}
constexpr MicroOperation add(Register to, Register left, Register right) {
    return binary(Action::add, to, left, right);
}
constexpr MicroOperation subtract(Register to, Register left, Register right) {
    return binary(Action::subtract, to, left, right);
}
constexpr MicroOperation multiply(Register to, Register left, Register right) {
    return binary(Action::multiply, to, left, right);
}
constexpr MicroOperation divide(Register to, Register left, Register right) {
    return binary(Action::divide, to, left, right);
}
constexpr MicroOperation unary(Action action, Register to, Register left) {
    return {.action = action, .to = to, .left = left};
}
constexpr MicroOperation compare(int flags, Register left, Register right) {
    return {.action = Action::compare,
            .left = left,
            .right = right,
            .flags = static_cast<std::uint8_t>(flags)};
}
constexpr MicroOperation select(Register to, Condition condition, int flags, Register left,
                                Register right) {
    return {.action = Action::select,
            .to = to,
            .left = left,
            .right = right,
            .condition = condition,
            .flags = static_cast<std::uint8_t>(flags)};
}
constexpr MicroOperation keep_position(Condition condition, int flags) {
    return {.action = Action::keep_position,
            .condition = condition,
            .flags = static_cast<std::uint8_t>(flags)};
}
constexpr MicroOperation read(Register to, int in, Index index = Index::tile,
                              When when = When::always) {
    return {.action = Action::read,
            .to = to,
            .operand = static_cast<std::uint8_t>(in),
            .index = index,
            .when = when};
}
constexpr MicroOperation read_stepped(Register to, int in, Index index, int step) {
    MicroOperation result = read(to, in, index);
    result.step = static_cast<std::uint8_t>(step);
    return result;
}
constexpr MicroOperation write(int out, Register from, Index index = Index::tile,
                               When when = When::always) {
    return {.action = Action::write,
            .left = from,
            .operand = static_cast<std::uint8_t>(out),
            .index = index,
            .when = when};
}
constexpr MicroOperation write_vector(int out, Register from, When when = When::last_row) {
    return {.action = Action::write_vector,
            .left = from,
            .operand = static_cast<std::uint8_t>(out),
            .when = when};
}
constexpr MicroOperation write_scalar(int index, Register from, When when = When::always) {
    return {.action = Action::write_scalar,
            .left = from,
            .operand = static_cast<std::uint8_t>(index),
            .when = when};
}
constexpr MicroOperation with_scalar(int index, MicroOperation operation) {
    operation.need = {Need::Kind::scalar, static_cast<std::uint8_t>(index)};
    return operation;
}
constexpr MicroOperation with_input(int in, MicroOperation operation) {
    operation.need = {Need::Kind::input, static_cast<std::uint8_t>(in)};
    return operation;
}

using Steps = std::vector<Step>;

Sweep elements(Steps steps) {
    return {Domain::elements, std::move(steps)};
}
Sweep result(Steps steps) {
    return {Domain::result, std::move(steps)};
}

MicroProgram fill_zero() {
    const MicroOperation clear{.action = Action::clear};
    return {.walk = Walk::elements, .sweeps = {elements({{{clear}}})}};
}

MicroProgram input_normalise() {
    return {.walk = Walk::elements,
            .sweeps = {elements({{{read(r(0), 0), multiply(r(0), r(0), column(1)),
                                   add(r(0), r(0), column(2)), write(0, r(0))}}})}};
}

MicroProgram relu() {
    return {.walk = Walk::elements,
            .sweeps = {
                elements({{{read(r(0), 0), compare(0, r(0), zero),
                            select(r(0), Condition::greater, 0, r(0), zero), write(0, r(0))}}})}};
}

MicroProgram relu_backward() {
    return {.walk = Walk::elements,
            .sweeps = {
                elements({{{read(r(0), 0), read(r(1), 1), compare(0, r(1), zero),
                            select(r(0), Condition::greater, 0, r(0), zero), write(0, r(0))}}})}};
}

MicroProgram activation_backward() {
    return {
        .walk = Walk::channels,
        .sweeps = {elements({
            {{read(r(0), 0), read(r(1), 1), compare(0, r(1), zero)}},
            {{compare(1, r(1), scalar(0)), select(r(2), Condition::greater_equal, 0, r(0), zero),
              select(r(2), Condition::less_equal, 1, r(2), zero),
              select(r(3), Condition::greater_equal, 1, r(0), zero), write(0, r(2))}},
            {{add(sum(1), sum(1), r(3)), write_vector(1, sum(1))}},
        })}};
}

MicroProgram add_tiles() {
    return {.walk = Walk::elements,
            .sweeps = {elements(
                {{{read_stepped(r(0), 0, Index::tile, 0), read_stepped(r(1), 1, Index::tile, 1),
                   add(r(0), r(0), r(1)), write(0, r(0))}}})}};
}

MicroProgram bias_add() {
    return {.walk = Walk::elements,
            .sweeps = {elements({{{read(r(0), 0), add(r(0), r(0), column(1)), write(0, r(0))}}})}};
}

MicroProgram column_sum() {
    return {.walk = Walk::channels,
            .sweeps = {
                elements({{{read(r(0), 0), add(sum(0), sum(0), r(0)), write_vector(0, sum(0))}}})}};
}

MicroProgram reduce_columns() {
    return {.walk = Walk::serial,
            .sweeps = {elements(
                {{{add(r(0), r(0), column(0)), write_scalar(0, r(0), When::last_step)}}})}};
}

MicroProgram batch_norm_statistics() {
    return {.walk = Walk::channels,
            .sweeps = {elements({
                {{read(r(0), 0), add(sum(0), sum(0), r(0)), multiply(r(1), r(0), r(0))}},
                {{add(sum(1), sum(1), r(1)), write_vector(0, sum(0)), write_vector(1, sum(1))}},
            })}};
}

MicroProgram batch_norm_finish() {
    // r0 mean, r3 variance, r5 inverse deviation, r4 and r8 the running statistics.
    return {
        .walk = Walk::elements,
        .sweeps = {elements({
            {{divide(r(0), column(0), count)}},
            {{divide(r(1), column(1), count)}},
            {{multiply(r(2), r(0), r(0)), subtract(r(1), r(1), r(2))}},
            {{compare(0, r(1), zero), select(r(3), Condition::less, 0, zero, r(1)),
              with_input(2, multiply(r(4), scalar(2), column(2)))}},
            {{add(r(5), r(3), scalar(0)), with_input(2, multiply(r(6), scalar(1), r(0)))}},
            {{unary(Action::square_root, r(5), r(5))}},
            {{divide(r(5), one, r(5))}},
            {{with_input(2, add(r(4), r(4), r(6))),
              with_input(2, multiply(r(7), r(3), scalar(3)))}},
            {{with_input(2, multiply(r(8), scalar(2), column(3)))}},
            {{with_input(2, multiply(r(7), scalar(1), r(7))), with_input(2, add(r(8), r(8), r(7))),
              write_vector(0, r(0)), write_vector(1, r(5)), with_input(2, write_vector(2, r(4))),
              with_input(2, write_vector(3, r(8)))}},
        })}};
}

MicroProgram batch_norm_normalise() {
    return {.walk = Walk::elements,
            .sweeps = {elements({
                {{read(r(0), 0), subtract(r(0), r(0), column(1)), multiply(r(0), r(0), column(2))}},
                {{multiply(r(0), r(0), column(3)), add(r(0), r(0), column(4)), write(0, r(0))}},
            })}};
}

MicroProgram batch_norm_backward_statistics() {
    return {.walk = Walk::channels,
            .sweeps = {elements({
                {{read(r(0), 0), read(r(1), 1), subtract(r(1), r(1), column(2)),
                  multiply(r(1), r(1), column(3))}},
                {{add(sum(0), sum(0), r(0)), multiply(r(1), r(0), r(1))}},
                {{add(sum(1), sum(1), r(1)), write_vector(0, sum(0)), write_vector(1, sum(1))}},
            })}};
}

MicroProgram batch_norm_backward_apply() {
    // The factors of a column: k in sum 1, b in sum 2, g in sum 3.
    return {
        .walk = Walk::elements,
        .sweeps = {{Domain::columns,
                    {{{multiply(sum(1), column(4), column(3))}},
                     {{divide(sum(2), column(5), count)}},
                     {{divide(sum(3), column(6), count)}}}},
                   elements({
                       {{read(r(0), 0), read(r(1), 1), subtract(r(1), r(1), column(2)),
                         multiply(r(1), r(1), column(3))}},
                       {{subtract(r(0), r(0), sum(2)), multiply(r(1), r(1), sum(3))}},
                       {{subtract(r(0), r(0), r(1)), multiply(r(0), sum(1), r(0)), write(0, r(0))}},
                   })}};
}

MicroProgram max_pool() {
    return {.walk = Walk::windows,
            .sweeps = {elements({{{read(r(0), 0, Index::window_input), compare(0, r(0), r(1)),
                                   select(r(1), Condition::greater, 0, r(0), r(1)),
                                   select(r(1), Condition::first, 0, r(0), r(1)),
                                   write(0, r(1), Index::tile, When::last_step)}}})}};
}

MicroProgram max_pool_backward() {
    // Neighbouring windows share a group. Backwards, the window that comes first reaches a shared
    // pixel first, and no two windows reach it in the same cycle.
    const Step find{{read(r(0), 1, Index::window_input), compare(0, r(0), r(1)),
                     select(r(1), Condition::greater, 0, r(0), r(1)),
                     select(r(1), Condition::first, 0, r(0), r(1)),
                     keep_position(Condition::greater, 0), keep_position(Condition::first, 0)}};
    const Step scatter{{read(r(2), 0, Index::window_output, When::first_step),
                        select(r(3), Condition::at_position, 0, r(2), zero),
                        add(store, store, r(3))}};
    return {.walk = Walk::windows,
            .sweeps = {elements({find}), {Domain::elements_backward, {scatter}}}};
}

MicroProgram average_pool() {
    return {
        .walk = Walk::pixels,
        .sweeps = {elements({{{read_stepped(r(0), 0, Index::pixel, 0), add(r(1), r(1), r(0))}}}),
                   result({{{divide(r(1), r(1), count), write(0, r(1))}}})}};
}

MicroProgram average_pool_backward() {
    return {.walk = Walk::pixels,
            .sweeps = {result({{{read(r(0), 0), divide(r(0), r(0), count)}}}),
                       elements({{{write(0, r(0), Index::pixel)}}})}};
}

MicroProgram softmax_cross_entropy() {
    // r1 maximum, r2 the label's logit, r3 the sum, r4 the row's loss.
    const Register x = r(0);
    return {
        .walk = Walk::rows,
        .sweeps =
            {elements({{{{.action = Action::read_label,
                          .operand = 1,
                          .index = Index::row,
                          .when = When::first_step},
                         read(x, 0),
                         unary(Action::move, row_of_lane, x),
                         compare(0, x, r(1)),
                         select(r(1), Condition::greater, 0, x, r(1)),
                         select(r(1), Condition::first, 0, x, r(1)),
                         select(r(2), Condition::at_label, 0, x, r(2))}}}),
             elements({{{subtract(x, row_of_lane, r(1))}},
                       {{unary(Action::exponential, x, x)}},
                       {{add(r(3), r(3), x), unary(Action::move, row_of_lane, x)}}}),
             elements({{{divide(x, row_of_lane, r(3))}},
                       {{select(r(5), Condition::at_label, 0, one, zero), subtract(x, x, r(5))}},
                       {{divide(x, x, count), write(0, x)}}}),
             result({{{subtract(r(2), r(2), r(1))}},
                     {{unary(Action::logarithm, r(4), r(3))}},
                     {{subtract(r(4), r(4), r(2))}}}),
             {Domain::lane_by_lane,
              {{{add(scalar(0), scalar(0), r(4)), write_scalar(0, scalar(0), When::last_row)}}}}},
        .accumulates_scalar = true};
}

MicroProgram divide_scalar() {
    return {.walk = Walk::scalars,
            .sweeps = {elements({{{unary(Action::move, r(0), scalar(0))}},
                                 {{divide(r(0), r(0), count), write_scalar(0, r(0))}}})}};
}

MicroProgram sgd_update() {
    // r0 d, r1 w, r2 v, r3 |w|
    return {.walk = Walk::elements,
            .sweeps = {elements({
                {{read(r(0), 0), read(r(1), 1), read(r(2), 2),
                  with_scalar(3, unary(Action::magnitude, r(3), r(1))),
                  with_scalar(3, compare(0, r(3), scalar(3))),
                  with_scalar(3, select(r(0), Condition::greater, 0, zero, r(0))),
                  with_scalar(2, multiply(r(3), scalar(2), r(1)))}},
                {{with_scalar(2, add(r(0), r(0), r(3))), multiply(r(2), scalar(1), r(2))}},
                {{add(r(2), r(2), r(0)), multiply(r(3), scalar(0), r(2))}},
                {{subtract(r(1), r(1), r(3)), write(0, r(1)), write(1, r(2))}},
            })}};
}

MicroProgram sgd_update_scalar() {
    return {.walk = Walk::scalars,
            .sweeps = {elements({
                {{unary(Action::move, r(0), scalar(2)),
                  with_scalar(5, multiply(r(1), scalar(5), scalar(0))),
                  with_scalar(5, add(r(0), r(0), r(1)))}},
                {{multiply(r(1), scalar(4), scalar(1)), add(r(1), r(1), r(0))}},
                {{multiply(r(2), scalar(3), r(1)), subtract(r(2), scalar(0), r(2)),
                  write_scalar(0, r(2)), write_scalar(1, r(1))}},
            })}};
}

MicroProgram add_scalars() {
    return {.walk = Walk::scalars,
            .sweeps = {
                elements({{{unary(Action::move, r(0), scalar(0)),
                            with_scalar(1, add(r(0), r(0), scalar(1))), write_scalar(2, r(0))}}})}};
}

struct Row {
    VectorOperation operation;
    MicroProgram (*program)();
};
constexpr Row table[]{
    {VectorOperation::fill_zero, fill_zero},
    {VectorOperation::input_normalise, input_normalise},
    {VectorOperation::relu, relu},
    {VectorOperation::relu_backward, relu_backward},
    {VectorOperation::activation_backward, activation_backward},
    {VectorOperation::add, add_tiles},
    {VectorOperation::bias_add, bias_add},
    {VectorOperation::column_sum, column_sum},
    {VectorOperation::reduce_columns, reduce_columns},
    {VectorOperation::batch_norm_statistics, batch_norm_statistics},
    {VectorOperation::batch_norm_finish, batch_norm_finish},
    {VectorOperation::batch_norm_normalise, batch_norm_normalise},
    {VectorOperation::batch_norm_backward_statistics, batch_norm_backward_statistics},
    {VectorOperation::batch_norm_backward_apply, batch_norm_backward_apply},
    {VectorOperation::max_pool, max_pool},
    {VectorOperation::max_pool_backward, max_pool_backward},
    {VectorOperation::average_pool, average_pool},
    {VectorOperation::average_pool_backward, average_pool_backward},
    {VectorOperation::softmax_cross_entropy, softmax_cross_entropy},
    {VectorOperation::divide_scalar, divide_scalar},
    {VectorOperation::sgd_update, sgd_update},
    {VectorOperation::sgd_update_scalar, sgd_update_scalar},
    {VectorOperation::add_scalars, add_scalars},
};

}  // namespace

MicroProgram micro_program(VectorOperation operation) {
    for (const Row& row : table)
        if (row.operation == operation) {
            MicroProgram program = row.program();
            program.operation = operation;
            return program;
        }
    throw std::invalid_argument(
        fmt::format("vector_unit {}: belongs to the scaling units", isa::name(operation)));
}

}  // namespace quatrain::vector_unit

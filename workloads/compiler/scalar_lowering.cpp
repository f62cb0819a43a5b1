// SPDX-License-Identifier: Apache-2.0
#include "workloads/compiler/lowering.hpp"

#include <stdexcept>

namespace quatrain::compiler {

using isa::VectorOperation;
using training::OperatorKind;

std::int64_t Lowering::scalar(training::TensorId id) const {
    if (placements[id].scalar_address == isa::no_address)
        throw std::logic_error(tensor(id).name + " is no scalar");
    return placements[id].scalar_address;
}

std::int64_t Lowering::scalar(std::optional<training::TensorId> id) const {
    return id ? scalar(*id) : isa::no_address;
}

bool is_scalar_operator(OperatorKind kind) {
    return kind == OperatorKind::activation_scale || kind == OperatorKind::gradscale_update ||
           kind == OperatorKind::sgd_scalar || kind == OperatorKind::gradscale_vote ||
           kind == OperatorKind::gradscale_apply || kind == OperatorKind::gradscale_least;
}

namespace {

/// The least of all inputs: one after the other against the least so far.
void lower_least(const Lowering& lowering, const training::Operator& op) {
    isa::VectorInstruction instruction;
    instruction.operation = VectorOperation::least_vote;
    instruction.rows = instruction.columns = 1;
    const std::int64_t least = lowering.scalar(op.outputs.at(0));
    std::int64_t so_far = lowering.scalar(op.inputs.at(0));
    for (std::size_t i = 1; i == 1 || i < op.inputs.size(); ++i) {
        const std::int64_t next =
            i < op.inputs.size() ? lowering.scalar(op.inputs[i]) : isa::no_address;
        instruction.scalars = {so_far, next, least, -1, -1, -1};
        lowering.emitter.emit(isa::Engine::vector, instruction);
        so_far = least;
    }
}

}  // namespace

void lower_scalars(const Lowering& lowering, const training::Operator& op, OperatorCode& code) {
    code.m = code.n = 1;
    code.format = "fp32";
    code.tile = "scalars";
    if (op.kind == OperatorKind::gradscale_least) return lower_least(lowering, op);
    const auto in = [&](std::size_t i) { return lowering.scalar(op.inputs.at(i)); };
    const auto out = [&](std::size_t i) { return lowering.scalar(op.outputs.at(i)); };
    isa::VectorInstruction instruction;
    instruction.rows = instruction.columns = 1;
    switch (op.kind) {
        case OperatorKind::activation_scale:
            instruction.operation = VectorOperation::activation_scale;
            instruction.scalars = {in(0), out(0), out(1), -1, -1, -1};
            break;
        case OperatorKind::gradscale_update:
            instruction.operation = VectorOperation::update_gradscale;
            instruction.scalars = {in(0), in(1), out(0), -1, -1, -1};
            break;
        case OperatorKind::gradscale_vote:
            instruction.operation = VectorOperation::gradscale_vote;
            instruction.scalars = {in(0), out(0), -1, -1, -1, -1};
            break;
        case OperatorKind::gradscale_apply:
            instruction.operation = VectorOperation::apply_gradscale;
            instruction.scalars = {in(0), in(1), -1, -1, -1, -1};
            break;
        case OperatorKind::sgd_scalar:
            instruction.operation = VectorOperation::sgd_update_scalar;
            instruction.scalars = {in(1), in(2), in(0),
                                   in(3), in(4), lowering.scalar(op.weight_decay)};
            break;
        default:
            throw std::logic_error("not an operator on scalars");
    }
    lowering.emitter.emit(isa::Engine::vector, instruction);
}

}  // namespace quatrain::compiler

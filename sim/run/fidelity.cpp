// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include "workloads/golden/ideal.hpp"

#include <bit>
#include <cmath>
#include <optional>

namespace quatrain::run {
namespace {

using training::Operator;
using training::OperatorKind;

/// The tensors that the operator makes and that may have an ideal. Transposed codes only repeat
/// the weight's.
std::vector<training::TensorId> made_tensors(const Operator& op) {
    if (op.kind == OperatorKind::weight_quantise) return {op.outputs[0]};
    if (op.kind == OperatorKind::sgd || op.kind == OperatorKind::sgd_scalar) return {op.inputs[1]};
    return op.outputs;
}

/// The tensor's name after the step.
const std::string& final_name(const training::Tensor& tensor) {
    return tensor.updated_name.empty() ? tensor.name : tensor.updated_name;
}

bool is_gradient_code(const training::Graph& graph, const Operator& op, training::TensorId id) {
    return op.kind == OperatorKind::gradient_quantise &&
           graph.tensors[id].format == numerics::Format::fp4_r4;
}

double scalar_value(const golden::Tensor& scalar) {
    const std::uint32_t code = scalar.codes.at(0);
    if (scalar.format == "int32") return std::bit_cast<std::int32_t>(code);
    return std::bit_cast<float>(code);
}

/// The number that turns the tensor's codes into values.
double code_step(const training::Graph& graph, const Operator& op, training::TensorId id,
                 const golden::Tensors& inputs, const TensorSource& source) {
    // GradScale is updated within the step: the scale that was used is the one that the step began
    // with.
    if (is_gradient_code(graph, op, id))
        return std::exp2(-scalar_value(inputs.at(graph.tensors[op.inputs[1]].name)));
    if (op.kind == OperatorKind::weight_quantise && op.inputs.size() > 1)
        return scalar_value(source(op.inputs[1]));
    const training::Tensor& tensor = graph.tensors[id];
    return tensor.step ? scalar_value(source(*tensor.step)) : 1.0;
}

/// What the tensor stands for; none where that has no meaning without quantisation.
std::optional<std::vector<double>> ideal_values(const training::Graph& graph, const Operator& op,
                                                training::TensorId id,
                                                const golden::Tensors& inputs,
                                                const golden::IdealTensors& ideal) {
    if (op.kind == OperatorKind::weight_quantise)
        return golden::values(inputs.at(graph.tensors[op.inputs[0]].name));
    const std::string& name = is_gradient_code(graph, op, id) ? graph.tensors[op.inputs[0]].name
                                                              : final_name(graph.tensors[id]);
    const auto found = ideal.find(name);
    return found == ideal.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::map<std::size_t, std::vector<TensorFidelity>> fidelity(const training::Graph& graph,
                                                            const golden::Options& options,
                                                            const golden::Tensors& inputs,
                                                            const TensorSource& source) {
    const golden::IdealTensors ideal = golden::compute_ideal_step(graph.network, options, inputs);
    std::map<std::size_t, std::vector<TensorFidelity>> result;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator& op = graph.operators[i];
        for (const training::TensorId id : made_tensors(op)) {
            const auto expected = ideal_values(graph, op, id, inputs, ideal);
            if (!expected) continue;
            const bool odd = is_gradient_code(graph, op, id) && id != op.outputs[0];
            const golden::Fidelity distance = golden::compare(
                golden::values(source(id), code_step(graph, op, id, inputs, source), odd),
                *expected);
            result[i].push_back({.name = final_name(graph.tensors[id]),
                                 .sqnr_db = distance.sqnr_db,
                                 .cosine = distance.cosine,
                                 .bias = distance.bias});
        }
    }
    return result;
}

}  // namespace quatrain::run

// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include <bit>
#include <cmath>

namespace quatrain::run {
namespace {

using training::Operator;
using training::OperatorKind;

/// The FP64 tensor that the operator's first output stands for.
std::string ideal_name(const training::Graph& graph, const Operator& op) {
    const auto input = [&](std::size_t i) { return graph.tensors[op.inputs[i]].name; };
    switch (op.kind) {
        case OperatorKind::gradient_quantise:
            return input(0);
        case OperatorKind::sgd:
        case OperatorKind::sgd_scalar:
            return graph.tensors[op.inputs[1]].updated_name;
        default:
            return op.outputs.empty() ? std::string() : graph.tensors[op.outputs[0]].name;
    }
}

training::TensorId compared_tensor(const Operator& op) {
    const bool in_place = op.kind == OperatorKind::sgd || op.kind == OperatorKind::sgd_scalar;
    return in_place ? op.inputs[1] : op.outputs[0];
}

double scalar_value(const golden::Tensor& scalar) {
    const std::uint32_t code = scalar.codes.at(0);
    if (scalar.format == "int32") return std::bit_cast<std::int32_t>(code);
    return std::bit_cast<float>(code);
}

/// The number that turns the compared tensor's codes into values.
double code_step(const training::Graph& graph, const Operator& op, const golden::Tensors& inputs,
                 const TensorSource& source) {
    // GradScale is updated within the step: the scale that was used is the one that the step began
    // with.
    if (op.kind == OperatorKind::gradient_quantise)
        return std::exp2(-scalar_value(inputs.at(graph.tensors[op.inputs[1]].name)));
    if (op.kind == OperatorKind::weight_quantise && op.inputs.size() > 1)
        return scalar_value(source(op.inputs[1]));
    const training::Tensor& tensor = graph.tensors[compared_tensor(op)];
    return tensor.step ? scalar_value(source(*tensor.step)) : 1.0;
}

}  // namespace

std::map<std::size_t, golden::Fidelity> fidelity(const training::Graph& graph,
                                                 const golden::Options& options,
                                                 const golden::Tensors& inputs,
                                                 const TensorSource& source) {
    golden::IdealTensors ideal = golden::compute_ideal_step(graph.network, options, inputs);
    std::map<std::size_t, golden::Fidelity> result;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator& op = graph.operators[i];
        std::vector<double> expected;
        if (op.kind == OperatorKind::weight_quantise) {
            expected = golden::values(inputs.at(graph.tensors[op.inputs[0]].name));
        } else if (const auto found = ideal.find(ideal_name(graph, op)); found != ideal.end()) {
            expected = found->second;
        } else {
            continue;
        }
        const golden::Tensor actual = source(compared_tensor(op));
        const std::vector<double> values =
            golden::values(actual, code_step(graph, op, inputs, source));
        result.emplace(i, golden::compare(values, expected));
    }
    return result;
}

}  // namespace quatrain::run

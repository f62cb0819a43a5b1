// SPDX-License-Identifier: Apache-2.0
#include "sim/run/fidelity.hpp"

#include "workloads/golden/ideal.hpp"

#include <bit>
#include <cmath>
#include <optional>
#include <span>

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
    return op.kind == OperatorKind::gradient_quantise && !graph.tensors[id].scalar;
}

double scalar_value(const golden::Tensor& scalar) {
    const std::uint32_t code = scalar.codes.at(0);
    if (scalar.format == "int32") return std::bit_cast<std::int32_t>(code);
    return std::bit_cast<float>(code);
}

/// Compares the tensors of one core.
class Core {
public:
    Core(const training::Graph& graph, const StepInputs& inputs, const TensorSource& source,
         std::int64_t core, const golden::IdealTensors& ideal)
        : graph_(graph), inputs_(inputs), source_(source), core_(core), ideal_(ideal) {}

    /// What the tensor stands for; none where that has no meaning without quantisation.
    std::optional<std::vector<double>> ideal_values(const Operator& op,
                                                    training::TensorId id) const {
        if (op.kind == OperatorKind::weight_quantise) return golden::values(input(op.inputs[0]));
        const std::string& name = is_gradient_code(graph_, op, id)
                                      ? graph_.tensors[op.inputs[0]].name
                                      : final_name(graph_.tensors[id]);
        const auto found = ideal_.find(name);
        return found == ideal_.end() ? std::nullopt : std::optional(found->second);
    }

    std::vector<double> machine_values(const Operator& op, training::TensorId id) const {
        const bool odd = is_gradient_code(graph_, op, id) && id != op.outputs[0] &&
                         graph_.tensors[id].format == numerics::Format::fp4_r4;
        return golden::values(source_(core_, id), code_step(op, id), odd);
    }

private:
    const golden::Tensor& input(training::TensorId id) const {
        return inputs_.at(core_, graph_.tensors[id].name);
    }

    /// The number that turns the tensor's codes into values.
    double code_step(const Operator& op, training::TensorId id) const {
        // GradScale is updated within the step: the scale that was used is the one that the step
        // began with.
        if (is_gradient_code(graph_, op, id)) return std::exp2(-scalar_value(input(op.inputs[1])));
        if (op.kind == OperatorKind::weight_quantise && op.inputs.size() > 1)
            return scalar_value(source_(core_, op.inputs[1]));
        const training::Tensor& tensor = graph_.tensors[id];
        return tensor.step ? scalar_value(source_(core_, *tensor.step)) : 1.0;
    }

    const training::Graph& graph_;
    const StepInputs& inputs_;
    const TensorSource& source_;
    std::int64_t core_;
    const golden::IdealTensors& ideal_;
};

void append(std::vector<double>& all, const std::vector<double>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

/// None where the tensor has no ideal.
std::optional<TensorFidelity> distance(const training::Graph& graph, std::span<const Core> cores,
                                       const Operator& op, training::TensorId id) {
    std::vector<double> actual, expected;
    for (const Core& core : cores) {
        const auto ideal = core.ideal_values(op, id);
        if (!ideal) return std::nullopt;
        append(expected, *ideal);
        append(actual, core.machine_values(op, id));
    }
    const golden::Fidelity distance = golden::compare(actual, expected);
    return TensorFidelity{.name = final_name(graph.tensors[id]),
                          .sqnr_db = distance.sqnr_db,
                          .cosine = distance.cosine,
                          .bias = distance.bias};
}

}  // namespace

std::map<std::size_t, std::vector<TensorFidelity>> fidelity(const training::Graph& graph,
                                                            const golden::Options& options,
                                                            const StepInputs& inputs,
                                                            const TensorSource& source) {
    std::vector<golden::Tensors> inputs_of_cores;
    for (std::int64_t core = 0; core < inputs.cores(); ++core)
        inputs_of_cores.push_back(inputs.of_core(core));
    const auto ideal = golden::compute_ideal_parallel_step(graph.network, options, inputs_of_cores);
    std::vector<Core> cores;
    for (std::int64_t core = 0; core < inputs.cores(); ++core)
        cores.emplace_back(graph, inputs, source, core, ideal[static_cast<std::size_t>(core)]);
    std::map<std::size_t, std::vector<TensorFidelity>> result;
    for (std::size_t i = 0; i < graph.operators.size(); ++i)
        for (const training::TensorId id : made_tensors(graph.operators[i]))
            if (const auto found = distance(graph, cores, graph.operators[i], id))
                result[i].push_back(*found);
    return result;
}

}  // namespace quatrain::run

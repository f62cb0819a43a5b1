// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph.hpp"

#include <fmt/format.h>
#include <set>
#include <stdexcept>

namespace quatrain::training {
namespace {

[[noreturn]] void fail(const Graph& graph, const Operator& operation, TensorId tensor,
                       const char* rule) {
    throw std::logic_error(fmt::format("operator {} of {}, tensor {}: {}", name(operation.kind),
                                       operation.name, graph.tensors[tensor].name, rule));
}

/// Kernel positions along one axis that exist for the phases of `length` input pixels, summed over
/// the pixels.
std::int64_t existing_positions(const network::Node& node, std::int64_t kernel, std::int64_t stride,
                                std::int64_t length) {
    std::int64_t count = 0;
    for (std::int64_t y = 0; y < length; ++y)
        for (std::int64_t k = 0; k < kernel; ++k)
            if ((y + node.padding - k * node.dilation) % stride == 0) ++count;
    return count;
}

}  // namespace

std::vector<TensorId> updated_in_place(const Operator& operation) {
    const auto& inputs = operation.inputs;
    switch (operation.kind) {
        case OperatorKind::batch_norm_statistics:
            if (inputs.size() == 2) return {};  // inference
            return {inputs.at(1), inputs.at(2)};
        case OperatorKind::batch_norm_finish:
            if (inputs.size() == 3) return {};  // inference
            return {inputs.at(2), inputs.at(3)};
        case OperatorKind::gradscale_update:
        case OperatorKind::gradscale_apply:
            return {inputs.at(0)};
        case OperatorKind::sgd:
        case OperatorKind::sgd_scalar:
            return {inputs.at(1), inputs.at(2)};
        default:
            return {};
    }
}

std::int64_t macs(const Graph& graph, const Operator& operation) {
    if (operation.kind != OperatorKind::convolution &&
        operation.kind != OperatorKind::convolution_backward_data &&
        operation.kind != OperatorKind::convolution_backward_weight)
        return 0;
    const network::Node& node = graph.network.nodes.at(operation.node);
    if (operation.kind != OperatorKind::convolution_backward_data)
        return network::reduction_length(graph.network, operation.node) *
               network::elements(node.output) * graph.batch;
    const network::Extent& input = graph.network.nodes.at(node.inputs.at(0)).output;
    return existing_positions(node, node.kernel, node.stride, input.height) *
           existing_positions(node, kernel_width(node), stride_width(node), input.width) *
           input.channels * node.output.channels * graph.batch;
}

void check(const Graph& graph) {
    std::set<TensorId> produced, updated;
    for (const Operator& operation : graph.operators) {
        for (const TensorId input : operation.inputs) {
            if (graph.tensors.at(input).origin == Origin::computed && !produced.contains(input))
                fail(graph, operation, input, "used before it is produced");
            if (updated.contains(input))
                fail(graph, operation, input, "used after its update in place");
        }
        for (const auto& extra : {operation.step_a, operation.step_b, operation.gradscale})
            if (extra && graph.tensors.at(*extra).origin == Origin::computed &&
                !produced.contains(*extra))
                fail(graph, operation, *extra, "used before it is produced");
        for (const TensorId output : operation.outputs) {
            if (graph.tensors.at(output).origin != Origin::computed)
                fail(graph, operation, output, "produced, but it is given with the step");
            if (!produced.insert(output).second) fail(graph, operation, output, "produced twice");
        }
        for (const TensorId tensor : updated_in_place(operation)) updated.insert(tensor);
    }
    for (TensorId id = 0; id < graph.tensors.size(); ++id) {
        const Tensor& tensor = graph.tensors[id];
        if (tensor.origin == Origin::computed && !produced.contains(id))
            throw std::logic_error(fmt::format("tensor {}: no operator produces it", tensor.name));
        if (!tensor.updated_name.empty() != updated.contains(id))
            throw std::logic_error(
                fmt::format("tensor {}: updated_name and updates disagree", tensor.name));
    }
}

}  // namespace quatrain::training

// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph_builder.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace quatrain::training {
namespace {

using network::Network;
using network::NodeKind;

std::vector<bool> nodes_that_learn(const Network& network, const std::vector<bool>& pact) {
    std::vector<bool> learns(network.nodes.size(), false);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const network::Node& node = network.nodes[i];
        learns[i] = network::is_gemm(node) || node.kind == NodeKind::batch_norm || pact[i] ||
                    std::ranges::any_of(node.inputs, [&](std::size_t j) { return learns[j]; });
    }
    return learns;
}

}  // namespace

GraphBuilder::GraphBuilder(const Network& network, const Recipe& recipe, std::int64_t batch,
                           Mode mode, const Parallel& parallel)
    : training_(mode == Mode::training) {
    if (batch < 1 || batch > most_images)
        throw std::invalid_argument(
            fmt::format("batch = {}: must be between 1 and {}", batch, most_images));
    if (parallel.cores < 1)
        throw std::invalid_argument(fmt::format("cores = {}: must be at least 1", parallel.cores));
    if (batch % parallel.cores != 0)
        throw std::invalid_argument(fmt::format(
            "batch = {}: must be divisible by the number of cores, {}", batch, parallel.cores));
    graph_.network = network;
    graph_.recipe = recipe;
    graph_.mode = mode;
    graph_.cores = parallel.cores;
    graph_.batch = batch / parallel.cores;
    graph_.whole_batch = batch;
    graph_.synchronised = parallel.cores > 1 && mode != Mode::evaluation &&
                          parallel.batch_norm == BatchNormScope::synchronised;
    graph_.formats = resolve(network, recipe);
    pact_ = pact_nodes(network, graph_.formats);
    relu_ = relu_formats(network, graph_.formats, recipe.activation_format);
    learns_ = nodes_that_learn(network, pact_);
    gradients_.resize(network.nodes.size());
}

Graph GraphBuilder::build() {
    if (graph_.network.topology) {
        topology();
        return std::move(graph_);
    }
    forward();
    if (training_) {
        loss();
        backward();
        update();
    }
    return std::move(graph_);
}

Graph build(const Network& network, const Recipe& recipe, std::int64_t batch, bool training,
            const Parallel& parallel) {
    const Mode mode = training ? Mode::training : Mode::inference;
    return GraphBuilder(network, recipe, batch, mode, parallel).build();
}

Graph build_evaluation(const Network& network, const Recipe& recipe, std::int64_t batch,
                       const Parallel& parallel) {
    return GraphBuilder(network, recipe, batch, Mode::evaluation, parallel).build();
}

std::string GraphBuilder::full_name(std::size_t node, const std::string& suffix) const {
    return fmt::format("{}.{}", node_at(node).name, suffix);
}

TensorId GraphBuilder::add_tensor(Tensor tensor) {
    const TensorId id = graph_.tensors.size();
    if (!graph_.by_name.emplace(tensor.name, id).second)
        throw std::invalid_argument(
            fmt::format("layer names: two tensors of the step would be called {}", tensor.name));
    graph_.tensors.push_back(std::move(tensor));
    return id;
}

TensorId GraphBuilder::image(std::size_t node, const std::string& suffix, Format format,
                             const network::Extent& extent) {
    Tensor tensor;
    tensor.name = full_name(node, suffix);
    tensor.format = format;
    tensor.shape = {graph_.batch, extent.height, extent.width, extent.channels};
    return add_tensor(std::move(tensor));
}

TensorId GraphBuilder::columns(std::size_t node, const std::string& suffix) {
    Tensor tensor;
    tensor.name = full_name(node, suffix);
    tensor.shape = {1, 1, 1, node_at(node).output.channels};
    return add_tensor(std::move(tensor));
}

TensorId GraphBuilder::scalar(const std::string& name, Format format) {
    Tensor tensor;
    tensor.name = name;
    tensor.format = format;
    tensor.scalar = true;
    return add_tensor(std::move(tensor));
}

TensorId GraphBuilder::constant(const std::string& name, double value) {
    if (const auto known = graph_.by_name.find(name); known != graph_.by_name.end())
        return known->second;
    const TensorId id = scalar(name, Format::fp32);
    graph_.tensors[id].origin = Origin::constant;
    graph_.tensors[id].constant = value;
    return id;
}

TensorId GraphBuilder::vector_parameter(std::size_t node, const std::string& suffix) {
    const TensorId id = columns(node, suffix);
    graph_.tensors[id].origin = Origin::parameter;
    if (training_) graph_.tensors[id].updated_name = full_name(node, suffix + ".updated");
    return id;
}

void GraphBuilder::add_momentum(std::size_t node, const std::string& suffix) {
    if (!training_) return;
    Tensor momentum = tensor(of(node, suffix));
    momentum.name += ".momentum";
    momentum.updated_name = momentum.name + ".updated";
    add_tensor(std::move(momentum));
}

TensorId GraphBuilder::of(std::size_t node, const std::string& suffix) const {
    return graph_.by_name.at(full_name(node, suffix));
}

Operator& GraphBuilder::add_operator(std::size_t node, OperatorKind kind, Pass pass,
                                     TensorIds inputs, TensorIds outputs) {
    Operator operation;
    operation.name = node < graph_.network.nodes.size() ? node_at(node).name : "loss";
    operation.kind = kind;
    operation.pass = pass;
    operation.node = node;
    operation.inputs = std::move(inputs);
    operation.outputs = std::move(outputs);
    return graph_.operators.emplace_back(std::move(operation));
}

TensorId GraphBuilder::reduce(std::size_t node, TensorId id, Pass pass) {
    if (!several_cores()) return id;
    Tensor sum = tensor(id);
    sum.name += ".reduced";
    const TensorId reduced = add_tensor(std::move(sum));
    add_operator(node, OperatorKind::all_reduce, pass, {id}, {reduced});
    return reduced;
}

TensorId GraphBuilder::reduced(std::size_t node, const std::string& suffix) const {
    return of(node, several_cores() ? suffix + ".reduced" : suffix);
}

const network::Extent& GraphBuilder::input_extent(std::size_t node) const {
    return node_at(node_at(node).inputs.at(0)).output;
}

TensorId GraphBuilder::input_of(std::size_t node, std::size_t operand) const {
    return outputs_.at(node_at(node).inputs.at(operand));
}

bool GraphBuilder::needs_input_gradient(std::size_t node) const {
    return training_ && learns_[node_at(node).inputs.at(0)];
}

}  // namespace quatrain::training

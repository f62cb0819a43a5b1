// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph_builder.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace quatrain::training {

using network::NodeKind;

void GraphBuilder::forward() {
    for (std::size_t i = 0; i < graph_.network.nodes.size(); ++i) {
        switch (node_at(i).kind) {
            case NodeKind::input:
                forward_input();
                break;
            case NodeKind::convolution:
            case NodeKind::fully_connected:
                forward_gemm(i);
                break;
            case NodeKind::batch_norm:
                forward_batch_norm(i);
                break;
            case NodeKind::activation:
                forward_activation(i);
                break;
            case NodeKind::add:
                forward_add(i);
                break;
            case NodeKind::max_pool:
            case NodeKind::average_pool:
                forward_pool(i);
                break;
        }
        outputs_.push_back(of(i, "output"));
    }
    const Tensor& logits = tensor(outputs_.back());
    if (logits.format != graph_.recipe.activation_format)
        throw std::invalid_argument(fmt::format(
            "layer {}: gives {} logits: the loss needs {}", graph_.network.nodes.back().name,
            numerics::name(logits.format), numerics::name(graph_.recipe.activation_format)));
}

void GraphBuilder::forward_input() {
    const network::Extent& extent = graph_.network.input();
    Tensor images;
    images.name = "images";
    images.format = Format::uint8;
    images.shape = {graph_.batch, extent.height, extent.width, extent.channels};
    images.origin = Origin::data;
    const TensorId pixels = add_tensor(std::move(images));
    const TensorId scale = columns(0, "scale");
    const TensorId shift = columns(0, "shift");
    graph_.tensors[scale].origin = graph_.tensors[shift].origin = Origin::constant;
    const TensorId output = image(0, "output", graph_.recipe.activation_format, extent);
    add_operator(0, OperatorKind::input_normalise, Pass::forward, {pixels, scale, shift}, {output});
}

/// Throws unless operand 0 of the node has the format.
void GraphBuilder::require_operand(std::size_t node, Format format, const std::string& rule) const {
    const Tensor& operand = tensor(input_of(node));
    if (operand.format != format)
        throw std::invalid_argument(
            fmt::format("layer {}: is fed {} by {} ({}): {}", node_at(node).name,
                        numerics::name(operand.format), node_at(node_at(node).inputs[0]).name,
                        network::name(node_at(node_at(node).inputs[0]).kind), rule));
}

void GraphBuilder::prepare_weights(std::size_t node) {
    const Node& layer = node_at(node);
    const std::int64_t cin = input_extent(node).channels;
    Tensor weight;
    weight.name = full_name(node, "weight");
    weight.shape = {layer.kernel, layer.kernel, cin, layer.output.channels};
    weight.origin = Origin::parameter;
    if (training_) weight.updated_name = weight.name + ".updated";
    Tensor codes;
    codes.name = full_name(node, "weight_codes");
    codes.format = graph_.formats[node].weight;
    codes.shape = weight.shape;

    const TensorId master = add_tensor(std::move(weight));
    add_momentum(node, "weight");
    TensorIds inputs{master};
    if (has_int4_weights(formats(node))) {
        const TensorId alpha = scalar(full_name(node, "weight_alpha"), Format::fp32);
        const TensorId step = scalar(full_name(node, "weight_step"), Format::fp32);
        add_operator(node, OperatorKind::weight_statistics, Pass::forward, {master}, {alpha, step});
        inputs.push_back(step);
    }
    TensorIds outputs{add_tensor(codes)};
    if (needs_input_gradient(node)) {
        codes.name = full_name(node, "weight_codes_transposed");
        std::swap(codes.shape[2], codes.shape[3]);
        outputs.push_back(add_tensor(std::move(codes)));
    }
    add_operator(node, OperatorKind::weight_quantise, Pass::forward, std::move(inputs),
                 std::move(outputs));
}

namespace {

/// What has to feed a GEMM layer whose activations have this format.
std::string feeding_rule(Format activation) {
    if (activation == Format::uint4)
        return "a layer with uint4 activations needs a PACT activation before it, directly or "
               "through max_pool";
    if (activation == Format::fp8_143)
        return "a layer with fp8_143 activations needs an activation before it that no layer with "
               "uint4 activations is reached from, directly or through max_pool";
    return fmt::format("a layer with {} activations needs the recipe's activation_format",
                       numerics::name(activation));
}

}  // namespace

void GraphBuilder::forward_gemm(std::size_t node) {
    require_operand(node, formats(node).activation, feeding_rule(formats(node).activation));
    prepare_weights(node);
    const Format format = graph_.recipe.activation_format;
    const bool bias = node_at(node).kind == NodeKind::fully_connected && node_at(node).bias;
    const TensorId input = input_of(node);
    const TensorId result = image(node, bias ? "product" : "output", format, node_at(node).output);
    Operator& gemm = add_operator(node, OperatorKind::convolution, Pass::forward,
                                  {input, of(node, "weight_codes")}, {result});
    gemm.step_a = tensor(input).step;
    if (has_int4_weights(formats(node))) gemm.step_b = of(node, "weight_step");
    if (!bias) return;
    const TensorId parameter = vector_parameter(node, "bias");
    add_momentum(node, "bias");
    const TensorId output = image(node, "output", format, node_at(node).output);
    add_operator(node, OperatorKind::bias_add, Pass::forward, {result, parameter}, {output});
}

/// Mean and inverse deviation of what the node takes statistics of.
void GraphBuilder::batch_norm_moments(std::size_t node) {
    const Node& layer = node_at(node);
    TensorIds inputs{input_of(node)};
    if (graph_.synchronised) {
        const TensorIds sums{columns(node, "sum"), columns(node, "sum_of_squares")};
        add_operator(node, OperatorKind::batch_norm_sums, Pass::forward, inputs, sums);
        inputs = {reduce(node, sums[0], Pass::forward), reduce(node, sums[1], Pass::forward)};
    }
    if (training_)
        for (const char* suffix : {"running_mean", "running_variance"})
            inputs.push_back(vector_parameter(node, suffix));
    inputs.push_back(constant(full_name(node, "epsilon"), layer.epsilon));
    if (training_) {
        const std::int64_t images = graph_.synchronised ? graph_.whole_batch : graph_.batch;
        const auto pixels = static_cast<double>(images * layer.output.height * layer.output.width);
        inputs.push_back(constant(full_name(node, "momentum_new"), layer.momentum));
        inputs.push_back(constant(full_name(node, "momentum_old"), 1.0 - layer.momentum));
        inputs.push_back(
            constant(full_name(node, "unbias"), pixels > 1 ? pixels / (pixels - 1) : 1.0));
    }
    add_operator(
        node,
        graph_.synchronised ? OperatorKind::batch_norm_finish : OperatorKind::batch_norm_statistics,
        Pass::forward, std::move(inputs),
        {columns(node, "mean"), columns(node, "inverse_deviation")});
}

void GraphBuilder::forward_batch_norm(std::size_t node) {
    require_operand(node, graph_.recipe.activation_format,
                    "a batch_norm needs the recipe's activation_format");
    for (const char* suffix : {"gamma", "beta"}) {
        vector_parameter(node, suffix);
        add_momentum(node, suffix);
    }
    if (graph_.mode == Mode::evaluation)
        for (const char* suffix : {"mean", "inverse_deviation"}) vector_parameter(node, suffix);
    else
        batch_norm_moments(node);
    const TensorId output =
        image(node, "output", graph_.recipe.activation_format, node_at(node).output);
    add_operator(node, OperatorKind::batch_norm_normalise, Pass::forward,
                 {input_of(node), of(node, "mean"), of(node, "inverse_deviation"),
                  of(node, "gamma"), of(node, "beta")},
                 {output});
}

void GraphBuilder::forward_activation(std::size_t node) {
    require_operand(node, graph_.recipe.activation_format,
                    "an activation needs the recipe's activation_format");
    if (!pact_[node]) {
        const TensorId output = image(node, "output", relu_[node], node_at(node).output);
        add_operator(node, OperatorKind::relu, Pass::forward, {input_of(node)}, {output});
        return;
    }
    const TensorId alpha = scalar(full_name(node, "alpha"), Format::fp32);
    graph_.tensors[alpha].origin = Origin::parameter;
    if (training_) graph_.tensors[alpha].updated_name = full_name(node, "alpha.updated");
    add_momentum(node, "alpha");
    const TensorId step = scalar(full_name(node, "step"), Format::fp32);
    const TensorId reciprocal = scalar(full_name(node, "reciprocal"), Format::fp32);
    add_operator(node, OperatorKind::activation_scale, Pass::forward, {alpha}, {step, reciprocal});
    const TensorId output = image(node, "output", Format::uint4, node_at(node).output);
    graph_.tensors[output].step = step;
    add_operator(node, OperatorKind::quantise_activation, Pass::forward,
                 {input_of(node), alpha, reciprocal}, {output});
}

void GraphBuilder::forward_add(std::size_t node) {
    const TensorId output =
        image(node, "output", graph_.recipe.activation_format, node_at(node).output);
    add_operator(node, OperatorKind::add, Pass::forward, {input_of(node, 0), input_of(node, 1)},
                 {output});
}

void GraphBuilder::forward_pool(std::size_t node) {
    const bool largest = node_at(node).kind == NodeKind::max_pool;
    const Tensor input = tensor(input_of(node));
    const TensorId output =
        image(node, "output", largest ? input.format : graph_.recipe.activation_format,
              node_at(node).output);
    if (largest) graph_.tensors[output].step = input.step;
    add_operator(node, largest ? OperatorKind::max_pool : OperatorKind::average_pool, Pass::forward,
                 {input_of(node)}, {output});
}

void GraphBuilder::loss() {
    Tensor labels;
    labels.name = "labels";
    labels.format = Format::int32;
    labels.shape = {graph_.batch, 1, 1, 1};
    labels.origin = Origin::data;
    const TensorId classes = add_tensor(std::move(labels));
    Tensor gradient = tensor(outputs_.back());
    gradient.name = "loss.input_gradient";
    gradient.format = graph_.recipe.gradient_format;
    const TensorId dlogits = add_tensor(std::move(gradient));
    const TensorId value = scalar("loss", Format::fp32);
    add_operator(graph_.network.nodes.size(), OperatorKind::loss, Pass::forward,
                 {outputs_.back(), classes}, {dlogits, value});
}

}  // namespace quatrain::training

// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph_builder.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace quatrain::training {

using network::NodeKind;

void GraphBuilder::backward() {
    for (std::size_t i = graph_.network.nodes.size(); i-- > 1;) {
        if (!learns_[i]) continue;
        const TensorId dy = output_gradient(i);
        switch (node_at(i).kind) {
            case NodeKind::convolution:
            case NodeKind::fully_connected:
                backward_gemm(i, dy);
                break;
            case NodeKind::batch_norm:
                backward_batch_norm(i, dy);
                break;
            case NodeKind::activation:
                backward_activation(i, dy);
                break;
            case NodeKind::add:
                gradients_[i] = dy;
                break;
            case NodeKind::max_pool:
            case NodeKind::average_pool:
                backward_pool(i, dy);
                break;
            case NodeKind::input:
                break;
        }
    }
}

TensorId GraphBuilder::output_gradient(std::size_t node) {
    if (node + 1 == graph_.network.nodes.size()) return graph_.by_name.at("loss.input_gradient");
    TensorIds parts;
    for (std::size_t consumer = node + 1; consumer < graph_.network.nodes.size(); ++consumer)
        for (const std::size_t input : node_at(consumer).inputs)
            if (input == node && gradients_[consumer]) parts.push_back(*gradients_[consumer]);
    TensorId sum = parts.at(0);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::string suffix = i + 1 == parts.size() ? std::string("output_gradient")
                                                         : fmt::format("output_gradient.{}", i);
        const TensorId next =
            image(node, suffix, graph_.recipe.gradient_format, node_at(node).output);
        add_operator(node, OperatorKind::gradient_add, Pass::backward_data, {sum, parts[i]},
                     {next});
        sum = next;
    }
    return sum;
}

TensorId GraphBuilder::input_gradient(std::size_t node) {
    const TensorId gradient =
        image(node, "input_gradient", graph_.recipe.gradient_format, input_extent(node));
    gradients_[node] = gradient;
    return gradient;
}

void GraphBuilder::quantise_gradient(std::size_t node, TensorId dy) {
    const TensorId scale = scalar(full_name(node, "gradscale_log2"), Format::int32);
    graph_.tensors[scale].origin = Origin::parameter;
    graph_.tensors[scale].updated_name = full_name(node, "gradscale_log2.updated");
    TensorIds outputs;
    const auto codes = [&](const char* suffix, Format format) {
        outputs.push_back(image(node, suffix, format, node_at(node).output));
    };
    if (makes_even_codes(formats(node))) codes("gradient_even", Format::fp4_r4);
    if (makes_odd_codes(formats(node))) codes("gradient_odd", Format::fp4_r4);
    if (makes_fp8_codes(formats(node))) codes("gradient_fp8", Format::fp8_152);
    outputs.push_back(scalar(full_name(node, "gradient_max"), Format::fp32));
    outputs.push_back(scalar(full_name(node, "gradient_underflow"), Format::int32));
    outputs.push_back(scalar(full_name(node, "gradient_overflow"), Format::int32));
    add_operator(node, OperatorKind::gradient_quantise, Pass::backward_data, {dy, scale},
                 std::move(outputs));
}

TensorId GraphBuilder::gradient_operand(std::size_t node, Format format, bool odd,
                                        TensorId dy) const {
    if (format == Format::fp8_152) return of(node, "gradient_fp8");
    if (format == Format::fp4_r4) return of(node, odd ? "gradient_odd" : "gradient_even");
    return dy;
}

void GraphBuilder::backward_data(std::size_t node, TensorId dy) {
    const GemmFormats& layer = formats(node);
    const TensorId operand = gradient_operand(node, layer.gradient_data, false, dy);
    Operator& gemm =
        add_operator(node, OperatorKind::convolution_backward_data, Pass::backward_data,
                     {operand, of(node, "weight_codes_transposed")}, {input_gradient(node)});
    if (has_int4_weights(layer)) gemm.step_b = of(node, "weight_step");
    if (is_scaled_gradient(layer.gradient_data)) gemm.gradscale = of(node, "gradscale_log2");
}

TensorId GraphBuilder::backward_weight(std::size_t node, TensorId dy) {
    const GemmFormats& layer = formats(node);
    Tensor gradient = tensor(of(node, "weight_codes"));
    gradient.name = full_name(node, "weight_gradient");
    gradient.format = graph_.recipe.gradient_format;
    const TensorId weight_gradient = add_tensor(std::move(gradient));
    const bool odd = makes_odd_codes(layer);
    const TensorId operand = gradient_operand(node, layer.gradient_weight, odd, dy);
    Operator& gemm =
        add_operator(node, OperatorKind::convolution_backward_weight, Pass::backward_weight,
                     {input_of(node), operand}, {weight_gradient});
    gemm.step_a = tensor(input_of(node)).step;
    if (is_scaled_gradient(layer.gradient_weight)) gemm.gradscale = of(node, "gradscale_log2");
    gemm.odd_phase = odd;
    return weight_gradient;
}

void GraphBuilder::backward_gemm(std::size_t node, TensorId dy) {
    if (has_gradscale(node)) quantise_gradient(node, dy);
    if (needs_input_gradient(node)) backward_data(node, dy);
    reduce(node, backward_weight(node, dy), Pass::update);
    if (node_at(node).kind == NodeKind::fully_connected && node_at(node).bias) {
        const TensorId bias_gradient = columns(node, "bias_gradient");
        add_operator(node, OperatorKind::bias_gradient, Pass::backward_weight, {dy},
                     {bias_gradient});
        reduce(node, bias_gradient, Pass::update);
    }
}

void GraphBuilder::backward_batch_norm(std::size_t node, TensorId dy) {
    const TensorIds shared{dy, input_of(node), of(node, "mean"), of(node, "inverse_deviation")};
    const TensorId beta = columns(node, "beta_gradient");
    const TensorId gamma = columns(node, "gamma_gradient");
    add_operator(node, OperatorKind::batch_norm_backward_statistics, Pass::backward_data, shared,
                 {beta, gamma});
    const TensorId beta_sum = reduce(node, beta, Pass::update);
    const TensorId gamma_sum = reduce(node, gamma, Pass::update);
    if (!needs_input_gradient(node)) return;
    TensorIds inputs = shared;
    inputs.insert(inputs.end(), {of(node, "gamma"), graph_.synchronised ? beta_sum : beta,
                                 graph_.synchronised ? gamma_sum : gamma});
    add_operator(node, OperatorKind::batch_norm_backward_apply, Pass::backward_data,
                 std::move(inputs), {input_gradient(node)});
}

void GraphBuilder::backward_activation(std::size_t node, TensorId dy) {
    if (!needs_input_gradient(node))  // only a PACT activation learns by itself
        throw std::invalid_argument(fmt::format(
            "layer {}: a PACT activation needs a layer that learns before it (convolution, "
            "fully_connected or batch_norm)",
            node_at(node).name));
    const TensorId gradient = input_gradient(node);
    if (pact_[node]) {
        const TensorId alpha_gradient = scalar(full_name(node, "alpha_gradient"), Format::fp32);
        add_operator(node, OperatorKind::activation_backward, Pass::backward_data,
                     {dy, input_of(node), of(node, "alpha")}, {gradient, alpha_gradient});
        reduce(node, alpha_gradient, Pass::update);
    } else {
        add_operator(node, OperatorKind::relu_backward, Pass::backward_data, {dy, input_of(node)},
                     {gradient});
    }
}

void GraphBuilder::backward_pool(std::size_t node, TensorId dy) {
    const TensorId gradient = input_gradient(node);
    if (node_at(node).kind == NodeKind::max_pool)
        add_operator(node, OperatorKind::max_pool_backward, Pass::backward_data,
                     {dy, input_of(node)}, {gradient});
    else
        add_operator(node, OperatorKind::average_pool_backward, Pass::backward_data, {dy},
                     {gradient});
}

}  // namespace quatrain::training

// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph_builder.hpp"

#include <utility>

namespace quatrain::training {

void GraphBuilder::topology() {
    for (std::size_t i = 0; i < graph_.network.nodes.size(); ++i)
        if (network::is_gemm(node_at(i))) topology_layer(i);
}

/// A tensor that is given with the step.
TensorId GraphBuilder::operand(std::size_t node, const std::string& suffix, Format format,
                               const std::array<std::int64_t, 4>& shape) {
    Tensor tensor;
    tensor.name = full_name(node, suffix);
    tensor.format = format;
    tensor.shape = shape;
    tensor.origin = Origin::data;
    return add_tensor(std::move(tensor));
}

/// Without a network around it a layer has no alphas to make steps from, and no GradScale: its
/// operands are codes, and its results are drained unscaled.
void GraphBuilder::topology_layer(std::size_t node) {
    const Node& layer = node_at(node);
    const network::Extent& in = input_extent(node);
    const network::Extent& out = layer.output;
    const GemmFormats& formats = graph_.formats[node];
    const TensorId x = operand(node, "input", formats.activation,
                               {graph_.batch, in.height, in.width, in.channels});
    const TensorId codes = operand(node, "weight_codes", formats.weight,
                                   {layer.kernel, kernel_width(layer), in.channels, out.channels});
    const TensorId y = image(node, "output", graph_.recipe.activation_format, out);
    add_operator(node, OperatorKind::convolution, Pass::forward, {x, codes}, {y});
    if (!training_) return;

    const std::array<std::int64_t, 4> dy_shape{graph_.batch, out.height, out.width, out.channels};
    const TensorId dy = operand(node, "output_gradient", formats.gradient_data, dy_shape);
    const TensorId dy_of_weights =
        formats.gradient_weight == formats.gradient_data
            ? dy
            : operand(node, "output_gradient_of_weights", formats.gradient_weight, dy_shape);
    const TensorId transposed =
        operand(node, "weight_codes_transposed", formats.weight,
                {layer.kernel, kernel_width(layer), out.channels, in.channels});
    add_operator(node, OperatorKind::convolution_backward_data, Pass::backward_data,
                 {dy, transposed}, {input_gradient(node)});
    Tensor gradient = tensor(codes);
    gradient.name = full_name(node, "weight_gradient");
    gradient.format = graph_.recipe.gradient_format;
    gradient.origin = Origin::computed;
    const TensorId weight_gradient = add_tensor(std::move(gradient));
    add_operator(node, OperatorKind::convolution_backward_weight, Pass::backward_weight,
                 {x, dy_of_weights}, {weight_gradient});
    reduce(node, weight_gradient, Pass::update);
}

}  // namespace quatrain::training

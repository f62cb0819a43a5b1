// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::network {

enum class NodeKind : std::uint8_t {
    input,        ///< the images: node 0, named "input"; in a topology one before every layer
    convolution,  ///< no bias; groups are not supported
    batch_norm,
    activation,  ///< ReLU, or PACT where the recipe quantises
    add,         ///< residual add of two inputs of equal shape
    max_pool,
    average_pool,     ///< global: one value per image and channel
    fully_connected,  ///< its input has height = width = 1
};

/// The kind as network files spell it, for example "batch_norm".
std::string_view name(NodeKind kind);

/// Height, width and channels of one image's tensor.
struct Extent {
    std::int64_t height = 1, width = 1, channels = 1;
    bool operator==(const Extent&) const = default;
};

/// Height * width * channels.
constexpr std::int64_t elements(const Extent& extent) {
    return extent.height * extent.width * extent.channels;
}

/// One layer. Fields beyond name, kind, inputs and output are meaningful for the kinds named beside
/// them.
struct Node {
    std::string name;
    NodeKind kind = NodeKind::input;
    std::vector<std::size_t>
        inputs;                 ///< indices of earlier nodes: two for add, none for input, else one
    Extent output;              ///< shape of the output, per image
    std::int64_t kernel = 1;    ///< convolution, max_pool: height and width [elements]
    std::int64_t stride = 1;    ///< convolution, max_pool: down and across [elements]
    std::int64_t padding = 0;   ///< convolution, max_pool: on all four sides [elements]
    std::int64_t dilation = 1;  ///< convolution [elements]
    bool bias = false;          ///< fully_connected
    double epsilon = 1e-5;      ///< batch_norm
    double momentum = 0.1;      ///< batch_norm: weight of the new statistics
    /// Convolution of a topology: where these differ from kernel and stride, which are then those
    /// of the height.
    std::optional<std::int64_t> kernel_width = std::nullopt, stride_width = std::nullopt;
};

inline std::int64_t kernel_width(const Node& node) {
    return node.kernel_width.value_or(node.kernel);
}
inline std::int64_t stride_width(const Node& node) {
    return node.stride_width.value_or(node.stride);
}

/// A convolutional classifier: a directed acyclic graph in topological order. The last node gives
/// the logits. Or a topology: convolutions that have nothing to do with each other.
struct Network {
    std::string name;
    std::vector<Node> nodes;
    std::vector<double> mean,
        deviation;                 ///< input normalisation per channel, of pixels scaled to 0..1
    std::string description = {};  ///< one line for people; may be empty
    /// Every layer is a convolution that reads an input node of its own, "LAYER.input", just before
    /// it. There are shapes only: no images, no logits, no classes.
    bool topology = false;
    std::int64_t classes() const { return nodes.back().output.channels; }
    const Extent& input() const { return nodes.front().output; }
};

/// True for the kinds that are matrix products: convolution and fully_connected.
bool is_gemm(const Node& node);
/// Reduction length of a GEMM layer: kernel area * input channels. Node must be convolution or
/// fully_connected.
std::int64_t reduction_length(const Network& network, std::size_t node);
/// Trainable parameters: weights, biases, gamma and beta (as torchvision counts them).
std::int64_t parameters(const Network& network);
/// Multiply-accumulates of the forward GEMMs for one image.
std::int64_t macs_forward(const Network& network);
/// Indices of the nodes that read node's output, ascending.
std::vector<std::vector<std::size_t>> consumers(const Network& network);

}  // namespace quatrain::network

// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cmath>
#include <utility>

namespace quatrain::network {
namespace {

// Bounds that, with largest_size, keep every count of a network (elements, parameters, MACs) well
// inside 64 bits.
constexpr std::int64_t largest_tensor = std::int64_t{1} << 32;  // elements
constexpr std::int64_t largest_layer = std::int64_t{1} << 50;   // MACs
constexpr std::size_t largest_network = 4096;                   // layers

std::string text(const Extent& extent) {
    return fmt::format("{} x {} x {}", extent.height, extent.width, extent.channels);
}

void require_size(const std::string& layer, const char* key, std::int64_t value,
                  std::int64_t least) {
    if (value < least || value > largest_size)
        throw RuleError(layer, key, std::to_string(value),
                        fmt::format("must be between {} and {}", least, largest_size));
}

/// Output length of a window that slides over `length` elements [elements], floor rule.
std::int64_t window_count(const Node& node, std::int64_t length) {
    const std::int64_t span = node.dilation * (node.kernel - 1) + 1;
    const std::int64_t padded = length + 2 * node.padding;
    if (span > padded) {
        const std::string spread =
            node.dilation > 1 ? fmt::format(" (it spans {} with dilation {})", span, node.dilation)
                              : std::string{};
        throw RuleError(node.name, "kernel", std::to_string(node.kernel),
                        fmt::format("larger than the padded input of {}{}", padded, spread));
    }
    return (padded - span) / node.stride + 1;
}

void slide(Node& node, const Extent& input) {
    require_size(node.name, "kernel", node.kernel, 1);
    require_size(node.name, "stride", node.stride, 1);
    require_size(node.name, "padding", node.padding, 0);
    require_size(node.name, "dilation", node.dilation, 1);
    node.output.height = window_count(node, input.height);
    node.output.width = window_count(node, input.width);
}

void require_small_weights(const Node& node, const Extent& input) {
    // Each factor is at most 2^20; doubles are exact enough to judge their product.
    const double macs =
        static_cast<double>(node.kernel) * static_cast<double>(kernel_width(node)) *
        static_cast<double>(input.channels) * static_cast<double>(node.output.height) *
        static_cast<double>(node.output.width) * static_cast<double>(node.output.channels);
    if (macs > static_cast<double>(largest_layer))
        throw RuleError(node.name, "kernel", std::to_string(node.kernel),
                        "the layer needs more than 2^50 multiply-accumulates per image");
}

/// One axis of a topology's convolution; the keys are for messages.
struct TopologyAxis {
    const char *kernel_key, *stride_key;
    std::int64_t length, kernel, stride;
};

/// Output length where a last window may hang over the edge, without padding.
std::int64_t window_count_over_the_edge(const Node& node, const TopologyAxis& axis) {
    require_size(node.name, axis.kernel_key, axis.kernel, 1);
    require_size(node.name, axis.stride_key, axis.stride, 1);
    if (axis.kernel > axis.length)
        throw RuleError(node.name, axis.kernel_key, std::to_string(axis.kernel),
                        fmt::format("larger than the input of {}", axis.length));
    return (axis.length - axis.kernel + axis.stride - 1) / axis.stride + 1;
}

/// At most `largest_tensor` values, for sizes up to `largest_size`.
bool has_moderate_size(const Extent& extent) {
    return static_cast<double>(extent.height) * static_cast<double>(extent.width) *
               static_cast<double>(extent.channels) <=
           static_cast<double>(largest_tensor);
}

void shape_max_pool(Node& node, const Extent& input) {
    node.dilation = 1;
    node.output.channels = input.channels;
    slide(node, input);
    if (2 * node.padding > node.kernel)
        throw RuleError(node.name, "padding", std::to_string(node.padding),
                        "must be at most half of the kernel: every window needs an element");
}

void shape_fully_connected(Node& node, const Extent& input) {
    if (input.height != 1 || input.width != 1)
        throw RuleError(node.name, "input", text(input),
                        "a fully_connected layer needs height = width = 1 (average_pool first)");
    require_size(node.name, "channels", node.output.channels, 1);
    node.output.height = node.output.width = 1;
    require_small_weights(node, input);
}

void shape_add(Node& node, const Network& network) {
    const Extent& a = network.nodes[node.inputs[0]].output;
    const Extent& b = network.nodes[node.inputs[1]].output;
    if (a != b)
        throw RuleError(node.name, "inputs",
                        fmt::format("{} of {} and {} of {}", network.nodes[node.inputs[0]].name,
                                    text(a), network.nodes[node.inputs[1]].name, text(b)),
                        "an add needs two inputs of equal shape");
    node.output = a;
}

void require_batch_norm_constants(const Node& node) {
    if (!(node.epsilon > 0 && node.epsilon <= 1))
        throw RuleError(node.name, "epsilon", fmt::format("{}", node.epsilon),
                        "must be above 0 and at most 1");
    if (!(node.momentum >= 0 && node.momentum <= 1))
        throw RuleError(node.name, "momentum", fmt::format("{}", node.momentum),
                        "must be between 0 and 1");
}

void shape(Node& node, const Network& network) {
    const Extent input = network.nodes[node.inputs[0]].output;
    switch (node.kind) {
        case NodeKind::convolution:
            require_size(node.name, "channels", node.output.channels, 1);
            slide(node, input);
            return require_small_weights(node, input);
        case NodeKind::batch_norm:
            require_batch_norm_constants(node);
            node.output = input;
            return;
        case NodeKind::activation:
            node.output = input;
            return;
        case NodeKind::add:
            return shape_add(node, network);
        case NodeKind::max_pool:
            return shape_max_pool(node, input);
        case NodeKind::average_pool:
            node.output = {1, 1, input.channels};
            return;
        case NodeKind::fully_connected:
            return shape_fully_connected(node, input);
        case NodeKind::input:
            break;
    }
    throw RuleError(node.name, "type", "input", "only the first node is the images");
}

void require_inputs(const Node& node, const Network& network) {
    const std::size_t expected = node.kind == NodeKind::add ? 2 : 1;
    if (node.inputs.size() != expected)
        throw RuleError(node.name, "inputs", std::to_string(node.inputs.size()),
                        fmt::format("a layer of type {} has {}", name(node.kind), expected));
    for (const std::size_t input : node.inputs)
        if (input >= network.nodes.size())
            throw RuleError(node.name, "inputs", std::to_string(input), "must be an earlier node");
    if (expected == 2 && node.inputs[0] == node.inputs[1])
        throw RuleError(node.name, "inputs", network.nodes[node.inputs[0]].name,
                        "an add needs two different inputs");
}

void require_name(const Node& node, const Network& network) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (node.name.empty() || !std::all_of(node.name.begin(), node.name.end(), plain))
        throw RuleError(node.name, "name", node.name, "must be letters, digits, '_', '-' and '.'");
    if (node.name == "loss" || node.name == "optimiser")
        throw RuleError(node.name, "name", node.name, "is the name of a part of every step");
    for (const Node& other : network.nodes)
        if (other.name == node.name)
            throw RuleError(node.name, "name", node.name, "is taken by an earlier layer");
}

}  // namespace

RuleError::RuleError(std::string layer_name, std::string key_name, std::string value_text,
                     std::string rule_text)
    : std::runtime_error(
          fmt::format("layer {}, {} = {}: {}", layer_name, key_name, value_text, rule_text)),
      layer(std::move(layer_name)),
      key(std::move(key_name)),
      value(std::move(value_text)),
      rule(std::move(rule_text)) {}

Network start(std::string name, const Extent& images, std::vector<double> mean,
              std::vector<double> deviation) {
    require_size("input", "height", images.height, 1);
    require_size("input", "width", images.width, 1);
    require_size("input", "channels", images.channels, 1);
    if (!has_moderate_size(images))
        throw RuleError("input", "height", text(images), "an image has at most 2^32 values");
    const auto values = [&](const char* key, const std::vector<double>& list) {
        if (std::ssize(list) != images.channels)
            throw RuleError("input", key, fmt::format("[{}]", fmt::join(list, ", ")),
                            fmt::format("needs {} values, one per channel", images.channels));
        for (const double value : list)
            if (!std::isfinite(value))
                throw RuleError("input", key, fmt::format("{}", value), "must be finite");
    };
    values("mean", mean);
    values("deviation", deviation);
    for (const double value : deviation)
        if (value <= 0)
            throw RuleError("input", "deviation", fmt::format("{}", value), "must be above 0");
    Node node;
    node.name = "input";
    node.output = images;
    Network network;
    network.name = std::move(name);
    network.nodes.push_back(std::move(node));
    network.mean = std::move(mean);
    network.deviation = std::move(deviation);
    return network;
}

void append(Network& network, Node node) {
    if (network.nodes.size() >= largest_network)
        throw RuleError(node.name, "layers", std::to_string(network.nodes.size() + 1),
                        fmt::format("a network has at most {}", largest_network));
    require_name(node, network);
    require_inputs(node, network);
    shape(node, network);
    if (elements(node.output) > largest_tensor)
        throw RuleError(node.name, "output", text(node.output), "at most 2^32 values per image");
    network.nodes.push_back(std::move(node));
}

void append_topology_layer(Network& network, const Extent& input, Node node) {
    if (network.nodes.size() + 2 > largest_network)
        throw RuleError(node.name, "name", node.name,
                        fmt::format("a topology has at most {} layers", largest_network / 2));
    Node operand;
    operand.name = node.name + ".input";
    operand.output = input;
    require_name(node, network);
    require_name(operand, network);
    require_size(node.name, "input_height", input.height, 1);
    require_size(node.name, "input_width", input.width, 1);
    require_size(node.name, "channels", input.channels, 1);
    require_size(node.name, "filters", node.output.channels, 1);
    node.kind = NodeKind::convolution;
    node.padding = 0, node.dilation = 1;
    node.output.height = window_count_over_the_edge(
        node, {"kernel_height", "stride_height", input.height, node.kernel, node.stride});
    node.output.width = window_count_over_the_edge(
        node,
        {"kernel_width", "stride_width", input.width, kernel_width(node), stride_width(node)});
    require_small_weights(node, input);
    for (const Extent& extent : {input, node.output})
        if (!has_moderate_size(extent))
            throw RuleError(node.name, "input_height", text(extent),
                            "a layer's input and output have at most 2^32 values each");
    node.inputs = {network.nodes.size()};
    network.nodes.push_back(std::move(operand));
    network.nodes.push_back(std::move(node));
}

void check_complete(const Network& network) {
    const Node& last = network.nodes.back();
    if (std::none_of(network.nodes.begin(), network.nodes.end(), is_gemm))
        throw RuleError(last.name, "layers", std::to_string(network.nodes.size() - 1),
                        "a network needs a convolution or fully_connected layer");
    const auto readers = consumers(network);
    for (std::size_t i = 0; i + 1 < network.nodes.size(); ++i)
        if (readers[i].empty())
            throw RuleError(network.nodes[i].name, "output", text(network.nodes[i].output),
                            "no layer reads it, and it is not the last");
    if (last.output.height != 1 || last.output.width != 1)
        throw RuleError(last.name, "output", text(last.output),
                        "the last layer gives the logits: 1 x 1 x classes");
}

}  // namespace quatrain::network

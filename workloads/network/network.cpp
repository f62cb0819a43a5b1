// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/network.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::network {

std::string_view name(NodeKind kind) {
    switch (kind) {
        case NodeKind::input:
            return "input";
        case NodeKind::convolution:
            return "convolution";
        case NodeKind::batch_norm:
            return "batch_norm";
        case NodeKind::activation:
            return "activation";
        case NodeKind::add:
            return "add";
        case NodeKind::max_pool:
            return "max_pool";
        case NodeKind::average_pool:
            return "average_pool";
        case NodeKind::fully_connected:
            return "fully_connected";
    }
    throw std::logic_error("NodeKind out of range");
}

bool is_gemm(const Node& node) {
    return node.kind == NodeKind::convolution || node.kind == NodeKind::fully_connected;
}

std::int64_t reduction_length(const Network& network, std::size_t node) {
    const Node& layer = network.nodes.at(node);
    if (!is_gemm(layer))
        throw std::invalid_argument(
            fmt::format("layer {}: a {} has no reduction length", layer.name, name(layer.kind)));
    return layer.kernel * kernel_width(layer) *
           network.nodes.at(layer.inputs.at(0)).output.channels;
}

std::int64_t parameters(const Network& network) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        if (is_gemm(node)) count += reduction_length(network, i) * node.output.channels;
        if (node.kind == NodeKind::fully_connected && node.bias) count += node.output.channels;
        if (node.kind == NodeKind::batch_norm) count += 2 * node.output.channels;
    }
    return count;
}

std::int64_t macs_forward(const Network& network) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        if (is_gemm(node)) count += reduction_length(network, i) * elements(node.output);
    }
    return count;
}

std::vector<std::vector<std::size_t>> consumers(const Network& network) {
    std::vector<std::vector<std::size_t>> readers(network.nodes.size());
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        for (const std::size_t input : network.nodes[i].inputs)
            if (readers.at(input).empty() || readers[input].back() != i)
                readers[input].push_back(i);
    return readers;
}

}  // namespace quatrain::network

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"

#include <string>
#include <vector>

namespace quatrain::compiler::testing {

/// The recipe of the paper: 4 bits, but 16 in the first and the last GEMM layer.
inline training::Recipe four_bit_recipe() {
    using numerics::Format;
    const training::GemmFormats sixteen{Format::fp16, Format::fp16, Format::dlfloat16,
                                        Format::dlfloat16, false};
    training::Recipe recipe;
    recipe.rules = {{"*", {}}, {"first", sixteen}, {"last", sixteen}};
    return recipe;
}

/// A machine so small that every layer of a small network needs several tiles.
inline Target small_target() {
    Target target;
    target.array.rows = 4;
    target.array.cols = 4;
    target.array.lanes_4bit = 4;
    target.array.chunk = 8;
    target.buffers.moving_bytes = 4096;
    target.buffers.stationary_bytes = 2048;
    target.buffers.accumulator_bytes = 2048;
    target.buffers.vector_bytes = 16384;
    target.buffers.scalar_bytes = 1024;
    return target;
}

/// Builds networks node by node.
class NetworkMaker {
public:
    NetworkMaker(std::int64_t height, std::int64_t width, std::int64_t channels) {
        network_.name = "test";
        network_.mean.assign(static_cast<std::size_t>(channels), 0.5);
        network_.deviation.assign(static_cast<std::size_t>(channels), 0.25);
        network::Node input;
        input.name = "input";
        input.output = {height, width, channels};
        network_.nodes.push_back(input);
    }

    std::size_t convolution(std::size_t from, std::int64_t channels, std::int64_t kernel,
                            std::int64_t stride, std::int64_t padding, std::int64_t dilation = 1) {
        auto node = make(network::NodeKind::convolution, {from}, "conv");
        node.kernel = kernel, node.stride = stride, node.padding = padding;
        node.dilation = dilation;
        node.output = windows(node, from);
        node.output.channels = channels;
        return push(node);
    }
    std::size_t max_pool(std::size_t from, std::int64_t kernel, std::int64_t stride,
                         std::int64_t padding) {
        auto node = make(network::NodeKind::max_pool, {from}, "pool");
        node.kernel = kernel, node.stride = stride, node.padding = padding;
        node.output = windows(node, from);
        return push(node);
    }
    std::size_t batch_norm(std::size_t from) {
        return push(make(network::NodeKind::batch_norm, {from}, "bn"));
    }
    std::size_t activation(std::size_t from) {
        return push(make(network::NodeKind::activation, {from}, "act"));
    }
    std::size_t add(std::size_t a, std::size_t b) {
        return push(make(network::NodeKind::add, {a, b}, "add"));
    }
    std::size_t average_pool(std::size_t from) {
        auto node = make(network::NodeKind::average_pool, {from}, "mean");
        node.output.height = node.output.width = 1;
        return push(node);
    }
    std::size_t fully_connected(std::size_t from, std::int64_t classes, bool bias = true) {
        auto node = make(network::NodeKind::fully_connected, {from}, "fc");
        node.output = {1, 1, classes};
        node.bias = bias;
        return push(node);
    }
    const network::Network& network() const { return network_; }

private:
    network::Node make(network::NodeKind kind, std::vector<std::size_t> inputs, const char* stem) {
        network::Node node;
        node.kind = kind;
        node.inputs = std::move(inputs);
        node.name = stem + std::to_string(network_.nodes.size());
        node.output = network_.nodes[node.inputs[0]].output;
        return node;
    }
    network::Extent windows(const network::Node& node, std::size_t from) const {
        const auto& in = network_.nodes[from].output;
        const auto size = [&](std::int64_t extent) {
            return (extent + 2 * node.padding - node.dilation * (node.kernel - 1) - 1) /
                       node.stride +
                   1;
        };
        return {size(in.height), size(in.width), in.channels};
    }
    std::size_t push(network::Node node) {
        network_.nodes.push_back(std::move(node));
        return network_.nodes.size() - 1;
    }

    network::Network network_;
};

/// A residual network with what lowering distinguishes: strides, phases without kernel positions,
/// padding, dilation, pooling, a downsampling branch, 16-bit and 4-bit layers, and a bias.
inline network::Network small_network(std::int64_t size = 9) {
    NetworkMaker maker(size, size, 3);
    const auto stem = maker.activation(maker.batch_norm(maker.convolution(0, 8, 3, 1, 1)));
    const auto pooled = maker.max_pool(stem, 3, 2, 1);
    const auto left = maker.activation(maker.batch_norm(maker.convolution(pooled, 12, 3, 2, 1)));
    const auto main = maker.batch_norm(maker.convolution(left, 16, 3, 1, 1));
    const auto side = maker.batch_norm(maker.convolution(pooled, 16, 1, 2, 0));
    const auto joined = maker.activation(maker.add(main, side));
    const auto wide = maker.activation(maker.batch_norm(maker.convolution(joined, 8, 3, 1, 2, 2)));
    const auto last = maker.activation(maker.add(maker.convolution(wide, 16, 1, 1, 0), joined));
    maker.fully_connected(maker.average_pool(last), 10);
    return maker.network();
}

}  // namespace quatrain::compiler::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/golden/codec.hpp"
#include "workloads/golden/inputs.hpp"

#include <random>
#include <string>
#include <vector>

namespace quatrain::golden {

/// Builds a network node by node; every function returns the new node's index.
class NetworkBuilder {
public:
    NetworkBuilder(std::int64_t height, std::int64_t width, std::int64_t channels) {
        network_.name = "sample";
        push({.name = "input",
              .kind = network::NodeKind::input,
              .inputs = {},
              .output = {height, width, channels}});
    }
    std::size_t convolution(const std::string& name, std::size_t from, std::int64_t channels,
                            std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                            std::int64_t dilation = 1) {
        return windowed({.name = name,
                         .kind = network::NodeKind::convolution,
                         .inputs = {from},
                         .output = {1, 1, channels},
                         .kernel = kernel,
                         .stride = stride,
                         .padding = padding,
                         .dilation = dilation});
    }
    std::size_t max_pool(const std::string& name, std::size_t from, std::int64_t kernel,
                         std::int64_t stride, std::int64_t padding) {
        return windowed({.name = name,
                         .kind = network::NodeKind::max_pool,
                         .inputs = {from},
                         .output = {1, 1, extent(from).channels},
                         .kernel = kernel,
                         .stride = stride,
                         .padding = padding});
    }
    std::size_t batch_norm(const std::string& name, std::size_t from) {
        return push({.name = name,
                     .kind = network::NodeKind::batch_norm,
                     .inputs = {from},
                     .output = extent(from)});
    }
    std::size_t activation(const std::string& name, std::size_t from) {
        return push({.name = name,
                     .kind = network::NodeKind::activation,
                     .inputs = {from},
                     .output = extent(from)});
    }
    std::size_t add(const std::string& name, std::size_t a, std::size_t b) {
        return push(
            {.name = name, .kind = network::NodeKind::add, .inputs = {a, b}, .output = extent(a)});
    }
    std::size_t average_pool(const std::string& name, std::size_t from) {
        return push({.name = name,
                     .kind = network::NodeKind::average_pool,
                     .inputs = {from},
                     .output = {1, 1, extent(from).channels}});
    }
    std::size_t fully_connected(const std::string& name, std::size_t from, std::int64_t channels,
                                bool bias) {
        return push({.name = name,
                     .kind = network::NodeKind::fully_connected,
                     .inputs = {from},
                     .output = {1, 1, channels},
                     .bias = bias});
    }
    const network::Network& network() const { return network_; }

private:
    const network::Extent& extent(std::size_t index) const { return network_.nodes[index].output; }
    /// Adds a node whose height and width follow from its input.
    std::size_t windowed(network::Node node) {
        const network::Extent& in = extent(node.inputs[0]);
        const std::int64_t reach = node.dilation * (node.kernel - 1) + 1;
        node.output.height = (in.height + 2 * node.padding - reach) / node.stride + 1;
        node.output.width = (in.width + 2 * node.padding - reach) / node.stride + 1;
        return push(std::move(node));
    }
    std::size_t push(network::Node node) {
        network_.nodes.push_back(std::move(node));
        return network_.nodes.size() - 1;
    }
    network::Network network_;
};

/// A small ResNet: stem with max pooling, an identity block and a block with stride 2 and a
/// downsample branch.
inline network::Network sample_resnet() {
    NetworkBuilder b(9, 8, 3);
    auto x = b.activation("relu", b.batch_norm("bn1", b.convolution("conv1", 0, 5, 3, 1, 1)));
    x = b.max_pool("pool", x, 3, 2, 1);
    auto y = b.activation("block1.relu1",
                          b.batch_norm("block1.bn1", b.convolution("block1.conv1", x, 5, 3, 1, 1)));
    y = b.batch_norm("block1.bn2", b.convolution("block1.conv2", y, 5, 3, 1, 2, 2));
    x = b.activation("block1.relu2", b.add("block1.add", y, x));
    y = b.activation("block2.relu1",
                     b.batch_norm("block2.bn1", b.convolution("block2.conv1", x, 7, 3, 2, 1)));
    y = b.batch_norm("block2.bn2", b.convolution("block2.conv2", y, 7, 3, 1, 1));
    const auto down =
        b.batch_norm("block2.down.bn", b.convolution("block2.down.conv", x, 7, 1, 2, 0));
    x = b.activation("block2.relu2", b.add("block2.add", y, down));
    b.fully_connected("fc", b.average_pool("average", x), 4, true);
    return b.network();
}

inline LayerFormats sixteen_bit_layer(const Options& options) {
    return {options.activation_format, options.activation_format, options.gradient_format,
            options.gradient_format, false};
}

/// Every layer at 16 bits.
inline Options sixteen_bit_options(const network::Network& network, std::int64_t batch) {
    Options options;
    options.batch = batch;
    options.rows = 8;
    options.formats.assign(network.nodes.size(), sixteen_bit_layer(options));
    return options;
}

/// The default recipe: 4 bits but for the first and the last GEMM layer.
inline Options four_bit_options(const network::Network& network, std::int64_t batch) {
    Options options = sixteen_bit_options(network, batch);
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const auto kind = network.nodes[i].kind;
        if (kind == network::NodeKind::convolution || kind == network::NodeKind::fully_connected)
            layers.push_back(i);
    }
    for (std::size_t k = 1; k + 1 < layers.size(); ++k) options.formats[layers[k]] = LayerFormats{};
    return options;
}

inline Tensor fp32_tensor(const std::vector<float>& numbers) {
    Tensor tensor{"fp32", {1, 1, 1, static_cast<std::int64_t>(numbers.size())}, {}};
    for (const float number : numbers) tensor.codes.push_back(encode_fp32(number));
    return tensor;
}

inline Tensor integer_tensor(const std::string& format, const std::vector<int>& numbers) {
    Tensor tensor{format, {1, 1, 1, static_cast<std::int64_t>(numbers.size())}, {}};
    for (const int number : numbers) tensor.codes.push_back(static_cast<std::uint32_t>(number));
    return tensor;
}

/// Random inputs of a step: images, labels, and parameters of a plausible size.
inline Tensors random_inputs(const network::Network& network, const Options& options,
                             unsigned seed) {
    std::mt19937 random(seed);
    const auto generator = [&] { return static_cast<std::uint32_t>(random()); };
    const auto uniform = [&](double low, double high) {
        return static_cast<float>(low + (high - low) * static_cast<double>(generator()) * 0x1p-32);
    };
    const Structure structure(network, options);
    Tensors inputs;
    for (const InputTensor& wanted : input_tensors(structure)) {
        Tensor tensor{wanted.format, {1, 1, 1, wanted.elements}, {}};
        const auto ends_with = [&](const char* suffix) { return wanted.name.ends_with(suffix); };
        for (std::int64_t i = 0; i < wanted.elements; ++i) {
            std::uint32_t code = encode_fp32(uniform(-0.5, 0.5));
            if (wanted.format == "uint8") code = generator() % 256;
            if (wanted.name == "labels")
                code = generator() % static_cast<std::uint32_t>(network.classes());
            if (wanted.name == "input.scale") code = encode_fp32(0.0175F);
            if (wanted.name == "input.shift") code = encode_fp32(-2.1F);
            if (ends_with(".gradscale_log2")) code = 12;
            if (ends_with(".alpha")) code = encode_fp32(1.5F);
            if (ends_with(".gamma")) code = encode_fp32(uniform(0.5, 1.5));
            if (ends_with(".running_variance")) code = encode_fp32(1.0F);
            if (ends_with(".inverse_deviation")) code = encode_fp32(uniform(0.5, 2));
            if (ends_with(".momentum")) code = encode_fp32(uniform(-0.01, 0.01));
            tensor.codes.push_back(code);
        }
        inputs[wanted.name] = std::move(tensor);
    }
    return inputs;
}

}  // namespace quatrain::golden

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/reader.hpp"
#include "sim/run/run.hpp"
#include "workloads/datasets/dataset.hpp"
#include "workloads/network/builder.hpp"

#include <string>
#include <utility>
#include <vector>

namespace quatrain::run::testing {

/// Appends a layer that reads the nodes `inputs`, and returns its index.
inline std::size_t append(network::Network& network, network::Node node, std::string name,
                          std::vector<std::size_t> inputs) {
    node.name = std::move(name);
    node.inputs = std::move(inputs);
    network::append(network, std::move(node));
    return network.nodes.size() - 1;
}

inline network::Node filter(std::int64_t channels, std::int64_t kernel, std::int64_t stride) {
    network::Node node;
    node.kind = network::NodeKind::convolution;
    node.output.channels = channels;
    node.kernel = kernel;
    node.stride = stride;
    node.padding = kernel / 2;
    return node;
}

inline network::Node layer(network::NodeKind kind) {
    network::Node node;
    node.kind = kind;
    return node;
}

/// A stem and a head in 16 bits around a 4-bit residual block; every kind of tensor occurs in it.
inline network::Network residual_network() {
    using enum network::NodeKind;
    network::Network net = network::start("residual", {9, 9, 3}, {0.5, 0.5, 0.5}, {0.25, 0.3, 0.2});
    std::size_t stem = append(net, filter(8, 3, 1), "stem", {0});
    stem = append(net, layer(batch_norm), "stem_norm", {stem});
    stem = append(net, layer(activation), "stem_act", {stem});
    network::Node window = layer(max_pool);
    window.kernel = 3, window.stride = 2, window.padding = 1;
    stem = append(net, window, "pool", {stem});
    std::size_t main = append(net, filter(8, 3, 2), "conv", {stem});
    main = append(net, layer(batch_norm), "conv_norm", {main});
    std::size_t side = append(net, filter(8, 1, 2), "side", {stem});
    side = append(net, layer(batch_norm), "side_norm", {side});
    std::size_t joined = append(net, layer(add), "join", {main, side});
    joined = append(net, layer(activation), "join_act", {joined});
    std::size_t last = append(net, filter(12, 3, 1), "last_conv", {joined});
    last = append(net, layer(batch_norm), "last_norm", {last});
    last = append(net, layer(activation), "last_act", {last});
    last = append(net, layer(average_pool), "mean", {last});
    network::Node head = layer(fully_connected);
    head.output.channels = 10;
    head.bias = true;
    append(net, head, "head", {last});
    return net;
}

/// Images for it.
inline datasets::Batch small_batch(std::int64_t images) {
    return datasets::open("synthetic", 9, 9, 3, 10, 1)->train_batch(0, images);
}

/// The residual network on an array that it does not fill evenly, and that has every mode.
inline RunOptions small_options(const std::string& recipe = "fp4-tpr") {
    RunOptions options;
    options.network = residual_network();
    options.architecture = config::load_architecture("edge-4bit");
    options.architecture.array.rows = 6;
    options.architecture.array.cols = 5;
    options.architecture.array.chunk = 16;
    options.recipe = config::load_recipe(recipe);
    options.architecture.array.lanes_32bit = 1;
    if (options.recipe.accumulator == "fp32")
        options.architecture.array.accumulator = mac_array::Accumulator::fp32;
    options.technology = config::load_technology(options.architecture.technology);
    options.batch = 3;
    options.golden = Golden::full;
    options.threads = 1;
    return options;
}

/// The same on several cores, with another batch.
inline RunOptions training_options(const std::string& recipe, std::int64_t batch,
                                   std::int64_t cores = 1) {
    RunOptions options = small_options(recipe);
    options.architecture.cores = cores;
    options.batch = batch;
    return options;
}

/// The batch of a step of theirs.
inline datasets::Batch batch_of(const RunOptions& options, std::int64_t step) {
    const network::Extent& input = options.network.input();
    return datasets::open("synthetic", input.height, input.width, input.channels,
                          options.network.classes(), options.seed)
        ->train_batch(step, options.batch);
}

inline RunResult run_silently(const RunOptions& options) {
    Silent silent;
    return run(options, silent);
}

}  // namespace quatrain::run::testing

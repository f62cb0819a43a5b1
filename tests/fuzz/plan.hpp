// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/parameters.hpp"
#include "sim/config/reader.hpp"
#include "sim/run/run.hpp"
#include "workloads/network/builder.hpp"

#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace quatrain::fuzz {

using numerics::Format;

/// A few layers of a network, by what they are made from.
struct Block {
    enum class Kind : std::uint8_t {
        plain,       ///< convolution, activation
        residual,    ///< two convolutions around which the input is added
        downsample,  ///< likewise, with a 1 x 1 convolution in the short cut
        max_pool,
    };
    Kind kind = Kind::plain;
    std::int64_t channels = 2;
    std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1;
    bool batch_norm = true;
};

/// How the logits are made.
enum class Head : std::uint8_t {
    average_pool,              ///< average pooling, fully connected
    convolution,               ///< a convolution as large as the image, which must be square
    convolution_and_connected  ///< the same, activation, fully connected
};

enum class Precision : std::uint8_t {
    four_bit,            ///< first and last layer in 16 bits
    four_bit_all,        ///< every layer; the images pass batch norm and an activation
    four_bit_one_phase,  ///< as four_bit, without two-phase rounding
    sixteen_bit,
    // First and last layer in 16 bits, as four_bit; in recipes' names:
    eight_bit,             ///< hfp8
    four_bit_gradient_16,  ///< int4-fp16
    four_bit_gradient_8,   ///< int4-fp8
    four_and_eight_bit,    ///< fp4-dx-fp8-dw
    four_bit_global,       ///< the same with one scale for the network: fp4-apex
    thirty_two_bit,        ///< fp32: A and G too, and FP32 accumulators
};

/// Everything that decides a case, in a form that can be made smaller piece by piece.
struct Plan {
    network::Extent images{8, 8, 2};
    std::vector<Block> blocks;
    Head head = Head::average_pool;
    bool bias = false;
    std::int64_t classes = 2;
    Precision precision = Precision::four_bit;
    Format activation_format = Format::fp16;
    Format gradient_format = Format::dlfloat16;
    double initial_alpha = 8;
    bool clip_weight_gradient = true;
    int initial_gradscale_log2 = 16;
    double threshold_factor = 1.6;
    config::Architecture architecture;
    training::BatchNormScope batch_norm = training::BatchNormScope::per_core;
    std::int64_t images_per_core = 1;
    bool training = true;
    std::uint64_t seed = 1;  ///< of images and weights
};

/// Appends layers one behind the other, or elsewhere.
class NetworkMaker {
public:
    NetworkMaker(const network::Extent& images)
        : network_(network::start(
              "fuzz", images, std::vector<double>(static_cast<std::size_t>(images.channels), 0.45),
              std::vector<double>(static_cast<std::size_t>(images.channels), 0.26))) {}

    /// Reads the latest node, or `inputs`. Throws network::RuleError.
    std::size_t append(network::Node node, std::vector<std::size_t> inputs = {}) {
        const std::size_t index = network_.nodes.size();
        node.name = fmt::format("n{}", index);
        node.inputs = inputs.empty() ? std::vector{index - 1} : std::move(inputs);
        network::append(network_, std::move(node));
        return index;
    }
    std::size_t append(network::NodeKind kind, std::vector<std::size_t> inputs = {}) {
        network::Node node;
        node.kind = kind;
        return append(std::move(node), std::move(inputs));
    }
    const network::Extent& output() const { return network_.nodes.back().output; }
    std::size_t latest() const { return network_.nodes.size() - 1; }
    network::Network& network() { return network_; }

private:
    network::Network network_;
};

inline network::Node filter(std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                            std::int64_t padding, std::int64_t dilation = 1) {
    network::Node node;
    node.kind = network::NodeKind::convolution;
    node.output.channels = channels;
    node.kernel = kernel;
    node.stride = stride;
    node.padding = padding;
    node.dilation = dilation;
    return node;
}

/// A convolution with or without batch norm behind it.
inline std::size_t append_convolution(NetworkMaker& maker, const Block& block, network::Node node,
                                      std::vector<std::size_t> inputs = {}) {
    const std::size_t index = maker.append(std::move(node), std::move(inputs));
    return block.batch_norm ? maker.append(network::NodeKind::batch_norm) : index;
}

inline void append_block(NetworkMaker& maker, const Block& block) {
    using network::NodeKind;
    const std::size_t input = maker.latest();
    const std::int64_t input_channels = maker.output().channels;
    network::Node node =
        filter(block.channels, block.kernel, block.stride, block.padding, block.dilation);
    switch (block.kind) {
        case Block::Kind::max_pool:
            node.kind = NodeKind::max_pool;
            maker.append(std::move(node));
            return;
        case Block::Kind::plain:
            append_convolution(maker, block, std::move(node));
            break;
        case Block::Kind::residual: {
            append_convolution(maker, block,
                               filter(block.channels, block.kernel, 1, block.kernel / 2));
            maker.append(NodeKind::activation);
            const std::size_t main = append_convolution(
                maker, block, filter(input_channels, 3, 1, block.dilation, block.dilation));
            maker.append(NodeKind::add, {main, input});
            break;
        }
        case Block::Kind::downsample: {
            append_convolution(maker, block, filter(block.channels, 3, block.stride, 1));
            maker.append(NodeKind::activation);
            const std::size_t main = append_convolution(
                maker, block, filter(block.channels, block.kernel, 1, block.kernel / 2));
            const std::size_t side = append_convolution(
                maker, block, filter(block.channels, 1, block.stride, 0), {input});
            maker.append(NodeKind::add, {side, main});
            break;
        }
    }
    maker.append(NodeKind::activation);
}

/// Average pooling gives 16 bits, which a 4-bit layer cannot take.
inline bool has_sense(const Plan& plan) {
    return plan.precision != Precision::four_bit_all || plan.head != Head::average_pool;
}

/// Throws network::RuleError when the plan's layers do not fit each other.
inline network::Network make_network(const Plan& plan) {
    using enum network::NodeKind;
    NetworkMaker maker(plan.images);
    if (plan.precision == Precision::four_bit_all) {
        maker.append(batch_norm);  // the activation's threshold learns, so something before it must
        maker.append(activation);
    }
    for (const Block& block : plan.blocks) append_block(maker, block);
    network::Node connected;
    connected.kind = fully_connected;
    connected.output.channels = plan.classes;
    connected.bias = plan.bias;
    if (plan.head == Head::average_pool) {
        maker.append(average_pool);
        maker.append(std::move(connected));
    } else {
        const bool last = plan.head == Head::convolution;
        maker.append(filter(last ? plan.classes : 6, maker.output().height, 1, 0));
        if (!last) {
            maker.append(activation);
            maker.append(std::move(connected));
        }
    }
    network::check_complete(maker.network());
    return maker.network();
}

inline training::Recipe make_recipe(const Plan& plan) {
    training::Recipe recipe;
    recipe.name = "fuzz";
    recipe.activation_format = plan.activation_format;
    recipe.gradient_format = plan.gradient_format;
    recipe.initial_alpha = plan.initial_alpha;
    recipe.clip_weight_gradient = plan.clip_weight_gradient;
    recipe.initial_gradscale_log2 = plan.initial_gradscale_log2;
    recipe.threshold_factor = plan.threshold_factor;
    const training::GemmFormats sixteen{plan.activation_format, plan.activation_format,
                                        plan.gradient_format, plan.gradient_format, false};
    training::GemmFormats four;
    four.two_phase = plan.precision != Precision::four_bit_one_phase;
    switch (plan.precision) {
        case Precision::eight_bit:
            four = {Format::fp8_143, Format::fp8_143, Format::fp8_152, Format::fp8_152, false};
            break;
        case Precision::four_bit_gradient_16:
            four.gradient_data = four.gradient_weight = plan.gradient_format;
            break;
        case Precision::four_bit_gradient_8:
            four.gradient_data = four.gradient_weight = Format::fp8_152;
            break;
        case Precision::four_bit_global:
            recipe.gradscale = training::GradScaleScope::global;
            [[fallthrough]];
        case Precision::four_and_eight_bit:
            four.gradient_weight = Format::fp8_152;
            break;
        default:
            break;
    }
    if (plan.precision == Precision::sixteen_bit || plan.precision == Precision::thirty_two_bit)
        recipe.rules = {{"*", sixteen}};
    else if (plan.precision == Precision::four_bit_all)
        recipe.rules = {{"*", four}};
    else
        recipe.rules = {{"*", four}, {"first", sixteen}, {"last", sixteen}};
    return recipe;
}

inline run::RunOptions make_options(const Plan& plan) {
    run::RunOptions options;
    options.network = make_network(plan);
    options.architecture = plan.architecture;
    options.recipe = make_recipe(plan);
    options.technology = config::load_technology(plan.architecture.technology);
    options.batch = plan.images_per_core * plan.architecture.cores;
    options.batch_norm = plan.batch_norm;
    options.training = plan.training;
    options.golden = run::Golden::full;
    options.sqnr = false;
    options.seed = plan.seed;
    options.threads = 1;
    return options;
}

/// The case in words: layers, formats, and the parameters that differ from edge-4bit, as --set
/// takes them.
inline std::string describe(const Plan& plan) {
    const network::Network network = make_network(plan);
    std::string text = fmt::format("images {} x {} x {}\n", plan.images.height, plan.images.width,
                                   plan.images.channels);
    for (const network::Node& node : network.nodes) {
        if (node.inputs.empty()) continue;
        text += fmt::format("{}: {} of", node.name, network::name(node.kind));
        for (const std::size_t input : node.inputs) text += " " + network.nodes[input].name;
        text += fmt::format(", {} channels, kernel {}, stride {}, padding {}, dilation {}{}\n",
                            node.output.channels, node.kernel, node.stride, node.padding,
                            node.dilation, node.bias ? ", bias" : "");
    }
    text += fmt::format(
        "precision {}, {} and {}, alpha {}, gradscale 2^{}, threshold factor {}, {} images per "
        "core, "
        "seed {}{}{}{}\n",
        static_cast<int>(plan.precision), numerics::name(plan.activation_format),
        numerics::name(plan.gradient_format), plan.initial_alpha, plan.initial_gradscale_log2,
        plan.threshold_factor, plan.images_per_core, plan.seed, plan.training ? "" : ", inference",
        plan.clip_weight_gradient ? "" : ", all weight gradients pass",
        plan.batch_norm == training::BatchNormScope::synchronised ? ", synchronised" : "");
    config::Architecture mine = plan.architecture, standard;
    const auto parameters = config::parameters(mine), defaults = config::parameters(standard);
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].get() != defaults[i].get())
            text += fmt::format("--set {}={} ", parameters[i].path,
                                config::to_text(parameters[i].get()));
    return text;
}

}  // namespace quatrain::fuzz

// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::training {
namespace {

using network::Network;
using network::Node;
using network::NodeKind;

std::string text(const GemmFormats& formats) {
    return fmt::format("activation {}, weight {}, gradient_data {}, gradient_weight {}",
                       numerics::name(formats.activation), numerics::name(formats.weight),
                       numerics::name(formats.gradient_data),
                       numerics::name(formats.gradient_weight));
}

void require_supported(const std::string& layer, const GemmFormats& formats, const Recipe& recipe) {
    const bool four_bit = formats.activation == Format::uint4 && formats.weight == Format::int4 &&
                          formats.gradient_data == Format::fp4_r4 &&
                          formats.gradient_weight == Format::fp4_r4;
    const bool sixteen_bit = formats.activation == recipe.activation_format &&
                             formats.weight == recipe.activation_format &&
                             formats.gradient_data == recipe.gradient_format &&
                             formats.gradient_weight == recipe.gradient_format;
    if (!four_bit && !sixteen_bit)
        throw std::invalid_argument(
            fmt::format("layer {}: {}: the array multiplies uint4 x int4 with fp4_r4 gradients, or "
                        "{} with {} gradients",
                        layer, text(formats), numerics::name(recipe.activation_format),
                        numerics::name(recipe.gradient_format)));
}

void require_sixteen_bit(const Recipe& recipe, const char* field, Format format) {
    if (!numerics::is_sixteen_bit(format))
        throw std::invalid_argument(
            fmt::format("recipe {}, {} = {}: must be fp16, dlfloat16 or bf16", recipe.name, field,
                        numerics::name(format)));
}

/// GEMM layers, in network order.
std::vector<std::size_t> gemm_nodes(const Network& network) {
    std::vector<std::size_t> nodes;
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (network::is_gemm(network.nodes[i])) nodes.push_back(i);
    return nodes;
}

bool has_odd_channels(const Network& network, std::size_t node) {
    const Node& layer = network.nodes[node];
    const Node& operand = network.nodes[layer.inputs.at(0)];
    return operand.output.channels % 2 != 0 || layer.output.channels % 2 != 0;
}

}  // namespace

std::vector<GemmFormats> resolve(const Network& network, const Recipe& recipe) {
    require_sixteen_bit(recipe, "activation_format", recipe.activation_format);
    require_sixteen_bit(recipe, "gradient_format", recipe.gradient_format);
    const std::vector<std::size_t> gemms = gemm_nodes(network);
    const auto matches = [&](const RecipeRule& rule, std::size_t node) {
        if (rule.pattern == "first") return node == gemms.front();
        if (rule.pattern == "last") return node == gemms.back();
        return fnmatch(rule.pattern.c_str(), network.nodes[node].name.c_str(), 0) == 0;
    };
    std::vector<GemmFormats> formats(network.nodes.size());
    for (const std::size_t node : gemms) {
        const auto rule = std::find_if(recipe.rules.rbegin(), recipe.rules.rend(),
                                       [&](const RecipeRule& r) { return matches(r, node); });
        if (rule == recipe.rules.rend())
            throw std::invalid_argument(fmt::format("layer {}: no rule of recipe {} matches it",
                                                    network.nodes[node].name, recipe.name));
        require_supported(network.nodes[node].name, rule->formats, recipe);
        formats[node] = rule->formats;
        if (network.topology && is_four_bit(formats[node]) && has_odd_channels(network, node))
            formats[node] = {recipe.activation_format, recipe.activation_format,
                             recipe.gradient_format, recipe.gradient_format, false};
    }
    return formats;
}

std::vector<bool> pact_nodes(const Network& network, const std::vector<GemmFormats>& formats) {
    // Backwards: does a path of poolings and adds lead from the node to a GEMM that takes uint4?
    std::vector<bool> feeds_uint4(network.nodes.size(), false);
    for (std::size_t i = network.nodes.size(); i-- > 0;) {
        const Node& node = network.nodes[i];
        const bool passes = node.kind == NodeKind::max_pool ||
                            node.kind == NodeKind::average_pool || node.kind == NodeKind::add;
        const bool takes = network::is_gemm(node) && formats.at(i).activation == Format::uint4;
        if (takes || (passes && feeds_uint4[i]))
            for (const std::size_t input : node.inputs) feeds_uint4[input] = true;
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        feeds_uint4[i] = feeds_uint4[i] && network.nodes[i].kind == NodeKind::activation;
    return feeds_uint4;
}

}  // namespace quatrain::training

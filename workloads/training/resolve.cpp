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

void require_supported(const std::string& layer, const GemmFormats& formats, const Recipe& recipe) {
    if (const auto problem = find_problem(formats, recipe))
        throw std::invalid_argument(fmt::format("layer {}, recipe {}: {} = {}: {}", layer,
                                                recipe.name, problem->field,
                                                numerics::name(problem->value), problem->rule));
}

void require_wide(const Recipe& recipe, const char* field, Format format) {
    if (!numerics::is_sixteen_bit(format) && format != Format::fp32)
        throw std::invalid_argument(
            fmt::format("recipe {}, {} = {}: must be fp16, dlfloat16, bf16 or fp32", recipe.name,
                        field, numerics::name(format)));
}

/// GEMM layers, in network order.
std::vector<std::size_t> gemm_nodes(const Network& network) {
    std::vector<std::size_t> nodes;
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (network::is_gemm(network.nodes[i])) nodes.push_back(i);
    return nodes;
}

/// The node is a convolution with a kernel of this size.
bool has_kernel(const Node& node, std::int64_t kernel) {
    return node.kind == NodeKind::convolution && node.kernel == kernel &&
           kernel_width(node) == kernel;
}

bool has_odd_channels(const Network& network, std::size_t node) {
    const Node& layer = network.nodes[node];
    const Node& operand = network.nodes[layer.inputs.at(0)];
    return operand.output.channels % 2 != 0 || layer.output.channels % 2 != 0;
}

}  // namespace

std::vector<GemmFormats> resolve(const Network& network, const Recipe& recipe) {
    require_wide(recipe, "activation_format", recipe.activation_format);
    require_wide(recipe, "gradient_format", recipe.gradient_format);
    const std::vector<std::size_t> gemms = gemm_nodes(network);
    const auto matches = [&](const RecipeRule& rule, std::size_t node) {
        if (rule.kernel && !has_kernel(network.nodes[node], *rule.kernel)) return false;
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
        if (network.topology && has_four_bit_operand(formats[node]) &&
            has_odd_channels(network, node))
            formats[node] = {recipe.activation_format, recipe.activation_format,
                             recipe.gradient_format, recipe.gradient_format, false};
    }
    return formats;
}

namespace {

/// Per node: true where an activation reaches a GEMM layer that takes the format
/// (docs/training-step.md, rule 5).
std::vector<bool> activations_that_reach(Format format, const Network& network,
                                         const std::vector<GemmFormats>& formats) {
    // Backwards: does a path of poolings and adds lead from the node to such a layer?
    std::vector<bool> feeds(network.nodes.size(), false);
    for (std::size_t i = network.nodes.size(); i-- > 0;) {
        const Node& node = network.nodes[i];
        const bool passes = node.kind == NodeKind::max_pool ||
                            node.kind == NodeKind::average_pool || node.kind == NodeKind::add;
        const bool takes = network::is_gemm(node) && formats.at(i).activation == format;
        if (takes || (passes && feeds[i]))
            for (const std::size_t input : node.inputs) feeds[input] = true;
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        feeds[i] = feeds[i] && network.nodes[i].kind == NodeKind::activation;
    return feeds;
}

}  // namespace

std::vector<bool> pact_nodes(const Network& network, const std::vector<GemmFormats>& formats) {
    return activations_that_reach(Format::uint4, network, formats);
}

std::vector<Format> relu_formats(const Network& network, const std::vector<GemmFormats>& formats,
                                 Format activation_format) {
    std::vector<Format> relu(network.nodes.size(), activation_format);
    const std::vector<bool> feeds_fp8 = activations_that_reach(Format::fp8_143, network, formats);
    for (std::size_t i = 0; i < relu.size(); ++i)
        if (feeds_fp8[i]) relu[i] = Format::fp8_143;
    return relu;
}

}  // namespace quatrain::training

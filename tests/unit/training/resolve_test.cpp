// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/training/support.hpp"

#include <gtest/gtest.h>
#include <set>

namespace quatrain::training {
namespace {

/// The message of the exception that building throws; empty when it does not.
std::string complaint(const network::Network& network, const Recipe& recipe,
                      std::int64_t batch = 1) {
    try {
        build(network, recipe, batch);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

TEST(Resolve, LaterRulesWin) {
    const auto network = network::built_in("resnet50");
    Recipe recipe = fp4_tpr();
    recipe.rules.push_back({"layer?.*.downsample.0", sixteen_bit()});
    recipe.rules.push_back({"layer3.0.*", {}});
    const auto formats = resolve(network, recipe);
    std::set<std::string> sixteen;
    for (std::size_t i = 0; i < formats.size(); ++i)
        if (network::is_gemm(network.nodes[i]) && !has_int4_weights(formats[i]))
            sixteen.insert(network.nodes[i].name);
    EXPECT_EQ(sixteen, (std::set<std::string>{"conv1", "fc", "layer1.0.downsample.0",
                                              "layer2.0.downsample.0", "layer4.0.downsample.0"}));
}

TEST(Resolve, NamesTheLayerThatNoRuleMatches) {
    Recipe recipe = fp4_tpr();
    recipe.rules.erase(recipe.rules.begin());
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "layer layer1.0.conv1: no rule of recipe fp4-tpr matches it");
}

TEST(Resolve, NamesLayerRecipeFieldAndRuleOfAFormatOutsideTheTable) {
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats.gradient_weight = Format::bf16;
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "layer layer1.0.conv1, recipe fp4-tpr: gradient_weight = bf16: must be fp4_r4 (if "
              "gradient_data is), fp8_152 or the recipe's gradient_format, dlfloat16");
}

TEST(Resolve, RejectsANarrowActivationFormat) {
    Recipe recipe = fp16();
    recipe.activation_format = Format::fp8_143;
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "recipe fp16, activation_format = fp8_143: must be fp16, dlfloat16, bf16 or fp32");
    recipe = fp16();
    recipe.gradient_format = Format::fp8_152;
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "recipe fp16, gradient_format = fp8_152: must be fp16, dlfloat16, bf16 or fp32");
}

TEST(Build, RejectsAFourBitLayerFedByTheImages) {
    Recipe recipe = fp4_tpr();
    recipe.rules.erase(recipe.rules.begin() + 1);
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "layer conv1: is fed fp16 by input (input): a layer with uint4 activations "
              "needs a PACT activation before it, directly or through max_pool");
}

TEST(Build, RejectsAFourBitLayerFedByAveragePooling) {
    Recipe recipe = fp4_tpr();
    recipe.rules.pop_back();
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "layer fc: is fed fp16 by avgpool (average_pool): a layer with uint4 "
              "activations needs a PACT activation before it, directly or through max_pool");
}

TEST(Build, RejectsASixteenBitLayerFedByCodes) {
    Recipe recipe = fp4_tpr();
    recipe.rules.push_back({"layer2.0.downsample.0", sixteen_bit()});
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), recipe),
              "layer layer2.0.downsample.0: is fed uint4 by layer1.2.relu2 (activation): a "
              "layer with fp16 activations needs the recipe's activation_format");
}

TEST(Build, RejectsBatchZero) {
    EXPECT_EQ(complaint(network::built_in("resnet20-cifar"), fp16(), 0),
              "batch = 0: must be between 1 and 65536");
}

TEST(Build, RejectsPactWithNothingThatLearnsBeforeIt) {
    Recipe recipe;
    recipe.rules = {{"*", {}}};
    const auto network = small_network(
        "{name: act, type: activation}, {name: conv, type: convolution, channels: 4, kernel: 8}");
    EXPECT_EQ(complaint(network, recipe),
              "layer act: a PACT activation needs a layer that learns before it (convolution, "
              "fully_connected "
              "or batch_norm)");
}

TEST(Build, RejectsTwoLayersOfOneName) {
    auto network = small_network(
        "{name: a, type: convolution, channels: 4, kernel: 1}, {name: b, type: "
        "batch_norm}, {name: pool, type: average_pool}");
    network.nodes[2].name = "a";
    EXPECT_EQ(complaint(network, fp16()),
              "layer names: two tensors of the step would be called a.output");
}

TEST(Pact, ReachesThroughPoolingAndAddButNotThroughBatchNorm) {
    const auto network = small_network(
        "{name: c0, type: convolution, channels: 4, kernel: 1}, {name: r0, type: activation},"
        "{name: b0, type: batch_norm}, {name: r1, type: activation}, {name: c1, type: convolution, "
        "channels: 4, "
        "kernel: 1}, {name: r2, type: activation, input: b0}, {name: sum, type: add, inputs: [r2, "
        "r1]},"
        "{name: pool, type: max_pool, kernel: 2, stride: 2}, {name: r3, type: activation}, {name: "
        "out, type: "
        "average_pool}, {name: skip, type: average_pool, input: c1}, {name: end, type: add, "
        "inputs: [out, skip]}");
    std::vector<GemmFormats> formats(network.nodes.size(), sixteen_bit());
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (network.nodes[i].name == "c1") formats[i] = GemmFormats{};
    const auto pact = pact_nodes(network, formats);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < pact.size(); ++i)
        if (pact[i]) found.push_back(network.nodes[i].name);
    EXPECT_EQ(found, std::vector<std::string>{"r1"});
}

TEST(Pact, HoldsForAllButTheLastActivationOfAResNet) {
    const auto network = network::built_in("resnet18");
    const auto pact = pact_nodes(network, resolve(network, fp4_tpr()));
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (network.nodes[i].kind == network::NodeKind::activation) {
            EXPECT_EQ(pact[i], network.nodes[i].name != "layer4.1.relu2") << network.nodes[i].name;
        }
}

}  // namespace
}  // namespace quatrain::training

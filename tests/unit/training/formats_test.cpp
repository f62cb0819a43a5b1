// SPDX-License-Identifier: Apache-2.0
// The table of operand formats of docs/training-step.md, and which layers a rule takes.
#include "tests/unit/training/support.hpp"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace quatrain::training {
namespace {

using enum Format;

const std::vector<Format> every_format{fp32, fp16,  dlfloat16, bf16,  fp8_143, fp8_152,
                                       int4, uint4, fp4_r4,    uint8, int32};

/// The table, row by row.
bool is_in_table(const GemmFormats& f, Format a, Format g) {
    const std::set<std::pair<Format, Format>> forward{{uint4, int4}, {fp8_143, fp8_143}, {a, a}};
    std::set<Format> data{fp8_152, g}, weight{fp8_152, g};
    if (f.weight == int4) data.insert(fp4_r4);
    if (f.gradient_data == fp4_r4) weight.insert(fp4_r4);
    return forward.contains({f.activation, f.weight}) && data.contains(f.gradient_data) &&
           weight.contains(f.gradient_weight);
}

TEST(Formats, ExactlyTheRowsOfTheTableAreAccepted) {
    int accepted = 0;
    for (const auto& [a, g] :
         {std::pair{fp16, dlfloat16}, std::pair{bf16, bf16}, std::pair{fp32, fp32}}) {
        Recipe recipe;
        recipe.activation_format = a;
        recipe.gradient_format = g;
        for (const Format x : every_format)
            for (const Format w : every_format)
                for (const Format data : every_format)
                    for (const Format weight : every_format) {
                        const GemmFormats formats{x, w, data, weight, true};
                        const bool fits = !find_problem(formats, recipe);
                        EXPECT_EQ(fits, is_in_table(formats, a, g))
                            << numerics::name(x) << " " << numerics::name(w) << " "
                            << numerics::name(data) << " " << numerics::name(weight);
                        accepted += fits ? 1 : 0;
                    }
    }
    // Gradients: 2 x 2 without fp4_r4; with int4 weights also fp4_r4 and one of three.
    EXPECT_EQ(accepted, 3 * (4 + 4 + 7));
}

TEST(Formats, TheProblemIsTheFirstFieldThatDoesNotFit) {
    const auto field = [](const GemmFormats& formats) {
        const auto problem = find_problem(formats, {});
        return problem ? problem->field : "";
    };
    EXPECT_EQ(field({int4, int4, fp32, fp32, true}), "activation");
    EXPECT_EQ(field({uint4, fp16, fp32, fp32, true}), "weight");
    EXPECT_EQ(field({fp8_143, fp8_143, fp4_r4, fp32, true}), "gradient_data");
    EXPECT_EQ(field({uint4, int4, fp8_152, fp4_r4, true}), "gradient_weight");
    EXPECT_EQ(field({uint4, int4, fp4_r4, fp4_r4, true}), "");
}

/// What the predicates say of formats: int4, uint4, 4-bit operand, scaled, even, odd, fp8.
std::string told(const GemmFormats& formats) {
    std::string text;
    for (const bool one :
         {has_int4_weights(formats), has_uint4_activations(formats), has_four_bit_operand(formats),
          has_scaled_gradient(formats), makes_even_codes(formats), makes_odd_codes(formats),
          makes_fp8_codes(formats)})
        text += one ? '1' : '0';
    return text;
}

TEST(Formats, PredicatesTellWhatALayerMakes) {
    EXPECT_EQ(told({uint4, int4, fp4_r4, fp4_r4, true}), "1111110");
    EXPECT_EQ(told({uint4, int4, fp4_r4, fp4_r4, false}), "1111100");
    EXPECT_EQ(told({uint4, int4, fp4_r4, fp8_152, true}), "1111101");
    EXPECT_EQ(told({uint4, int4, fp4_r4, dlfloat16, true}), "1111100");
    EXPECT_EQ(told({uint4, int4, fp8_152, fp8_152, true}), "1111001");
    EXPECT_EQ(told({uint4, int4, dlfloat16, fp8_152, true}), "1111001");
    EXPECT_EQ(told({uint4, int4, dlfloat16, dlfloat16, true}), "1110000");
    EXPECT_EQ(told({fp8_143, fp8_143, fp8_152, fp8_152, true}), "0001001");
    EXPECT_EQ(told({fp16, fp16, dlfloat16, fp8_152, true}), "0001001");
    EXPECT_EQ(told({fp16, fp16, dlfloat16, dlfloat16, true}), "0000000");
}

std::set<std::string> layers_with(const network::Network& network, const Recipe& recipe,
                                  Format gradient_data) {
    const auto formats = resolve(network, recipe);
    std::set<std::string> layers;
    for (std::size_t i = 0; i < formats.size(); ++i)
        if (network::is_gemm(network.nodes[i]) && formats[i].gradient_data == gradient_data)
            layers.insert(network.nodes[i].name);
    return layers;
}

TEST(Formats, ARuleWithAKernelTakesConvolutionsOfThatSizeOnly) {
    Recipe recipe = fp4_tpr();
    const GemmFormats fp8{uint4, int4, fp8_152, fp8_152, true};
    recipe.rules.insert(recipe.rules.begin() + 1, {"*", fp8, 1});
    EXPECT_EQ(layers_with(network::built_in("resnet20-cifar"), recipe, fp8_152),
              (std::set<std::string>{"layer2.0.downsample.0", "layer3.0.downsample.0"}));
    recipe.rules[1].pattern = "*.conv3";
    EXPECT_EQ(layers_with(network::built_in("resnet50"), recipe, fp8_152).size(), 16U)
        << "one in each bottleneck";
    recipe.rules[1].kernel = 3;
    EXPECT_TRUE(layers_with(network::built_in("resnet50"), recipe, fp8_152).empty());
}

TEST(Formats, AKernelOfAnotherWidthIsAnotherSize) {
    std::istringstream text(
        "Layer name, IFMAP height, IFMAP width, Filter height, Filter width, Channels, Num filter, "
        "Strides\n"
        "first, 8, 8, 1, 1, 4, 4, 1\nflat, 8, 8, 1, 3, 4, 4, 1\npoint, 8, 8, 1, 1, 4, 4, "
        "1\nlast, 8, 8, 1, 1, 4, 4, 1\n");
    const auto network = network::read_topology(text, "net.csv", "net");
    Recipe recipe = fp4_tpr();
    recipe.rules.insert(recipe.rules.begin() + 1, {"*", {uint4, int4, fp8_152, fp8_152, true}, 1});
    EXPECT_EQ(layers_with(network, recipe, fp8_152), (std::set<std::string>{"point"}));
}

TEST(Formats, ALayerOfATopologyWithAnyFourBitOperandNeedsEvenChannels) {
    std::istringstream text("Layer, M, N, K\nfirst, 2, 2, 2\nodd, 5, 6, 7\nlast, 2, 2, 2\n");
    const auto network = network::read_topology(text, "net.csv", "net");
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats = {uint4, int4, dlfloat16, fp8_152, true};
    EXPECT_TRUE(layers_with(network, recipe, dlfloat16).contains("odd"));
    EXPECT_EQ(tensor(build(network, recipe, 1), "odd.input").format, fp16);
    recipe.rules[0].formats = {fp8_143, fp8_143, fp8_152, fp8_152, true};
    EXPECT_EQ(tensor(build(network, recipe, 1), "odd.input").format, fp8_143);
}

TEST(Formats, ReluIsFp8WhereALayerThatTakesItIsReached) {
    const auto network = network::built_in("resnet18");
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats = {fp8_143, fp8_143, fp8_152, fp8_152, true};
    const Graph graph = build(network, recipe, 1);
    for (const auto& node : network.nodes)
        if (node.kind == network::NodeKind::activation) {
            EXPECT_EQ(tensor(graph, node.name + ".output").format,
                      node.name == "layer4.1.relu2" ? fp16 : fp8_143)
                << node.name;
        }
    EXPECT_EQ(tensor(graph, "maxpool.output").format, fp8_143);
    EXPECT_EQ(tensor(graph, "layer1.0.add.output").format, fp16);
}

TEST(Formats, AnActivationThatFeedsUint4AndFp8LayersIsPactAndCannotServeBoth) {
    Recipe recipe = fp4_tpr();
    recipe.rules.push_back({"layer2.0.downsample.0", {fp8_143, fp8_143, fp8_152, fp8_152, true}});
    try {
        build(network::built_in("resnet20-cifar"), recipe, 1);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_EQ(std::string(error.what()),
                  "layer layer2.0.downsample.0: is fed uint4 by layer1.2.relu2 (activation): a "
                  "layer with fp8_143 activations needs an activation before it that no layer with "
                  "uint4 activations is reached from, directly or through max_pool");
    }
}

}  // namespace
}  // namespace quatrain::training

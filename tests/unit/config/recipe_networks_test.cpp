// SPDX-License-Identifier: Apache-2.0
// The built-in recipes on the built-in networks: the steps that they make, and how much of them is
// multiplied in which mode of the array.
#include "sim/config/reader.hpp"
#include "workloads/network/reader.hpp"
#include "workloads/training/graph.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <string>

namespace quatrain::config {
namespace {

using numerics::Format;
using training::Graph;
using training::OperatorKind;

class EveryRecipe : public testing::TestWithParam<std::string> {};

TEST_P(EveryRecipe, MakesAStepOfEveryNetwork) {
    const training::Recipe recipe = load_recipe(GetParam());
    for (const char* network : {"resnet20-cifar", "resnet18", "resnet50"})
        for (const std::int64_t cores : {1, 2})
            for (const bool trains : {true, false}) {
                const Graph graph = training::build(network::built_in(network), recipe, 2, trains,
                                                    {.cores = cores});
                EXPECT_NO_THROW(training::check(graph)) << network;
                EXPECT_EQ(graph.by_name.size(), graph.tensors.size()) << network;
            }
}

TEST_P(EveryRecipe, KeepsTheFirstAndTheLastLayerWideAndSaysWhereItIsFrom) {
    const training::Recipe recipe = load_recipe(GetParam());
    EXPECT_FALSE(recipe.description.empty());
    const auto network = network::built_in("resnet50");
    const auto formats = training::resolve(network, recipe);
    for (std::size_t i = 0; i < formats.size(); ++i) {
        if (network.nodes[i].name != "conv1" && network.nodes[i].name != "fc") continue;
        EXPECT_EQ(formats[i].activation, recipe.activation_format);
        EXPECT_EQ(formats[i].gradient_data, recipe.gradient_format);
        EXPECT_EQ(formats[i].gradient_weight, recipe.gradient_format);
    }
}

INSTANTIATE_TEST_SUITE_P(Presets, EveryRecipe, testing::ValuesIn(preset_names("recipes")),
                         [](const testing::TestParamInfo<std::string>& instance) {
                             std::string name = instance.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

/// Multiplications of one GEMM by the bits of its wider operand.
using Modes = std::map<int, double>;

/// Of ResNet-50, as parts of all MACs of the kind.
std::map<OperatorKind, Modes> shares(const std::string& recipe) {
    const Graph graph = training::build(network::built_in("resnet50"), load_recipe(recipe), 1);
    std::map<OperatorKind, Modes> result;
    std::map<OperatorKind, double> all;
    for (const training::Operator& o : graph.operators) {
        const auto macs = static_cast<double>(training::macs(graph, o));
        if (macs == 0) continue;
        const int bits = std::max(numerics::bits(graph.tensors[o.inputs[0]].format),
                                  numerics::bits(graph.tensors[o.inputs[1]].format));
        result[o.kind][bits] += macs;
        all[o.kind] += macs;
    }
    for (auto& [kind, modes] : result)
        for (auto& [bits, macs] : modes) macs /= all[kind];
    return result;
}

constexpr auto forward = OperatorKind::convolution;
constexpr auto data = OperatorKind::convolution_backward_data;
constexpr auto weight = OperatorKind::convolution_backward_weight;

// ResNet-50 (v1.5) at 224 x 224 has 4089.2 million MACs: conv1 118.0 and fc 2.0 of them in 16 bits.
// Its 1 x 1 convolutions: the last ones of 16 bottlenecks 16 x 51.38 (56^2 x 64 x 256; every stage
// has half the pixels each way and twice the channels); the first ones 51.38 for every block but
// those that begin a stage, which have 12.85 (56^2 x 64 x 64), 102.76, 102.76, 102.76; shortcuts
// 51.38, 102.76, 102.76, 102.76.
constexpr double unit = 56. * 56 * 64 * 256 / 1e6;
constexpr double bottom = 16 * unit;
constexpr double top = 12 * unit + unit / 4 + 3 * 2 * unit;
constexpr double shortcuts = unit + 3 * 2 * unit;
constexpr double conv1 = 112. * 112 * 64 * 49 * 3 / 1e6, fc = 2048. * 1000 / 1e6;
constexpr double three_by_three = 16 * 56. * 56 * 64 * 64 * 9 / 1e6;  // of their output pixels
constexpr double total = conv1 + fc + bottom + top + shortcuts + three_by_three;
constexpr double wide = (conv1 + fc) / total;

TEST(Shares, OfTheReferenceAreThoseOfTheNetwork) {
    EXPECT_NEAR(total, 4089.2, 0.1);
    EXPECT_NEAR((bottom + top) / total, 0.430, 0.0005);
    EXPECT_NEAR((bottom + top + shortcuts) / total, 0.518, 0.0005);
    EXPECT_NEAR(bottom / total, 0.201, 0.0005);
}

TEST(Shares, OfResNet50InTheModesOfTheArray) {
    const std::map<std::string, double> eight_bit{
        {"fp4-tpr", 0},
        {"fp4-no-tpr", 0},
        {"fp4-1x1-fp8", (bottom + top + shortcuts) / total},
        {"fp4-bottom-1x1-fp8", bottom / total},
        {"fp4-dx-fp8-dw", 1 - wide},
        {"fp4-apex", 1 - wide},
        {"int4-fp8", 1 - wide}};
    constexpr double tolerance = 1e-9;
    for (const auto& [recipe, expected] : eight_bit) {
        auto modes = shares(recipe);
        EXPECT_NEAR(modes[forward][4], 1 - wide, tolerance) << recipe;
        EXPECT_NEAR(modes[forward][16], wide, tolerance) << recipe;
        EXPECT_NEAR(modes[weight][8], expected, tolerance) << recipe;
        EXPECT_NEAR(modes[weight][16], wide, tolerance) << recipe;
        EXPECT_NEAR(modes[weight][4], 1 - wide - expected, tolerance) << recipe;
        // conv1 has no dX; data gradients in FP8 are those of weights but where dX alone is FP4.
        const bool data_in_four = recipe == "fp4-dx-fp8-dw" || recipe == "fp4-apex";
        const double of_data = total - conv1;
        EXPECT_NEAR(modes[data][8], data_in_four ? 0 : expected * total / of_data, tolerance)
            << recipe;
        EXPECT_NEAR(modes[data][16], fc / of_data, tolerance) << recipe;
    }
}

TEST(Shares, OfRecipesThatAreNotOfFourBitGradients) {
    auto modes = shares("hfp8");
    for (const auto kind : {forward, weight}) EXPECT_NEAR(modes[kind][8], 1 - wide, 1e-9);
    modes = shares("int4-fp16");
    EXPECT_NEAR(modes[forward][4], 1 - wide, 1e-9);
    for (const auto kind : {data, weight}) EXPECT_NEAR(modes[kind][16], 1, 1e-9);
    modes = shares("fp32");
    for (const auto kind : {forward, data, weight}) EXPECT_NEAR(modes[kind][32], 1, 1e-9);
    modes = shares("fp16");
    for (const auto kind : {forward, data, weight}) EXPECT_NEAR(modes[kind][16], 1, 1e-9);
}

}  // namespace
}  // namespace quatrain::config

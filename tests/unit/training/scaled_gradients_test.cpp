// SPDX-License-Identifier: Apache-2.0
// Rule 12 of docs/training-step.md in the graph: which codes are made, who takes them, and what
// scales are voted on.
#include "tests/unit/training/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quatrain::training {
namespace {

using testing::ElementsAre;
using Kind = OperatorKind;
using Names = std::vector<std::string>;
using enum Format;

/// A middle layer of these formats, between layers in 16 bits.
Graph step(const GemmFormats& middle, GradScaleScope scope = GradScaleScope::per_layer,
           std::int64_t cores = 1) {
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats = middle;
    recipe.gradscale = scope;
    const Graph graph =
        build(small_network("{name: c0, type: convolution, channels: 4, kernel: 1},"
                            "{name: r0, type: activation},"
                            "{name: c1, type: convolution, channels: 4, kernel: 3},"
                            "{name: r1, type: activation},"
                            "{name: c2, type: convolution, channels: 4, kernel: 1},"
                            "{name: pool, type: average_pool}, {name: fc, type: fully_connected, "
                            "channels: 4}"),
              recipe, 4, true, {.cores = cores});
    check(graph);
    return graph;
}

/// Codes that are made, and the gradients that dX and dW take, of layer c1.
struct Taken {
    Names made;
    std::string data, weight;
    bool data_scaled = false, weight_scaled = false, odd = false;
};
Taken taken(const Graph& graph) {
    Taken result;
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::gradient_quantise && o.name == "c1")
            result.made = names(graph, o.outputs);
    const Operator& data = producer(graph, "c1.input_gradient");
    const Operator& weight = producer(graph, "c1.weight_gradient");
    result.data = graph.tensors[data.inputs[0]].name;
    result.weight = graph.tensors[weight.inputs[1]].name;
    result.data_scaled = data.gradscale.has_value();
    result.weight_scaled = weight.gradscale.has_value();
    result.odd = weight.odd_phase;
    return result;
}

Names with_scalars(Names codes) {
    for (const char* scalar : {"c1.gradient_max", "c1.gradient_underflow", "c1.gradient_overflow"})
        codes.emplace_back(scalar);
    return codes;
}

TEST(ScaledGradients, EvenForDataAndOddForWeights) {
    const Taken t = taken(step({uint4, int4, fp4_r4, fp4_r4, true}));
    EXPECT_EQ(t.made, with_scalars({"c1.gradient_even", "c1.gradient_odd"}));
    EXPECT_EQ(t.data, "c1.gradient_even");
    EXPECT_EQ(t.weight, "c1.gradient_odd");
    EXPECT_TRUE(t.data_scaled && t.weight_scaled && t.odd);
}

TEST(ScaledGradients, EvenForDataAndFp8ForWeights) {
    const Graph graph = step({uint4, int4, fp4_r4, fp8_152, true});
    const Taken t = taken(graph);
    EXPECT_EQ(t.made, with_scalars({"c1.gradient_even", "c1.gradient_fp8"}));
    EXPECT_EQ(t.data, "c1.gradient_even");
    EXPECT_EQ(t.weight, "c1.gradient_fp8");
    EXPECT_TRUE(t.data_scaled && t.weight_scaled);
    EXPECT_FALSE(t.odd);
    EXPECT_EQ(tensor(graph, "c1.gradient_fp8").format, fp8_152);
    EXPECT_EQ(tensor(graph, "c1.gradient_fp8").shape, tensor(graph, "c1.output").shape);
}

TEST(ScaledGradients, Fp8ForBothIsMadeOnce) {
    for (const GemmFormats& formats : {GemmFormats{uint4, int4, fp8_152, fp8_152, true},
                                       GemmFormats{fp8_143, fp8_143, fp8_152, fp8_152, true}}) {
        const Graph graph = step(formats);
        const Taken t = taken(graph);
        EXPECT_EQ(t.made, with_scalars({"c1.gradient_fp8"}));
        EXPECT_EQ(t.data, "c1.gradient_fp8");
        EXPECT_EQ(t.weight, "c1.gradient_fp8");
        EXPECT_TRUE(t.data_scaled && t.weight_scaled);
        const bool integers = formats.weight == int4;
        EXPECT_EQ(producer(graph, "c1.input_gradient").step_b.has_value(), integers);
        EXPECT_EQ(producer(graph, "c1.weight_gradient").step_a.has_value(), integers);
        EXPECT_EQ(producer(graph, "c1.output").step_a.has_value(), integers);
        EXPECT_EQ(producer(graph, "c1.output").step_b.has_value(), integers);
        EXPECT_EQ(graph.by_name.contains("c1.weight_alpha"), integers);
    }
}

TEST(ScaledGradients, OneOfTheTwoMayStayTheGradientItself) {
    const Taken data = taken(step({uint4, int4, fp8_152, dlfloat16, true}));
    EXPECT_EQ(data.data, "c1.gradient_fp8");
    EXPECT_EQ(data.weight, "r1.input_gradient");
    EXPECT_TRUE(data.data_scaled);
    EXPECT_FALSE(data.weight_scaled);
    const Taken weight = taken(step({fp16, fp16, dlfloat16, fp8_152, true}));
    EXPECT_EQ(weight.made, with_scalars({"c1.gradient_fp8"}));
    EXPECT_EQ(weight.data, "r1.input_gradient");
    EXPECT_EQ(weight.weight, "c1.gradient_fp8");
    EXPECT_FALSE(weight.data_scaled);
    EXPECT_TRUE(weight.weight_scaled);
}

TEST(ScaledGradients, IntegerWeightsWithPlainGradientsHaveStepsAndMaskButNoScale) {
    const Graph graph = step({uint4, int4, dlfloat16, dlfloat16, true});
    const Taken t = taken(graph);
    EXPECT_TRUE(t.made.empty());
    EXPECT_EQ(t.data, "r1.input_gradient");
    EXPECT_EQ(t.weight, "r1.input_gradient");
    EXPECT_FALSE(t.data_scaled || t.weight_scaled || t.odd);
    EXPECT_FALSE(graph.by_name.contains("c1.gradscale_log2"));
    EXPECT_EQ(graph.tensors[*producer(graph, "c1.input_gradient").step_b].name, "c1.weight_step");
    EXPECT_EQ(graph.tensors[*producer(graph, "c1.weight_gradient").step_a].name, "r0.step");
    const auto masked = std::ranges::count_if(
        graph.operators, [](const Operator& o) { return o.alpha_mask.has_value(); });
    EXPECT_EQ(masked, 2) << "c1 and c2";
}

const GemmFormats apex{uint4, int4, fp4_r4, fp8_152, true};

TEST(ScaledGradients, AGlobalScaleFollowsTheLeastVoteOfAllLayers) {
    const Graph graph = step(apex, GradScaleScope::global);
    EXPECT_EQ(count(graph, Kind::gradscale_update), 0U);
    EXPECT_EQ(count(graph, Kind::gradscale_vote), 2U);
    const Operator& least = producer(graph, "gradscale_vote");
    EXPECT_EQ(least.kind, Kind::gradscale_least);
    EXPECT_THAT(names(graph, least.inputs), ElementsAre("c1.gradscale_vote", "c2.gradscale_vote"));
    EXPECT_TRUE(tensor(graph, "gradscale_vote").scalar);
    EXPECT_EQ(tensor(graph, "gradscale_vote").format, int32);
    Names applied;
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::gradscale_apply)
            for (const std::string& name : names(graph, o.inputs)) applied.push_back(name);
    EXPECT_THAT(applied, ElementsAre("c1.gradscale_log2", "gradscale_vote", "c2.gradscale_log2",
                                     "gradscale_vote"));
}

TEST(ScaledGradients, SeveralCoresReduceTheLeastVoteInPlaceOfTheLayers) {
    const Graph graph = step(apex, GradScaleScope::global, 2);
    Names reduced;
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::all_reduce && graph.tensors[o.inputs[0]].scalar)
            reduced.push_back(graph.tensors[o.inputs[0]].name);
    EXPECT_THAT(reduced,
                ElementsAre("r1.alpha_gradient", "r0.alpha_gradient", "gradscale_vote", "loss"));
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::gradscale_apply) {
            EXPECT_EQ(graph.tensors[o.inputs[1]].name, "gradscale_vote.reduced");
        }
}

TEST(ScaledGradients, NoScaledGradientNoVote) {
    const Graph graph = step({uint4, int4, dlfloat16, dlfloat16, true}, GradScaleScope::global, 2);
    EXPECT_FALSE(graph.by_name.contains("gradscale_vote"));
    EXPECT_EQ(count(graph, Kind::gradscale_least), 0U);
}

TEST(ScaledGradients, ATopologysGemmsTakeGradientsOfTheirOwnFormats) {
    std::istringstream text("Layer, M, N, K\na, 5, 6, 8\nb, 3, 4, 2\nc, 2, 2, 2\n");
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats = apex;
    const Graph graph = build(network::read_topology(text, "net.csv", "net"), recipe, 1);
    check(graph);
    const auto operand = [&](const std::string& result, std::size_t i) {
        return graph.tensors[producer(graph, result).inputs[i]];
    };
    EXPECT_EQ(operand("b.input_gradient", 0).format, fp4_r4);
    EXPECT_EQ(operand("b.weight_gradient", 1).format, fp8_152);
    EXPECT_EQ(operand("b.weight_gradient", 1).shape, operand("b.input_gradient", 0).shape);
    EXPECT_EQ(operand("a.weight_gradient", 1).name, operand("a.input_gradient", 0).name);
}

}  // namespace
}  // namespace quatrain::training

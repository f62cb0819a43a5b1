// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/training/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <functional>
#include <string>

namespace quatrain::training {
namespace {

using testing::ElementsAre;
using Kind = OperatorKind;

class EveryGraph : public testing::TestWithParam<std::tuple<const char*, bool, bool>> {
public:
    static std::string name(const testing::TestParamInfo<ParamType>& instance) {
        const auto [network, four_bit, training] = instance.param;
        std::string name = network;
        std::ranges::replace(name, '-', '_');
        return name + (four_bit ? "_fp4_tpr" : "_fp16") + (training ? "_training" : "_inference");
    }

protected:
    Graph make() const {
        const auto [name, four_bit, training] = GetParam();
        return build(network::built_in(name), four_bit ? fp4_tpr() : fp16(), 4, training);
    }
};

TEST_P(EveryGraph, ProducesEveryTensorOnceAndBeforeItsUse) {
    const Graph graph = make();
    EXPECT_NO_THROW(check(graph));
    EXPECT_EQ(graph.by_name.size(), graph.tensors.size());
}

TEST_P(EveryGraph, SpendsForwardMacsAgainOnWeightsAndOnDataButTheFirstLayers) {
    const Graph graph = make();
    const std::int64_t forward = 4 * network::macs_forward(graph.network);
    std::map<Kind, std::int64_t> spent;
    for (const Operator& o : graph.operators) spent[o.kind] += macs(graph, o);
    const std::int64_t first = macs(graph, producer(graph, "conv1.output"));
    EXPECT_GT(first, 0);
    EXPECT_EQ(spent[Kind::convolution], forward);
    const bool training = std::get<2>(GetParam());
    EXPECT_EQ(spent[Kind::convolution_backward_weight], training ? forward : 0);
    EXPECT_EQ(spent[Kind::convolution_backward_data], training ? forward - first : 0);
}

TEST_P(EveryGraph, HasDataGradientBeforeWeightGradientInReverseLayerOrder) {
    const Graph graph = make();
    std::size_t last_node = graph.network.nodes.size();
    Kind last = Kind::convolution_backward_weight;
    for (const Operator& o : graph.operators) {
        if (o.kind != Kind::convolution_backward_data &&
            o.kind != Kind::convolution_backward_weight)
            continue;
        if (o.kind == Kind::convolution_backward_data) {
            EXPECT_LT(o.node, last_node);
        } else if (last == Kind::convolution_backward_data) {
            EXPECT_EQ(o.node, last_node);
        } else {
            EXPECT_EQ(o.name, "conv1");
        }
        last_node = o.node;
        last = o.kind;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryGraph,
                         testing::Combine(testing::Values("resnet18-cifar", "resnet20-cifar",
                                                          "resnet50"),
                                          testing::Bool(), testing::Bool()),
                         EveryGraph::name);

TEST(Graph, ResNet20HasTheOperatorsOfThePage) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 2);
    // 19 + 2 shortcut convolutions and the classifier; the first and the last in 16 bits.
    EXPECT_EQ(count(graph, Kind::convolution), 22u);
    EXPECT_EQ(count(graph, Kind::weight_quantise), 22u);
    EXPECT_EQ(count(graph, Kind::weight_statistics), 20u);
    EXPECT_EQ(count(graph, Kind::convolution_backward_data), 21u);
    EXPECT_EQ(count(graph, Kind::convolution_backward_weight), 22u);
    EXPECT_EQ(count(graph, Kind::gradient_quantise), 20u);
    EXPECT_EQ(count(graph, Kind::gradscale_update), 20u);
    EXPECT_EQ(count(graph, Kind::batch_norm_statistics), 21u);
    EXPECT_EQ(count(graph, Kind::batch_norm_normalise), 21u);
    EXPECT_EQ(count(graph, Kind::batch_norm_backward_statistics), 21u);
    EXPECT_EQ(count(graph, Kind::batch_norm_backward_apply), 21u);
    EXPECT_EQ(count(graph, Kind::quantise_activation), 18u);
    EXPECT_EQ(count(graph, Kind::activation_backward), 18u);
    EXPECT_EQ(count(graph, Kind::relu), 1u);
    EXPECT_EQ(count(graph, Kind::relu_backward), 1u);
    EXPECT_EQ(count(graph, Kind::add), 9u);
    EXPECT_EQ(count(graph, Kind::gradient_add), 9u);
    EXPECT_EQ(count(graph, Kind::average_pool_backward), 1u);
    EXPECT_EQ(count(graph, Kind::bias_add), 1u);
    EXPECT_EQ(count(graph, Kind::bias_gradient), 1u);
    EXPECT_EQ(count(graph, Kind::loss), 1u);
    EXPECT_EQ(count(graph, Kind::sgd), 22u + 1u + 2u * 21u);
    EXPECT_EQ(count(graph, Kind::sgd_scalar), 18u);
}

TEST(Graph, Fp16HasNothingOfFourBits) {
    const Graph graph = build(network::built_in("resnet18-cifar"), fp16(), 2);
    for (const Kind kind : {Kind::weight_statistics, Kind::gradient_quantise,
                            Kind::gradscale_update, Kind::activation_scale,
                            Kind::quantise_activation, Kind::activation_backward, Kind::sgd_scalar})
        EXPECT_EQ(count(graph, kind), 0u) << name(kind);
    for (const Tensor& t : graph.tensors) EXPECT_GE(numerics::bits(t.format), 8) << t.name;
    EXPECT_EQ(count(graph, Kind::relu), 17u);
}

TEST(Graph, InferenceHasForwardOperatorsOnlyAndUpdatesNothing) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 1, false);
    for (const Operator& o : graph.operators) {
        EXPECT_EQ(o.pass, Pass::forward);
        EXPECT_NE(o.kind, Kind::loss);
    }
    for (const Tensor& t : graph.tensors) {
        EXPECT_TRUE(t.updated_name.empty()) << t.name;
        EXPECT_FALSE(t.name.ends_with("transposed")) << t.name;
    }
    EXPECT_FALSE(graph.by_name.contains("bn1.running_mean"));
}

TEST(Graph, FourBitLayerNamesItsTensorsAsThePageDoes) {
    const Graph graph = build(network::built_in("resnet18-cifar"), fp4_tpr(), 3);
    const std::string n = "layer2.0.conv1.";
    EXPECT_EQ(tensor(graph, n + "weight").shape, (std::array<std::int64_t, 4>{3, 3, 64, 128}));
    EXPECT_EQ(tensor(graph, n + "weight_codes").format, Format::int4);
    EXPECT_EQ(tensor(graph, n + "weight_codes_transposed").shape,
              (std::array<std::int64_t, 4>{3, 3, 128, 64}));
    EXPECT_EQ(tensor(graph, n + "output").shape, (std::array<std::int64_t, 4>{3, 16, 16, 128}));
    EXPECT_EQ(tensor(graph, n + "input_gradient").shape,
              (std::array<std::int64_t, 4>{3, 32, 32, 64}));
    EXPECT_EQ(tensor(graph, n + "input_gradient").format, Format::dlfloat16);
    EXPECT_EQ(tensor(graph, n + "gradient_odd").format, Format::fp4_r4);
    EXPECT_EQ(tensor(graph, n + "gradscale_log2").updated_name, n + "gradscale_log2.updated");
    EXPECT_TRUE(tensor(graph, n + "gradscale_log2").scalar);
    EXPECT_EQ(tensor(graph, n + "weight.momentum").updated_name, n + "weight.momentum.updated");

    const Operator& forward = producer(graph, n + "output");
    EXPECT_THAT(names(graph, forward.inputs),
                ElementsAre("layer1.1.relu2.output", n + "weight_codes"));
    EXPECT_EQ(graph.tensors[*forward.step_a].name, "layer1.1.relu2.step");
    EXPECT_EQ(graph.tensors[*forward.step_b].name, n + "weight_step");
    EXPECT_FALSE(forward.gradscale);

    const Operator& data = producer(graph, n + "input_gradient");
    EXPECT_THAT(names(graph, data.inputs),
                ElementsAre(n + "gradient_even", n + "weight_codes_transposed"));
    EXPECT_FALSE(data.step_a);
    EXPECT_EQ(graph.tensors[*data.step_b].name, n + "weight_step");
    EXPECT_EQ(graph.tensors[*data.gradscale].name, n + "gradscale_log2");

    const Operator& weight = producer(graph, n + "weight_gradient");
    EXPECT_THAT(names(graph, weight.inputs),
                ElementsAre("layer1.1.relu2.output", n + "gradient_odd"));
    EXPECT_TRUE(weight.odd_phase);
    EXPECT_EQ(graph.tensors[*weight.step_a].name, "layer1.1.relu2.step");
    EXPECT_FALSE(weight.step_b);
    EXPECT_THAT(names(graph, producer(graph, n + "gradient_even").outputs),
                ElementsAre(n + "gradient_even", n + "gradient_odd", n + "gradient_max",
                            n + "gradient_underflow", n + "gradient_overflow"));
}

TEST(Graph, SixteenBitLayersUseTheGradientItself) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 2);
    EXPECT_FALSE(graph.by_name.contains("conv1.input_gradient"));
    EXPECT_FALSE(graph.by_name.contains("conv1.weight_codes_transposed"));
    EXPECT_EQ(tensor(graph, "conv1.weight_codes").format, Format::fp16);
    EXPECT_THAT(names(graph, producer(graph, "conv1.weight_gradient").inputs),
                ElementsAre("input.output", "bn1.input_gradient"));
    EXPECT_THAT(names(graph, producer(graph, "fc.input_gradient").inputs),
                ElementsAre("loss.input_gradient", "fc.weight_codes_transposed"));
    EXPECT_THAT(names(graph, producer(graph, "fc.output").inputs),
                ElementsAre("fc.product", "fc.bias"));
    EXPECT_THAT(names(graph, producer(graph, "fc.bias_gradient").inputs),
                ElementsAre("loss.input_gradient"));
}

TEST(Graph, WithoutTwoPhaseRoundingBothGemmsTakeTheEvenCodes) {
    Recipe recipe = fp4_tpr();
    recipe.rules[0].formats.two_phase = false;
    const Graph graph = build(network::built_in("resnet20-cifar"), recipe, 2);
    EXPECT_FALSE(graph.by_name.contains("layer1.0.conv1.gradient_odd"));
    const Operator& weight = producer(graph, "layer1.0.conv1.weight_gradient");
    EXPECT_EQ(names(graph, weight.inputs)[1], "layer1.0.conv1.gradient_even");
    EXPECT_FALSE(weight.odd_phase);
}

TEST(Graph, AddPassesItsGradientOnAndFanInIsSummedInNetworkOrder) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 2);
    // layer1.0.relu2 feeds layer1.1.conv1 and layer1.1.add; the add hands on relu2's input
    // gradient.
    EXPECT_THAT(names(graph, producer(graph, "layer1.0.relu2.output_gradient").inputs),
                ElementsAre("layer1.1.conv1.input_gradient", "layer1.1.relu2.input_gradient"));
    EXPECT_THAT(
        names(graph, producer(graph, "layer1.1.bn2.input_gradient").inputs),
        ElementsAre("layer1.1.relu2.input_gradient", "layer1.1.conv2.output", "layer1.1.bn2.mean",
                    "layer1.1.bn2.inverse_deviation", "layer1.1.bn2.gamma",
                    "layer1.1.bn2.beta_gradient", "layer1.1.bn2.gamma_gradient"));
    // layer2.0 has a shortcut convolution instead.
    EXPECT_THAT(
        names(graph, producer(graph, "layer1.2.relu2.output_gradient").inputs),
        ElementsAre("layer2.0.conv1.input_gradient", "layer2.0.downsample.0.input_gradient"));
}

TEST(Graph, ThreeConsumersChainTheirSums) {
    const Graph graph = build(
        small_network(
            "{name: c0, type: convolution, channels: 4, kernel: 1}, {name: b0, type: batch_norm},"
            "{name: c1, type: convolution, channels: 4, kernel: 1, input: b0},"
            "{name: c2, type: convolution, channels: 4, kernel: 1, input: b0},"
            "{name: a1, type: add, inputs: [c1, c2]}, {name: a2, type: add, inputs: [b0, a1]},"
            "{name: pool, type: average_pool}"),
        fp16(), 1);
    check(graph);
    EXPECT_THAT(names(graph, producer(graph, "b0.output_gradient.1").inputs),
                ElementsAre("c1.input_gradient", "c2.input_gradient"));
    EXPECT_THAT(names(graph, producer(graph, "b0.output_gradient").inputs),
                ElementsAre("b0.output_gradient.1", "pool.input_gradient"));
}

TEST(Graph, BatchNormStatisticsListTheirScalars) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 2);
    EXPECT_THAT(names(graph, producer(graph, "bn1.mean").inputs),
                ElementsAre("conv1.output", "bn1.running_mean", "bn1.running_variance",
                            "bn1.epsilon", "bn1.momentum_new", "bn1.momentum_old", "bn1.unbias"));
    EXPECT_EQ(*tensor(graph, "bn1.epsilon").constant, 1e-5);
    EXPECT_EQ(*tensor(graph, "bn1.momentum_new").constant, 0.1);
    EXPECT_EQ(*tensor(graph, "bn1.momentum_old").constant, 1.0 - 0.1);
    EXPECT_EQ(*tensor(graph, "bn1.unbias").constant, 2048.0 / 2047.0);
    EXPECT_EQ(tensor(graph, "bn1.running_mean").updated_name, "bn1.running_mean.updated");
    EXPECT_EQ(tensor(graph, "bn1.epsilon").origin, Origin::constant);
}

TEST(Graph, ARecipeThatPassesAllWeightGradientsHasNoMask) {
    Recipe recipe = fp4_tpr();
    recipe.clip_weight_gradient = false;
    for (const Operator& one : build(network::built_in("resnet20-cifar"), recipe, 2).operators)
        EXPECT_FALSE(one.alpha_mask);
}

TEST(Graph, OptimiserTakesWeightDecayForWeightsAndTheMaskForFourBitsOnly) {
    const Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 2);
    const auto update_of = [&](const std::string& parameter) -> const Operator& {
        const TensorId id = graph.by_name.at(parameter);
        return *std::ranges::find_if(graph.operators, [&](const Operator& o) {
            return o.pass == Pass::update && o.inputs.at(1) == id;
        });
    };
    EXPECT_THAT(
        names(graph, update_of("layer1.0.conv1.weight").inputs),
        ElementsAre("layer1.0.conv1.weight_gradient", "layer1.0.conv1.weight",
                    "layer1.0.conv1.weight.momentum", "optimiser.learning_rate",
                    "optimiser.momentum", "optimiser.weight_decay", "layer1.0.conv1.weight_alpha"));
    EXPECT_FALSE(update_of("conv1.weight").alpha_mask);
    EXPECT_TRUE(update_of("conv1.weight").weight_decay);
    EXPECT_FALSE(update_of("fc.bias").weight_decay);
    EXPECT_FALSE(update_of("bn1.gamma").weight_decay);
    EXPECT_THAT(names(graph, update_of("relu.alpha").inputs),
                ElementsAre("relu.alpha_gradient", "relu.alpha", "relu.alpha.momentum",
                            "optimiser.learning_rate", "optimiser.momentum",
                            "optimiser.alpha_weight_decay"));
    EXPECT_EQ(*tensor(graph, "optimiser.weight_decay").constant, 1e-4);
}

TEST(Graph, MaxPoolKeepsCodesAndStep) {
    const Graph graph = build(network::built_in("resnet18"), fp4_tpr(), 1);
    EXPECT_EQ(tensor(graph, "maxpool.output").format, Format::uint4);
    EXPECT_EQ(graph.tensors[*tensor(graph, "maxpool.output").step].name, "relu.step");
    EXPECT_THAT(names(graph, producer(graph, "maxpool.input_gradient").inputs),
                ElementsAre("maxpool.output_gradient", "relu.output"));
    EXPECT_EQ(graph.tensors[*producer(graph, "layer1.0.conv1.output").step_a].name, "relu.step");
    EXPECT_EQ(tensor(graph, "layer4.1.relu2.output").format, Format::fp16);
}

TEST(Macs, OfStridedDataGradientCountOnlyKernelPositionsOfThePhase) {
    // 8 x 8 input, 3 x 3, stride 2, no padding: output 3 x 3. Even positions see ky = 0, 2; odd
    // ones ky = 1.
    const Graph graph =
        build(small_network("{name: c0, type: convolution, channels: 4, kernel: 1},"
                            "{name: c1, type: convolution, channels: 5, kernel: 3, stride: 2},"
                            "{name: pool, type: average_pool}"),
              fp16(), 2);
    EXPECT_EQ(macs(graph, producer(graph, "c1.output")), 2 * 9 * 36 * 5);
    EXPECT_EQ(macs(graph, producer(graph, "c1.input_gradient")), 2 * (12 * 12) * 4 * 5);
}

/// What check() says about a ResNet-20 step after `damage`.
std::string verdict(const std::function<void(Graph&)>& damage) {
    Graph graph = build(network::built_in("resnet20-cifar"), fp4_tpr(), 1);
    damage(graph);
    try {
        check(graph);
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return {};
}

TEST(Check, FindsUseBeforeProduction) {
    EXPECT_EQ(
        verdict([](Graph& graph) { std::swap(graph.operators[1], graph.operators[2]); }),
        "operator convolution of conv1, tensor conv1.weight_codes: used before it is produced");
}

TEST(Check, FindsDoubleProduction) {
    EXPECT_EQ(verdict([](Graph& graph) {
                  graph.operators.insert(graph.operators.begin(), graph.operators.front());
              }),
              "operator input_normalise of input, tensor input.output: produced twice");
}

TEST(Check, FindsUseAfterUpdate) {
    EXPECT_EQ(verdict([](Graph& graph) { graph.operators.push_back(graph.operators.back()); }),
              "operator sgd of fc, tensor fc.bias: used after its update in place");
}

TEST(Check, FindsAMissingUpdate) {
    EXPECT_EQ(verdict([](Graph& graph) { graph.operators.pop_back(); }),
              "tensor fc.bias: updated_name and updates disagree");
}

TEST(Check, FindsATensorThatNobodyMakes) {
    EXPECT_EQ(verdict([](Graph& graph) {
                  Tensor orphan;
                  orphan.name = "orphan";
                  graph.tensors.push_back(orphan);
              }),
              "tensor orphan: no operator produces it");
}

}  // namespace
}  // namespace quatrain::training

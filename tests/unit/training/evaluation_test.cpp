// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/training/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <string>
#include <vector>

namespace quatrain::training {
namespace {

using testing::ElementsAre;
using Kind = OperatorKind;

class Evaluation : public testing::TestWithParam<std::tuple<const char*, bool>> {
public:
    static std::string name(const testing::TestParamInfo<ParamType>& instance) {
        const auto [network, four_bit] = instance.param;
        std::string name = network;
        std::ranges::replace(name, '-', '_');
        return name + (four_bit ? "_fp4_tpr" : "_fp16");
    }

protected:
    network::Network network_ = network::built_in(std::get<0>(GetParam()));
    Recipe recipe_ = std::get<1>(GetParam()) ? fp4_tpr() : fp16();
    Graph graph_ = build_evaluation(network_, recipe_, 4);
};

bool takes_statistics(const Operator& o) {
    return o.kind == Kind::batch_norm_statistics || o.kind == Kind::batch_norm_sums ||
           o.kind == Kind::batch_norm_finish || o.kind == Kind::all_reduce;
}

TEST_P(Evaluation, ProducesEveryTensorOnceAndUpdatesNothing) {
    EXPECT_NO_THROW(check(graph_));
    EXPECT_EQ(graph_.by_name.size(), graph_.tensors.size());
    EXPECT_EQ(graph_.mode, Mode::evaluation);
    for (const Operator& o : graph_.operators) EXPECT_TRUE(updated_in_place(o).empty()) << o.name;
}

TEST_P(Evaluation, IsTheInferenceWithoutItsStatistics) {
    const Graph inference = build(network_, recipe_, 4, false);
    EXPECT_EQ(inference.mode, Mode::inference);
    const auto described = [](const Graph& graph) {
        std::vector<std::string> list;
        for (const Operator& o : graph.operators) {
            if (takes_statistics(o)) continue;
            std::string text = o.name + " " + std::string(quatrain::training::name(o.kind));
            for (const auto& operands : {o.inputs, o.outputs})
                for (const std::string& tensor : names(graph, operands)) text += " " + tensor;
            list.push_back(text);
        }
        return list;
    };
    EXPECT_EQ(described(graph_), described(inference));
    EXPECT_EQ(std::ranges::count_if(graph_.operators, takes_statistics), 0);
    EXPECT_EQ(
        std::ranges::count_if(inference.operators, takes_statistics),
        std::ranges::count(network_.nodes, network::NodeKind::batch_norm, &network::Node::kind));
}

TEST_P(Evaluation, HasNoTensorThatOnlyTrainingNeeds) {
    for (const Tensor& t : graph_.tensors) {
        EXPECT_TRUE(t.updated_name.empty()) << t.name;
        EXPECT_FALSE(t.name == "labels" || t.name == "loss") << t.name;
        for (const char* part : {"gradient", "gradscale", "momentum", "running_", "transposed",
                                 "epsilon", "unbias", "optimiser", "reduced"})
            EXPECT_EQ(t.name.find(part), std::string::npos) << t.name;
    }
}

TEST_P(Evaluation, IsGivenMeanAndInverseDeviationOfEveryBatchNorm) {
    int given = 0;
    for (const network::Node& node : network_.nodes) {
        if (node.kind != network::NodeKind::batch_norm) continue;
        for (const char* suffix : {".mean", ".inverse_deviation"}) {
            const Tensor& t = tensor(graph_, node.name + suffix);
            EXPECT_EQ(t.origin, Origin::parameter) << t.name;
            EXPECT_EQ(t.format, Format::fp32) << t.name;
            EXPECT_EQ(t.shape, (std::array<std::int64_t, 4>{1, 1, 1, node.output.channels}));
            ++given;
        }
    }
    EXPECT_GT(given, 30);
    EXPECT_THAT(
        names(graph_, producer(graph_, "bn1.output").inputs),
        ElementsAre("conv1.output", "bn1.mean", "bn1.inverse_deviation", "bn1.gamma", "bn1.beta"));
}

TEST_P(Evaluation, EndsWithTheLogits) {
    const Operator& last = graph_.operators.back();
    EXPECT_EQ(last.node, network_.nodes.size() - 1);
    ASSERT_EQ(last.outputs.size(), 1U);
    EXPECT_EQ(graph_.tensors[last.outputs[0]].name, network_.nodes.back().name + ".output");
    EXPECT_EQ(graph_.tensors[last.outputs[0]].shape,
              (std::array<std::int64_t, 4>{4, 1, 1, network_.classes()}));
}

TEST_P(Evaluation, OfSeveralCoresReducesNothing) {
    for (const BatchNormScope scope : {BatchNormScope::per_core, BatchNormScope::synchronised}) {
        const Graph graph =
            build_evaluation(network_, recipe_, 4, {.cores = 2, .batch_norm = scope});
        EXPECT_NO_THROW(check(graph));
        EXPECT_EQ(graph.batch, 2);
        EXPECT_FALSE(graph.synchronised);
        EXPECT_EQ(std::ranges::count_if(graph.operators, takes_statistics), 0);
    }
    EXPECT_THROW(build_evaluation(network_, recipe_, 5, {.cores = 2}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Networks, Evaluation,
                         testing::Combine(testing::Values("resnet20-cifar", "resnet18"),
                                          testing::Bool()),
                         Evaluation::name);

}  // namespace
}  // namespace quatrain::training

// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/training/support.hpp"

#include <gtest/gtest.h>

namespace quatrain::training {
namespace {

network::Network topology(const std::string& lines) {
    std::istringstream text("Layer, M, N, K\n" + lines);
    return network::read_topology(text, "net.csv", "net");
}

TEST(TopologyGraph, InferenceIsOneProductPerLayerOfOperandsThatAreGiven) {
    const Graph graph = build(topology("a, 5, 6, 8\nb, 3, 4, 2\n"), fp4_tpr(), 2, false);
    EXPECT_NO_THROW(check(graph));
    ASSERT_EQ(graph.operators.size(), 2U);
    for (const Operator& operation : graph.operators)
        EXPECT_EQ(operation.kind, OperatorKind::convolution);
    EXPECT_EQ(names(graph, graph.operators[1].inputs),
              (std::vector<std::string>{"b.input", "b.weight_codes"}));
    EXPECT_EQ(tensor(graph, "a.input").shape, (std::array<std::int64_t, 4>{2, 5, 1, 8}));
    EXPECT_EQ(tensor(graph, "a.input").origin, Origin::data);
    EXPECT_EQ(macs(graph, graph.operators[0]), 2 * 5 * 6 * 8);
}

TEST(TopologyGraph, TrainingAddsBothGradientsOfEveryLayer) {
    const Graph graph = build(topology("a, 5, 6, 8\nb, 3, 4, 2\nc, 2, 2, 2\n"), fp4_tpr(), 1);
    EXPECT_NO_THROW(check(graph));
    EXPECT_EQ(graph.operators.size(), 9U);
    EXPECT_EQ(count(graph, OperatorKind::convolution_backward_data), 3U);
    EXPECT_EQ(count(graph, OperatorKind::convolution_backward_weight), 3U);
    const Operator& data = producer(graph, "b.input_gradient");
    EXPECT_EQ(names(graph, data.inputs),
              (std::vector<std::string>{"b.output_gradient", "b.weight_codes_transposed"}));
    EXPECT_EQ(tensor(graph, "b.output_gradient").format, Format::fp4_r4);
    EXPECT_EQ(tensor(graph, "b.weight_codes_transposed").shape,
              (std::array<std::int64_t, 4>{1, 1, 4, 2}));
    EXPECT_EQ(tensor(graph, "b.weight_gradient").shape, (std::array<std::int64_t, 4>{1, 1, 2, 4}));
    EXPECT_EQ(macs(graph, data), 3 * 4 * 2);
}

TEST(TopologyGraph, ALayerWithOddChannelsOrFiltersIsIn16Bits) {
    const std::string ends = "first, 2, 2, 2\n";
    const Graph graph = build(
        topology(ends + "even, 5, 6, 8\nchannels, 5, 6, 7\nfilters, 5, 3, 8\nrows, 7, 2, 2\nlast, "
                        "2, 2, 2\n"),
        fp4_tpr(), 1);
    EXPECT_EQ(tensor(graph, "even.input").format, Format::uint4);
    EXPECT_EQ(tensor(graph, "rows.input").format, Format::uint4);
    for (const std::string layer : {"first", "channels", "filters", "last"}) {
        EXPECT_EQ(tensor(graph, layer + ".input").format, Format::fp16) << layer;
        EXPECT_EQ(tensor(graph, layer + ".output_gradient").format, Format::dlfloat16) << layer;
    }
}

}  // namespace
}  // namespace quatrain::training

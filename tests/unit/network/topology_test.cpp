// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/network/support.hpp"

#include <gtest/gtest.h>

namespace quatrain::network {
namespace {

const std::string convolutions =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
    "Strides,\n";
const std::string products = "Layer, M, N, K,\n";

Network parse_topology(const std::string& text) {
    std::istringstream stream(text);
    return read_topology(stream, "net.csv", "net");
}

std::string topology_complaint(const std::string& text) {
    try {
        parse_topology(text);
    } catch (const ReadError& error) {
        return error.what();
    }
    return {};
}

TEST(Topology, AConvolutionLineIsALayerWithoutPaddingOnAnInputOfItsOwn) {
    const Network network = parse_topology(convolutions + "first, 12, 20, 3, 5, 7, 9, 2,\n");
    ASSERT_EQ(network.nodes.size(), 2U);
    EXPECT_TRUE(network.topology);
    EXPECT_EQ(network.name, "net");
    EXPECT_EQ(network.nodes[0].name, "first.input");
    EXPECT_EQ(network.nodes[0].kind, NodeKind::input);
    EXPECT_EQ(network.nodes[0].output, (Extent{12, 20, 7}));
    const Node& layer = network.nodes[1];
    EXPECT_EQ(layer.name, "first");
    EXPECT_EQ(layer.kind, NodeKind::convolution);
    EXPECT_EQ(layer.inputs, std::vector<std::size_t>{0});
    EXPECT_EQ(layer.kernel, 3);
    EXPECT_EQ(kernel_width(layer), 5);
    EXPECT_EQ(layer.stride, 2);
    EXPECT_EQ(stride_width(layer), 2);
    EXPECT_EQ(layer.padding, 0);
    EXPECT_EQ(reduction_length(network, 1), 3 * 5 * 7);
}

TEST(Topology, AWindowThatHangsOverTheEdgeCountsAsInScaleSim) {
    // ceil((12 - 3 + 2) / 2) = 6 and ceil((20 - 5 + 2) / 2) = 9
    EXPECT_EQ(parse_topology(convolutions + "a, 12, 20, 3, 5, 7, 9, 2,\n").nodes[1].output,
              (Extent{6, 9, 9}));
    EXPECT_EQ(parse_topology(convolutions + "a, 11, 19, 3, 5, 7, 9, 2,\n").nodes[1].output,
              (Extent{5, 8, 9}));
}

TEST(Topology, StridesOfHeightAndWidthMayDifferWithOrWithoutAHeaderForBoth) {
    const std::string line = "a, 12, 20, 3, 5, 7, 9, 2, 3,\n";
    const std::string header =
        "Layer name,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,"
        "Stride height,Stride width,\n";
    for (const std::string& text : {convolutions + line, header + line}) {
        const Network network = parse_topology(text);
        EXPECT_EQ(network.nodes[1].stride, 2);
        EXPECT_EQ(stride_width(network.nodes[1]), 3);
        EXPECT_EQ(network.nodes[1].output, (Extent{6, 6, 9}));
    }
}

TEST(Topology, AGemmLineIsAKernelOfOneOverMRowsOfKChannels) {
    const Network network = parse_topology(products + "a, 100, 33, 77,\n");
    EXPECT_EQ(network.nodes[0].output, (Extent{100, 1, 77}));
    EXPECT_EQ(network.nodes[1].output, (Extent{100, 1, 33}));
    EXPECT_EQ(reduction_length(network, 1), 77);
    EXPECT_EQ(macs_forward(network), 100 * 33 * 77);
}

TEST(Topology, TrailingCommasBlankLinesAndLineEndsOfEveryKindAreDecoration) {
    const Network network =
        parse_topology("\r\nlayer,m,n,k\r\n\r\na,1,2,3\r\n , ,\r\nb , 4,5 ,6,,,\r\n");
    ASSERT_EQ(network.nodes.size(), 4U);
    EXPECT_EQ(network.nodes[3].name, "b");
    EXPECT_EQ(network.nodes[3].output, (Extent{4, 1, 5}));
}

TEST(Topology, ResNet18HasTheLayersOfTheBuiltInNetwork) {
    const Network network = read_file(QUATRAIN_SOURCE "/workloads/network/topologies/resnet18.csv");
    const Network reference = built_in("resnet18");
    std::size_t next = 1;
    for (std::size_t i = 0; i < reference.nodes.size(); ++i) {
        if (!is_gemm(reference.nodes[i])) continue;
        ASSERT_LT(next, network.nodes.size());
        EXPECT_EQ(network.nodes[next].name, reference.nodes[i].name);
        EXPECT_EQ(network.nodes[next].output, reference.nodes[i].output);
        EXPECT_EQ(reduction_length(network, next), reduction_length(reference, i));
        next += 2;
    }
    EXPECT_EQ(next, network.nodes.size() + 1);
    EXPECT_EQ(macs_forward(network), macs_forward(reference));
}

/// A file, and what is wrong with it.
struct Mistake {
    std::string text;
    const char* message;
};

class TopologyMistake : public testing::TestWithParam<Mistake> {};

TEST_P(TopologyMistake, IsNamedByLineColumnValueAndRule) {
    EXPECT_EQ(topology_complaint(GetParam().text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Reader, TopologyMistake,
    testing::Values(
        Mistake{"",
                "net.csv:1: header = : must be Layer name, IFMAP height, IFMAP width, Filter "
                "height, Filter width, Channels, Num filter, Stride height, Stride width (or "
                "Strides for both), or Layer, M, N, K"},
        Mistake{"Layer, M, K, N\n",
                "net.csv:1: header = Layer, M, K, N: must be Layer name, IFMAP height, IFMAP "
                "width, Filter height, Filter width, Channels, Num filter, Stride height, Stride "
                "width (or Strides for both), or Layer, M, N, K"},
        Mistake{"\na, 8, 8, 3, 3, 4, 4, 1,\n",
                "net.csv:2: header = a, 8, 8, 3, 3, 4, 4, 1: must be Layer name, IFMAP height, "
                "IFMAP width, Filter height, Filter width, Channels, Num filter, Stride height, "
                "Stride width (or Strides for both), or Layer, M, N, K"},
        Mistake{convolutions,
                "net.csv:1: layers = 0: a convolution file has a line per layer after its header"},
        Mistake{convolutions + "a, 8, 8, 3, 3,\n",
                "net.csv:2: layer a, Channels: missing; a line has Layer name, IFMAP height, IFMAP "
                "width, Filter height, Filter width, Channels, Num filter, Stride height, Stride "
                "width"},
        Mistake{products + "a, 8, 8,\n",
                "net.csv:2: layer a, K: missing; a line has Layer, M, N, K"},
        Mistake{products + "a, 8, 8, 4, 2,\n",
                "net.csv:2: layer a, value 5 = 2: a line has Layer, M, N, K"},
        Mistake{convolutions + "a, 8, eight, 3, 3, 4, 4, 1,\n",
                "net.csv:2: layer a, IFMAP width = eight: must be an integer"},
        Mistake{convolutions + "a, 8, 8, 3, , 4, 4, 1,\n",
                "net.csv:2: layer a, Filter width = : must be an integer"},
        Mistake{convolutions + "a, 8, 8, 3, 3, 4, 4, 1, 1:4,\n",
                "net.csv:2: layer a, Stride width = 1:4: must be an integer"},
        Mistake{convolutions + "\na, 8, 8, 3, 3, 4, 0, 1,\n",
                "net.csv:3: layer a, Num filter = 0: must be between 1 and 1048576"},
        Mistake{convolutions + "a, 8, 8, 3, 3, 4, 4, -1,\n",
                "net.csv:2: layer a, Stride height = -1: must be between 1 and 1048576"},
        Mistake{products + "a, 0, 8, 4,\n",
                "net.csv:2: layer a, M = 0: must be between 1 and 1048576"},
        Mistake{convolutions + "a, 8, 4, 3, 5, 4, 4, 1,\n",
                "net.csv:2: layer a, Filter width = 5: larger than the input of 4"},
        Mistake{products + "a, 8, 8, 4,\na, 8, 8, 4,\n",
                "net.csv:3: layer a, Layer = a: is taken by an earlier layer"},
        Mistake{products + "a b, 8, 8, 4,\n",
                "net.csv:2: layer a b, Layer = a b: must be letters, digits, '_', '-' and '.'"},
        Mistake{products + "a, 1000000, 8, 1000000,\n",
                "net.csv:2: layer a, M = 1000000 x 1 x 1000000: a layer's input and output have at "
                "most 2^32 values each"},
        Mistake{convolutions + "Conv2_DP, 8, 8, 3, 3, 4, 1, 1,\n",
                "net.csv:2: layer Conv2_DP, Layer name = Conv2_DP: SCALE-Sim takes a name with DP "
                "for a depth-wise convolution, which is not supported"}));

}  // namespace
}  // namespace quatrain::network

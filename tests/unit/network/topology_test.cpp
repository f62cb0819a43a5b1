// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/network/support.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <fstream>
#include <sstream>

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

TEST(Topology, AGemmOfMoreRowsThanAHeightCanBeIsARectangle) {
    const Network network = parse_topology(products + "a, 4186116, 64, 9,\n");
    EXPECT_EQ(network.nodes[1].output, (Extent{1046529, 4, 64}));
    EXPECT_EQ(macs_forward(network), std::int64_t{4186116} * 64 * 9);
    EXPECT_EQ(topology_complaint(products + "a, 1048583, 64, 9,\n"),
              "net.csv:2: layer a, M = 1048583: must be between 1 and 1048576")
        << "a prime number";
}

TEST(Topology, TrailingCommasBlankLinesAndLineEndsOfEveryKindAreDecoration) {
    const Network network =
        parse_topology("\r\nlayer,m,n,k\r\n\r\na,1,2,3\r\n , ,\r\nb , 4,5 ,6,,,\r\n");
    ASSERT_EQ(network.nodes.size(), 4U);
    EXPECT_EQ(network.nodes[3].name, "b");
    EXPECT_EQ(network.nodes[3].output, (Extent{4, 1, 5}));
}

TEST(Topology, ColumnsBehindAnEmptyHeaderCellAreIgnored) {
    const std::string titles =
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
        "Strides";
    const Network outputs = parse_topology(titles +
                                           ",,,Eh,Ew,e2\n"
                                           ",,,,,,,,,,,,\n"
                                           "a,12,20,3,5,7,9,2,,,6,9,54\n"
                                           "b,12,20,3,5,7,9,2,,,,,\n"
                                           "c,12,20,3,5,7,9,2,3,x,,,y,,\n"
                                           "d,12,20,3,5,7,9,2");
    ASSERT_EQ(outputs.nodes.size(), 8U);
    for (const std::size_t layer : {1U, 3U, 7U})
        EXPECT_EQ(outputs.nodes[layer].output, (Extent{6, 9, 9}));
    EXPECT_EQ(outputs.nodes[5].output, (Extent{6, 6, 9})) << "a ninth value is a stride";
    const Network targets =
        parse_topology(titles + ",, Target\r\na, 12, 20, 3, 5, 7, 9, 2,, 70 %\r\n");
    EXPECT_EQ(targets.nodes[1].output, (Extent{6, 9, 9}));
    const Network gemm = parse_topology("Layer,M,N,K,,Note\na,1,2,3,4,5\nb,1,2,3,,text,more\n");
    EXPECT_EQ(gemm.nodes[3].output, (Extent{1, 1, 2}));
}

TEST(Topology, AColumnOfAnotherTitleMayBeEmpty) {
    const Network network = parse_topology(
        "Layer name,Ifmap height,ifmap width,filter height,filter width,channels,num filters,"
        "strides,batch size,\na,12,20,3,5,7,9,2,\n");
    EXPECT_EQ(network.nodes[1].output, (Extent{6, 9, 9}));
}

TEST(Topology, TabsSeparateCellsWhereThereAreNoCommas) {
    const Network network = parse_topology(
        "Layer name\t IFMAP Height\t IFMAP Width\t Filter Height\t Filter Width\t Channels\t "
        "Num Filter\t Strides\t \na\t12\t20\t3\t5\t7\t9\t2\t\n\tb,12,20,3,5,7,9,2,\n");
    ASSERT_EQ(network.nodes.size(), 4U);
    EXPECT_EQ(network.nodes[1].output, (Extent{6, 9, 9}));
    EXPECT_EQ(network.nodes[3].name, "b");
}

TEST(Topology, ANumberSignStartsAComment) {
    const Network network = parse_topology("# of MobileNet\n" + convolutions +
                                           "a, 12, 20, 3, 5, 1, 1, 2,#dw\n# b, 8, 8\n");
    ASSERT_EQ(network.nodes.size(), 2U);
    EXPECT_EQ(network.nodes[1].output, (Extent{6, 9, 1}));
}

TEST(Topology, TheHeightMayBeTitledAsTheWidth) {
    const Network network = parse_topology(
        "Layer, IFMAP Width, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
        "Strides,\na,12,20,3,5,7,9,2,\n");
    EXPECT_EQ(network.nodes[0].output, (Extent{12, 20, 7}));
}

TEST(Topology, NamesAreMadeUsableAndDifferent) {
    const Network network = parse_topology(
        "\xEF\xBB\xBFLayer Name, M, N, K,\nTest 1, 1, 2, 3,\nQxK', 1, 2, 3,\nEmbedding/Pooling, 1, "
        "2, 3,\n1, 1, 2, 3,\na.2, 1, 2, 3,\na, 1, 2, 3,\na, 1, 2, 3,\na, 1, 2, 3,");
    std::vector<std::string> names;
    for (std::size_t i = 1; i < network.nodes.size(); i += 2)
        names.push_back(network.nodes[i].name);
    EXPECT_EQ(names, (std::vector<std::string>{"Test_1", "QxK_", "Embedding_Pooling", "1", "a.2",
                                               "a", "a.3", "a.4"}));
}

/// The network's layers as a topology file. The input is as large as the windows reach.
std::string topology_text(const Network& network) {
    std::string text = convolutions;
    for (const Node& node : network.nodes) {
        if (!is_gemm(node)) continue;
        const auto reach = [&](std::int64_t outputs) {
            return (outputs - 1) * node.stride + node.kernel;
        };
        text += fmt::format("{}, {}, {}, {}, {}, {}, {}, {},\n", node.name,
                            reach(node.output.height), reach(node.output.width), node.kernel,
                            node.kernel, network.nodes[node.inputs[0]].output.channels,
                            node.output.channels, node.stride);
    }
    return text;
}

class ShippedTopology : public testing::TestWithParam<const char*> {
protected:
    std::string path() const {
        return fmt::format("{}/workloads/network/topologies/{}.csv", QUATRAIN_SOURCE, GetParam());
    }
};

TEST_P(ShippedTopology, IsWhatTheBuiltInNetworkGives) {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    EXPECT_EQ(text.str(), topology_text(built_in(GetParam())));
}

TEST_P(ShippedTopology, HasTheLayersOfTheBuiltInNetwork) {
    const Network network = read_file(path());
    const Network reference = built_in(GetParam());
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

INSTANTIATE_TEST_SUITE_P(ResNet, ShippedTopology, testing::Values("resnet18", "resnet50"));

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
        Mistake{products + "a, 8, 8, 4,\na.input, 8, 8, 4,\n",
                "net.csv:3: layer a.input, Layer = a.input: is taken by an earlier layer"},
        Mistake{products + ", 8, 8, 4,\n",
                "net.csv:2: layer , Layer = : must be letters, digits, '_', '-' and '.'"},
        Mistake{"Layer Name, M, N, K, Sparsity,\na b, 8, 8, 4, 2:4,\n",
                "net.csv:2: layer a b, Sparsity = 2:4: this column is not supported and must be "
                "empty"},
        Mistake{"Layer, IFMAP Width, IFMAP Height, Filter Height, Filter Width, Channels, Num "
                "Filter, Strides,\n",
                "net.csv:1: header = Layer, IFMAP Width, IFMAP Height, Filter Height, Filter "
                "Width, Channels, Num Filter, Strides: must be Layer name, IFMAP height, IFMAP "
                "width, Filter height, Filter width, Channels, Num filter, Stride height, Stride "
                "width (or Strides for both), or Layer, M, N, K"},
        Mistake{"Layer, M,, N, K\n",
                "net.csv:1: header = Layer, M, , N, K: must be Layer name, IFMAP height, IFMAP "
                "width, Filter height, Filter width, Channels, Num filter, Stride height, Stride "
                "width (or Strides for both), or Layer, M, N, K"},
        Mistake{
            convolutions.substr(0, convolutions.size() - 1) + ",Eh\na, 8, 8, 3, 3, 4, 4, 1, x,\n",
            "net.csv:2: layer a, Stride width = x: must be an integer"},
        Mistake{products + "a, 1000000, 8, 1000000,\n",
                "net.csv:2: layer a, M = 1000000 x 1 x 1000000: a layer's input and output have at "
                "most 2^32 values each"},
        Mistake{convolutions + "Conv2_DP, 8, 8, 3, 3, 4, 1, 1,\n",
                "net.csv:2: layer Conv2_DP, Layer name = Conv2_DP: SCALE-Sim takes a name with DP "
                "for a depth-wise convolution, which is not supported"}));

}  // namespace
}  // namespace quatrain::network

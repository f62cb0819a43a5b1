// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/reader.hpp"

#include "tests/unit/network/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace quatrain::network {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const Network& network) {
    std::vector<std::string> list;
    for (const Node& node : network.nodes) list.push_back(node.name);
    return list;
}

std::vector<std::string> inputs(const Network& network, const std::string& node) {
    const auto found = std::ranges::find(network.nodes, node, &Node::name);
    std::vector<std::string> list;
    for (const std::size_t input : found->inputs) list.push_back(network.nodes[input].name);
    return list;
}

TEST(Reader, ReadsEveryTypeWithItsDefaults) {
    const Network network = parse(with_layers(
        "- {name: conv, type: convolution, channels: 4, kernel: 3}\n"
        "- {name: bn, type: batch_norm}\n"
        "- {name: relu, type: activation}\n"
        "- {name: dilated, type: convolution, channels: 4, kernel: 3, padding: 2, dilation: 2}\n"
        "- {name: sum, type: add, inputs: [dilated, relu]}\n"
        "- {name: pool, type: max_pool, kernel: 3, stride: 2, padding: 1}\n"
        "- {name: mean, type: average_pool}\n"
        "- {name: fc1, type: fully_connected, channels: 7}\n"
        "- {name: fc2, type: fully_connected, channels: 5, bias: false}\n"));
    ASSERT_EQ(network.nodes.size(), 10u);
    const Node& conv = network.nodes[1];
    EXPECT_EQ(conv.kind, NodeKind::convolution);
    EXPECT_EQ(conv.output, (Extent{6, 6, 4}));
    EXPECT_EQ(conv.stride, 1);
    EXPECT_EQ(conv.padding, 0);
    EXPECT_EQ(conv.dilation, 1);
    EXPECT_EQ(network.nodes[2].epsilon, 1e-5);
    EXPECT_EQ(network.nodes[2].momentum, 0.1);
    EXPECT_EQ(network.nodes[4].output, (Extent{6, 6, 4}));
    EXPECT_EQ(network.nodes[4].dilation, 2);
    EXPECT_EQ(network.nodes[6].output, (Extent{3, 3, 4}));
    EXPECT_EQ(network.nodes[7].output, (Extent{1, 1, 4}));
    EXPECT_TRUE(network.nodes[8].bias);
    EXPECT_FALSE(network.nodes[9].bias);
    EXPECT_EQ(network.classes(), 5);
    EXPECT_EQ(network.mean, (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_EQ(network.deviation, (std::vector<double>{0.25, 0.25, 0.25}));
    EXPECT_EQ(parameters(network), 27 * 4 + 8 + 36 * 4 + 4 * 7 + 7 + 7 * 5);
    EXPECT_EQ(macs_forward(network), 36 * 27 * 4 + 36 * 36 * 4 + 28 + 35);
    EXPECT_EQ(reduction_length(network, 4), 36);
    EXPECT_THROW(reduction_length(network, 5), std::invalid_argument);
    EXPECT_THAT(consumers(network)[3], ElementsAre(4u, 5u));
}

TEST(Reader, LayerReadsThePreviousOneOrTheNamedOne) {
    const Network network =
        parse(with_layers("- {name: a, type: convolution, channels: 3, kernel: 1}\n"
                          "- {name: b, type: convolution, channels: 3, kernel: 1, input: input}\n"
                          "- {name: c, type: add, inputs: [b, a]}\n"
                          "- {name: d, type: average_pool}\n"));
    EXPECT_THAT(inputs(network, "a"), ElementsAre("input"));
    EXPECT_THAT(inputs(network, "b"), ElementsAre("input"));
    EXPECT_THAT(inputs(network, "c"), ElementsAre("b", "a"));
    EXPECT_THAT(inputs(network, "d"), ElementsAre("c"));
}

TEST(Reader, BlocksTakeParametersRepeatAndNest) {
    const Network network = parse(with_blocks(
        "  unit:\n"
        "    parameters: [width]\n"
        "    layers:\n"
        "    - {name: conv, type: convolution, channels: $width, kernel: 3, padding: 1}\n"
        "    - {name: sum, type: add, inputs: [conv, $input]}\n"
        "  stage:\n"
        "    parameters: [out, times]\n"
        "    layers:\n"
        "    - {name: in, type: convolution, channels: $out, kernel: 1}\n"
        "    - {block: unit, name: unit, from: 1, count: $times, width: $out}\n"
        "    - {name: end, type: convolution, channels: 2, kernel: 1, input: unit.1.sum}\n"
        "    - {name: join, type: convolution, channels: 2, kernel: 1, input: $input}\n"
        "    - {name: sum, type: add, inputs: [end, join]}\n"
        "    - {name: other, type: convolution, channels: 2, kernel: 1, input: unit.2.sum}\n"
        "    - {name: total, type: add, inputs: [sum, other]}\n"
        "layers:\n"
        "- {block: stage, name: s, out: 6, times: 2}\n"
        "- {block: unit, name: u, width: 3, input: input}\n"
        "- {name: p, type: average_pool, input: s.total}\n"
        "- {name: q, type: average_pool, input: u.sum}\n"
        "- {name: r, type: convolution, channels: 2, kernel: 1}\n"
        "- {name: t, type: add, inputs: [p, r]}\n"));
    EXPECT_THAT(names(network),
                ElementsAre("input", "s.in", "s.unit.1.conv", "s.unit.1.sum", "s.unit.2.conv",
                            "s.unit.2.sum", "s.end", "s.join", "s.sum", "s.other", "s.total",
                            "u.conv", "u.sum", "p", "q", "r", "t"));
    EXPECT_THAT(inputs(network, "s.unit.1.sum"), ElementsAre("s.unit.1.conv", "s.in"));
    EXPECT_THAT(inputs(network, "s.unit.2.sum"), ElementsAre("s.unit.2.conv", "s.unit.1.sum"));
    EXPECT_THAT(inputs(network, "s.join"), ElementsAre("input"));
    EXPECT_THAT(inputs(network, "u.conv"), ElementsAre("input"));
    EXPECT_THAT(inputs(network, "u.sum"), ElementsAre("u.conv", "input"));
    EXPECT_EQ(network.nodes[2].output.channels, 6);
}

TEST(Documentation, ExampleIsANetwork) {
    std::ifstream page(QUATRAIN_SOURCE "/docs/networks.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const std::size_t begin = text.find("```yaml\n") + 8;
    const Network network = parse(text.substr(begin, text.find("```\n", begin) - begin));
    EXPECT_EQ(network.name, "small-residual");
    EXPECT_EQ(network.classes(), 10);
    const auto list = names(network);
    EXPECT_EQ(std::ranges::count_if(list, [](const auto& n) { return n.ends_with(".add"); }), 5);
    EXPECT_EQ(std::ranges::count(list, "layer2.1.conv1"), 1);
}

TEST(BuiltIns, NodesAreNamedAsInTorchvision) {
    const Network network = built_in("resnet50");
    const auto list = names(network);
    for (const char* name :
         {"conv1", "bn1", "relu", "maxpool", "layer1.0.conv1", "layer1.0.downsample.0",
          "layer1.0.downsample.1", "layer3.5.bn3", "layer4.2.conv3", "avgpool", "fc"})
        EXPECT_EQ(std::ranges::count(list, name), 1) << name;
    EXPECT_EQ(std::ranges::count(list, "layer1.1.downsample.0"), 0);
    EXPECT_THAT(inputs(network, "layer2.0.downsample.0"), ElementsAre("layer1.2.relu3"));
    EXPECT_THAT(inputs(network, "layer2.0.add"),
                ElementsAre("layer2.0.bn3", "layer2.0.downsample.1"));
    EXPECT_THAT(inputs(network, "layer2.1.add"), ElementsAre("layer2.1.bn3", "layer2.0.relu3"));
}

TEST(BuiltIns, StrideSitsInTheThreeByThreeConvolution) {
    const Network network = built_in("resnet50");
    const auto node = [&](const char* name) {
        return *std::ranges::find(network.nodes, name, &Node::name);
    };
    EXPECT_EQ(node("layer2.0.conv1").stride, 1);
    EXPECT_EQ(node("layer2.0.conv2").stride, 2);
    EXPECT_EQ(node("layer2.0.conv1").output, (Extent{56, 56, 128}));
    EXPECT_EQ(node("layer2.0.conv2").output, (Extent{28, 28, 128}));
    EXPECT_EQ(node("maxpool").output, (Extent{56, 56, 64}));
    EXPECT_EQ(node("layer4.2.relu3").output, (Extent{7, 7, 2048}));
}

TEST(BuiltIns, AreListedInNaturalOrderAndLoadByName) {
    EXPECT_THAT(built_in_names(),
                ElementsAre("resnet8-mnist", "resnet18", "resnet18-cifar", "resnet20-cifar",
                            "resnet32-cifar", "resnet34", "resnet50", "resnet56-cifar", "resnet101",
                            "resnet152"));
    for (const std::string& name : built_in_names()) {
        const Network network = load(name);
        EXPECT_EQ(network.name, name);
        EXPECT_FALSE(network.description.empty());
    }
}

TEST(Load, ReadsTheTextOfABuiltInFromAFile) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("quatrain-network-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(path) << built_in_text("resnet34");
    EXPECT_EQ(names(load(path.string())), names(built_in("resnet34")));
    std::filesystem::remove(path);
}

TEST(Load, SaysWhatItLookedFor) {
    const auto message = [](const auto& action) {
        try {
            action();
        } catch (const ReadError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(message([] { load("resnet19"); }),
              "network = resnet19: neither a file nor one of resnet8-mnist, resnet18, "
              "resnet18-cifar, resnet20-cifar, "
              "resnet32-cifar, resnet34, resnet50, resnet56-cifar, resnet101, resnet152");
    EXPECT_THAT(message([] { built_in("x.yaml"); }),
                testing::StartsWith("network = x.yaml: must be one of"));
    EXPECT_EQ(message([] { load("/"); }), "/: is a folder, not a network file");
    EXPECT_EQ(message([] { read_file("/no/such.yaml"); }),
              "/no/such.yaml: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace quatrain::network

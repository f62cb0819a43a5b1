// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/network/support.hpp"

#include <gtest/gtest.h>

namespace quatrain::network {
namespace {

const std::string pool = "- {name: pool, type: average_pool}\n";
const std::string conv = "- {name: conv, type: convolution, channels: 4, kernel: 3}\n";

/// A layer on line 6, behind a convolution to 6 x 6 x 4, and what is wrong with it.
struct Mistake {
    const char* layer;
    const char* message;
};

class LayerMistake : public testing::TestWithParam<Mistake> {};

TEST_P(LayerMistake, IsNamedByLineKeyValueAndRule) {
    EXPECT_EQ(complaint(with_layers(conv + "- " + GetParam().layer + "\n" + pool)),
              std::string("net.yaml:6: ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Reader, LayerMistake,
    testing::Values(
        Mistake{"{name: x, type: activation, slope: 1}",
                "layer x, slope = 1: unknown key; known here: name, type, input"},
        Mistake{"{name: x, type: pooling}",
                "layer x, type = pooling: must be one of convolution, batch_norm, activation, add, "
                "max_pool, "
                "average_pool, fully_connected"},
        Mistake{"{type: activation}", "layer, name: missing"},
        Mistake{"{name: x}", "layer x, type: missing"},
        Mistake{"{name: x, type: convolution, kernel: 3}", "layer x, channels: missing"},
        Mistake{"{name: x, type: max_pool, kernel: 3}", "layer x, stride: missing"},
        Mistake{"{name: x, type: convolution, channels: many, kernel: 3}",
                "layer x, channels = many: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: 2.5, kernel: 3}",
                "layer x, channels = 2.5: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: '2', kernel: 3}",
                "layer x, channels = 2: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: [2], kernel: 3}",
                "layer x, channels = a list: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: }",
                "layer x, kernel = nothing: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: 0, kernel: 3}",
                "layer x, channels = 0: must be between 1 and 1048576"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 0}",
                "layer x, kernel = 0: must be between 1 and 1048576"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 3, stride: -1}",
                "layer x, stride = -1: must be between 1 and 1048576"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 3, padding: -1}",
                "layer x, padding = -1: must be between 0 and 1048576"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 3, dilation: 0}",
                "layer x, dilation = 0: must be between 1 and 1048576"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 99999999999999999999}",
                "layer x, kernel = 99999999999999999999: must be an integer"},
        Mistake{"{name: x, type: convolution, channels: 2, kernel: 9, padding: 1}",
                "layer x, kernel = 9: larger than the padded input of 8"},
        Mistake{
            "{name: x, type: convolution, channels: 2, kernel: 3, dilation: 3}",
            "layer x, kernel = 3: larger than the padded input of 6 (it spans 7 with dilation 3)"},
        Mistake{"{name: x, type: convolution, channels: 1000000, kernel: 1000, padding: 1000}",
                "layer x, kernel = 1000: the layer needs more than 2^50 multiply-accumulates per "
                "image"},
        Mistake{"{name: x, type: max_pool, kernel: 2, stride: 2, padding: 2}",
                "layer x, padding = 2: must be at most half of the kernel: every window needs an "
                "element"},
        Mistake{"{name: x, type: max_pool, kernel: 2, stride: 2, dilation: 2}",
                "layer x, dilation = 2: unknown key; known here: name, type, input, kernel, "
                "stride, padding"},
        Mistake{"{name: x, type: batch_norm, epsilon: 0}",
                "layer x, epsilon = 0: must be above 0 and at most 1"},
        Mistake{"{name: x, type: batch_norm, epsilon: small}",
                "layer x, epsilon = small: must be a number"},
        Mistake{"{name: x, type: batch_norm, epsilon: .nan}",
                "layer x, epsilon = .nan: must be a number"},
        Mistake{"{name: x, type: batch_norm, momentum: 1.5}",
                "layer x, momentum = 1.5: must be between 0 and 1"},
        Mistake{"{name: x, type: fully_connected, channels: 2}",
                "layer x, input = 6 x 6 x 4: a fully_connected layer needs height "
                "= width = 1 "
                "(average_pool first)"},
        Mistake{"{name: x, type: fully_connected, channels: 2, bias: 1}",
                "layer x, bias = 1: must be true or false"},
        Mistake{"{name: x, type: activation, input: y}",
                "layer x, input = y: no earlier layer has this name"},
        Mistake{"{name: x, type: activation, input: x}",
                "layer x, input = x: no earlier layer has this name"},
        Mistake{"{name: x, type: activation, input: $input}",
                "layer x, input = $input: has a meaning only inside a block"},
        Mistake{"{name: x, type: activation, input: [conv]}",
                "layer x, input = a list: must be a name"},
        Mistake{"{name: x, type: activation, inputs: [conv]}",
                "layer x, inputs = a list: unknown key; known here: name, type, input"},
        Mistake{"{name: x, type: add, input: conv}",
                "layer x, input = conv: unknown key; known here: name, type, inputs"},
        Mistake{"{name: x, type: add}", "layer x, inputs: missing"},
        Mistake{"{name: x, type: add, inputs: conv}",
                "layer x, inputs = conv: must be a list of names"},
        Mistake{"{name: x, type: add, inputs: [conv]}",
                "layer x, inputs = 1: a layer of type add has 2"},
        Mistake{"{name: x, type: add, inputs: [conv, conv]}",
                "layer x, inputs = conv: an add needs two different inputs"},
        Mistake{"{name: x, type: add, inputs: [conv, input]}",
                "layer x, inputs = conv of 6 x 6 x 4 and input of 8 x 8 x 3: an add needs two "
                "inputs of equal "
                "shape"},
        Mistake{"{name: conv, type: activation}",
                "layer conv, name = conv: is taken by an earlier layer"},
        Mistake{"{name: loss, type: activation}",
                "layer loss, name = loss: is the name of a part of every step"},
        Mistake{"{name: a b, type: activation}",
                "layer a b, name = a b: must be letters, digits, '_', '-' and '.'"},
        Mistake{"{name: x, name: y, type: activation}", "layer, key name: appears twice"},
        Mistake{"{name: x, type: input}",
                "layer x, type = input: must be one of convolution, batch_norm, activation, add, "
                "max_pool, "
                "average_pool, fully_connected"},
        Mistake{"activation", "layer = activation: must be a map of keys"},
        Mistake{"{name: x, type: convolution, channels: $width, kernel: 1}",
                "layer x, channels = $width: not a parameter of this block"},
        Mistake{"{block: unit, name: x}",
                "block x, block = unit: no block of this name is defined before its use"}));

/// A call on line 9 of the block "unit" with the parameter "width", and what is wrong with it.
class CallMistake : public testing::TestWithParam<Mistake> {};

TEST_P(CallMistake, IsNamedByLineKeyValueAndRule) {
    EXPECT_EQ(complaint(with_blocks(
                  "  unit:\n"
                  "    parameters: [width]\n"
                  "    layers: [{name: conv, type: convolution, channels: $width, kernel: 1}]\n"
                  "layers:\n"
                  "- " +
                  std::string(GetParam().layer) + "\n" + pool)),
              std::string("net.yaml:9: ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Reader, CallMistake,
    testing::Values(
        Mistake{"{block: unit, name: x}", "block x, width: missing"},
        Mistake{"{block: unit, width: 1}", "block, name: missing"},
        Mistake{
            "{block: unit, name: x, width: 1, stride: 2}",
            "block x, stride = 2: unknown key; known here: block, name, input, count, from, width"},
        Mistake{"{block: unit, name: x, width: 1, from: 2}",
                "block x, from = 2: has a meaning only beside count"},
        Mistake{"{block: unit, name: x, width: 1, count: 0}",
                "block x, count = 0: must be between 1 and 4096"},
        Mistake{"{block: unit, name: x, width: 1, count: 2, from: -1}",
                "block x, from = -1: must be between 0 and 4096"},
        Mistake{"{block: unit, name: x, width: 1, input: y}",
                "block x, input = y: no earlier layer has this name"}));

TEST(BlockMistakes, OfAParameterAreNamedWhereTheBlockUsesIt) {
    EXPECT_EQ(
        complaint(with_blocks("  unit:\n"
                              "    parameters: [width]\n"
                              "    layers:\n"
                              "    - {name: conv, type: convolution, channels: $width, kernel: 1}\n"
                              "layers:\n"
                              "- {block: unit, name: x, width: wide}\n")),
        "net.yaml:8: layer x.conv, channels = wide: must be an integer");
}

TEST(BlockMistakes, AreNamed) {
    const auto block = [](const std::string& text) { return complaint(with_blocks(text)); };
    EXPECT_EQ(block("  unit: {parameters: [count], layers: []}\nlayers: []\n"),
              "net.yaml:5: block unit, parameters = count: must be a word that appears once and is "
              "none of "
              "block, name, input, count, from");
    EXPECT_EQ(block("  unit: {parameters: [a, a], layers: []}\nlayers: []\n"),
              "net.yaml:5: block unit, parameters = a: must be a word that appears once and is "
              "none of block, "
              "name, input, count, from");
    EXPECT_EQ(block("  unit: {parameters: [a]}\nlayers: []\n"),
              "net.yaml:5: block unit, layers: missing");
    EXPECT_EQ(
        block("  unit: {layers: [{block: unit, name: x}]}\nlayers:\n- {block: unit, name: y}\n"),
        "net.yaml:5: block y.x, block = unit: no block of this name is defined before its use");
    EXPECT_EQ(
        block("  unit:\n    layers:\n    - {name: a, type: activation, input: conv}\nlayers:\n" +
              conv + "- {block: unit, name: y}\n"),
        "net.yaml:7: layer y.a, input = conv: no earlier layer of this block has this name (and it "
        "is not "
        "$input)");
    EXPECT_EQ(block("  unit: 3\nlayers: []\n"),
              "net.yaml:5: block unit = 3: must be a map of keys");
}

TEST(FileMistakes, AreNamed) {
    EXPECT_EQ(complaint(""), "net.yaml:1: documents = 0: a network file holds exactly one");
    EXPECT_EQ(complaint("a: 1\n---\nb: 1\n"),
              "net.yaml:1: documents = 2: a network file holds exactly one");
    EXPECT_EQ(complaint("- 1\n"), "net.yaml:1: network = a list: must be a map of keys");
    EXPECT_EQ(complaint("name: x\nlayers: [\n").substr(0, 20), "net.yaml:3: not YAML");
    EXPECT_EQ(complaint("name: x\nnetwork: y\n"),
              "net.yaml:2: network, network = y: unknown key; known here: name, description, "
              "input, blocks, "
              "layers");
    EXPECT_EQ(complaint("name: x\n"), "net.yaml:1: network, input: missing");
    EXPECT_EQ(complaint(with_layers("  []\n")),
              "net.yaml:5: layers: must be a list of at least one layer");
    EXPECT_EQ(complaint(with_layers("  x\n")),
              "net.yaml:5: layers: must be a list of at least one layer");
    EXPECT_EQ(complaint(with_layers(conv)),
              "net.yaml:5: layer conv, output = 6 x 6 x 4: the last layer gives "
              "the logits: 1 "
              "x 1 x classes");
    EXPECT_EQ(complaint(with_layers(pool)),
              "net.yaml:5: network, layers = 1: a network needs a convolution or "
              "fully_connected layer");
    EXPECT_EQ(complaint(with_layers(conv + "- {name: x, type: activation, input: input}\n" + pool)),
              "net.yaml:5: layer conv, output = 6 x 6 x 4: no layer reads it, "
              "and it is not "
              "the last");
}

TEST(InputMistakes, AreNamed) {
    const auto input = [](const std::string& text) {
        return complaint("name: x\ninput: {" + text + "}\nlayers:\n" + conv + pool);
    };
    EXPECT_EQ(input("height: 8, width: 8, channels: 1, mean: [0], deviation: [1]"), "");
    EXPECT_EQ(input("height: 0, width: 8, channels: 1, mean: [0], deviation: [1]"),
              "net.yaml:2: input, height = 0: must be between 1 and 1048576");
    EXPECT_EQ(input("height: 8, width: 8, channels: 3, mean: [0], deviation: [1, 1, 1]"),
              "net.yaml:2: input, mean = [0]: needs 3 values, one per channel");
    EXPECT_EQ(input("height: 8, width: 8, channels: 1, mean: [0], deviation: [0]"),
              "net.yaml:2: input, deviation = 0: must be above 0");
    EXPECT_EQ(input("height: 8, width: 8, channels: 1, mean: [0, x], deviation: [1]"),
              "net.yaml:2: input, mean = x: must be a number");
    EXPECT_EQ(input("height: 8, width: 8, channels: 1, mean: 0, deviation: [1]"),
              "net.yaml:2: input, mean = 0: must be a list of numbers");
    EXPECT_EQ(input("height: 8, width: 8, channels: 1, mean: [0], deviation: [1], depth: 2"),
              "net.yaml:2: input, depth = 2: unknown key; known here: height, width, channels, "
              "mean, deviation");
}

TEST(Limits, ANetworkHasAtMost4096Layers) {
    EXPECT_EQ(complaint(with_blocks(
                  "  unit:\n"
                  "    layers: [{name: a, type: activation}, {name: b, type: activation}]\n"
                  "layers:\n"
                  "- {block: unit, name: x, count: 4096}\n" +
                  pool)),
              "net.yaml:6: layer x.2047.b, layers = 4097: a network has at "
              "most 4096");
}

}  // namespace
}  // namespace quatrain::network

// SPDX-License-Identifier: Apache-2.0
#include "sim/run/weights_file.hpp"

#include "sim/config/reader.hpp"
#include "tests/support/complaint.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <stdexcept>

namespace quatrain::run {
namespace {

using test::complaint;
using test::Folder;

training::Graph resnet20(const std::string& recipe = "fp4-tpr") {
    return training::build(network::load("resnet20-cifar"), config::load_recipe(recipe), 2);
}

golden::Tensors parameters(const training::Graph& graph,
                           const std::function<std::uint32_t()>& code) {
    golden::Tensors tensors;
    for (const training::Tensor& described : graph.tensors) {
        if (described.origin != training::Origin::parameter) continue;
        golden::Tensor tensor{.format = std::string(numerics::name(described.format)),
                              .shape = described.shape,
                              .codes = {}};
        for (std::int64_t i = 0; i < described.elements(); ++i) tensor.codes.push_back(code());
        tensors.emplace(described.name, std::move(tensor));
    }
    return tensors;
}

golden::Tensors random_parameters(const training::Graph& graph) {
    std::mt19937 random(1);
    return parameters(graph, [&] { return static_cast<std::uint32_t>(random()); });
}

std::uint32_t element(const SafeTensor& tensor, std::size_t index) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < 4; ++i)
        code |= std::to_integer<std::uint32_t>(tensor.data[4 * index + i]) << (8 * i);
    return code;
}

TEST(WeightsFile, WhatIsExportedIsImportedBitForBit) {
    const Folder folder;
    const training::Graph graph = resnet20();
    const golden::Tensors tensors = random_parameters(graph);
    export_weights(folder / "file", graph, tensors, 3);
    const golden::Tensors imported = import_weights(folder / "file", graph);
    std::set<std::string> left;
    for (const auto& [name, tensor] : tensors) {
        if (!imported.contains(name)) {
            left.insert(name);
            continue;
        }
        EXPECT_EQ(imported.at(name).format, tensor.format) << name;
        EXPECT_EQ(imported.at(name).shape, tensor.shape) << name;
        EXPECT_EQ(imported.at(name).codes, tensor.codes) << name;
    }
    EXPECT_EQ(imported.size() + left.size(), tensors.size());
    for (const std::string& name : left)
        EXPECT_TRUE(name.ends_with(".momentum") || name.ends_with(".gradscale_log2")) << name;
}

TEST(WeightsFile, NamesAndShapesAreThoseOfAStateDictionary) {
    const Folder folder;
    const training::Graph graph = resnet20("fp16");
    export_weights(folder / "file", graph, random_parameters(graph), 1000);
    const SafeTensors content = read_safetensors(folder / "file");
    EXPECT_EQ(content.metadata.at("format"), "pt");
    using Shape = std::vector<std::int64_t>;
    const auto expect = [&](const std::string& name, DType type, const Shape& shape) {
        ASSERT_TRUE(content.tensors.contains(name)) << name;
        EXPECT_EQ(content.tensors.at(name).dtype, type) << name;
        EXPECT_EQ(content.tensors.at(name).shape, shape) << name;
    };
    // 21 convolutions and batch norms, and a fully connected layer.
    EXPECT_EQ(content.tensors.size(), 21U + 21U * 5U + 2U);
    expect("conv1.weight", DType::f32, {16, 3, 3, 3});
    expect("layer2.0.downsample.0.weight", DType::f32, {32, 16, 1, 1});
    expect("layer2.0.downsample.1.weight", DType::f32, {32});
    expect("bn1.bias", DType::f32, {16});
    expect("layer3.2.bn2.running_mean", DType::f32, {64});
    expect("layer3.2.bn2.running_var", DType::f32, {64});
    expect("layer3.2.bn2.num_batches_tracked", DType::i64, {});
    expect("fc.weight", DType::f32, {10, 64});
    expect("fc.bias", DType::f32, {10});
    const SafeTensor& counter = content.tensors.at("bn1.num_batches_tracked");
    ASSERT_EQ(counter.data.size(), 8U);
    EXPECT_EQ(element(counter, 0), 1000U);
    EXPECT_EQ(element(counter, 1), 0U);
}

TEST(WeightsFile, AlphasAreThereJustWhereTheRecipeHasThem) {
    const Folder folder;
    const training::Graph graph = resnet20();
    const golden::Tensors tensors = random_parameters(graph);
    export_weights(folder / "file", graph, tensors, 0);
    const SafeTensors content = read_safetensors(folder / "file");
    std::size_t alphas = 0;
    for (const auto& [name, tensor] : content.tensors) {
        if (!name.ends_with(".alpha")) continue;
        ++alphas;
        EXPECT_EQ(tensor.dtype, DType::f32);
        EXPECT_TRUE(tensor.shape.empty());
        EXPECT_EQ(element(tensor, 0), tensors.at(name).codes[0]);
    }
    EXPECT_EQ(alphas, 18U);  // the last of 19 activations feeds no 4-bit layer
    EXPECT_TRUE(content.tensors.contains("relu.alpha"));
    EXPECT_FALSE(content.tensors.contains("layer3.2.relu2.alpha"));
}

// Where the one element of the exported tensor is that is not zero.
std::size_t place_in_file(const std::string& name, std::size_t machine_index) {
    const Folder folder;
    const training::Graph graph = resnet20();
    golden::Tensors tensors = parameters(graph, [] { return 0; });
    tensors.at(name).codes.at(machine_index) = 0x12345678;
    export_weights(folder / "file", graph, tensors, 0);
    const SafeTensors content = read_safetensors(folder / "file");
    const SafeTensor& tensor = content.tensors.at(name);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < tensor.data.size() / 4; ++i) {
        if (element(tensor, i) == 0x12345678) places.push_back(i);
    }
    EXPECT_EQ(places.size(), 1U);
    return places.at(0);
}

TEST(WeightsFile, AnElementOfAConvolutionIsWherePyTorchHasIt) {
    // {ky, kx, cin, cout} = {2, 1, 5, 7} of {3, 3, 16, 32} is [7][5][2][1] of [32][16][3][3].
    EXPECT_EQ(place_in_file("layer2.0.conv1.weight", ((2 * 3 + 1) * 16 + 5) * 32 + 7),
              ((7U * 16 + 5) * 3 + 2) * 3 + 1);
}

TEST(WeightsFile, AnElementOfTheFullyConnectedLayerIsWherePyTorchHasIt) {
    // {1, 1, in, out} = {0, 0, 3, 9} of {1, 1, 64, 10} is [9][3] of [10][64].
    EXPECT_EQ(place_in_file("fc.weight", 3 * 10 + 9), 9U * 64 + 3);
}

TEST(WeightsFile, TheStatisticsOfBatchNormHavePyTorchsNames) {
    const Folder folder;
    const training::Graph graph = resnet20();
    const golden::Tensors tensors = random_parameters(graph);
    export_weights(folder / "file", graph, tensors, 0);
    const SafeTensors content = read_safetensors(folder / "file");
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"bn1.weight", "bn1.gamma"},
        {"bn1.bias", "bn1.beta"},
        {"bn1.running_mean", "bn1.running_mean"},
        {"bn1.running_var", "bn1.running_variance"}};
    for (const auto& [in_file, in_graph] : pairs) {
        for (std::size_t c = 0; c < 16; ++c)
            EXPECT_EQ(element(content.tensors.at(in_file), c), tensors.at(in_graph).codes[c])
                << in_file;
    }
}

// A layer with a weight for every code of 16 bits.
training::Graph wide_graph() {
    network::Network net = network::start("wide", {1, 1, 256}, std::vector<double>(256, 0.5),
                                          std::vector<double>(256, 0.25));
    const std::size_t mean =
        testing::append(net, testing::layer(network::NodeKind::average_pool), "mean", {0});
    network::Node head = testing::layer(network::NodeKind::fully_connected);
    head.output.channels = 256;
    testing::append(net, head, "head", {mean});
    return training::build(net, config::load_recipe("fp16"), 1);
}

// The value of a code with a sign, `exponent_bits` and `fraction_bits`, as IEEE 754 has it.
double value_by_hand(std::uint32_t code, int exponent_bits, int fraction_bits) {
    const auto fraction = static_cast<double>(code & ((1U << fraction_bits) - 1));
    const int exponent = static_cast<int>(code >> fraction_bits) & ((1 << exponent_bits) - 1);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const double one = std::ldexp(1.0, fraction_bits);
    double magnitude = std::ldexp(fraction + (exponent == 0 ? 0 : one),
                                  (exponent == 0 ? 1 : exponent) - bias - fraction_bits);
    if (exponent == (1 << exponent_bits) - 1)
        magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                                  : std::numeric_limits<double>::quiet_NaN();
    return std::copysign(magnitude, code >> (exponent_bits + fraction_bits) != 0 ? -1.0 : 1.0);
}

void expect_every_code_exact(DType type, int exponent_bits, int fraction_bits) {
    const Folder folder;
    const training::Graph graph = wide_graph();
    SafeTensors content;
    SafeTensor& weight = content.tensors["head.weight"];
    weight = {.dtype = type, .shape = {256, 256}, .data = {}};
    for (int code = 0; code < 65536; ++code) {
        weight.data.push_back(static_cast<std::byte>(code));
        weight.data.push_back(static_cast<std::byte>(code >> 8));
    }
    write_safetensors(folder / "file", content);
    const golden::Tensor imported = import_weights(folder / "file", graph).at("head.weight");
    ASSERT_EQ(imported.codes.size(), 65536U);
    for (std::uint32_t code = 0; code < 65536; ++code) {
        // [out][in] in the file, {in, out} in the machine.
        const auto value = std::bit_cast<float>(imported.codes[code % 256 * 256 + code / 256]);
        const double expected = value_by_hand(code, exponent_bits, fraction_bits);
        if (std::isnan(expected))
            ASSERT_TRUE(std::isnan(value)) << code;
        else
            ASSERT_EQ(std::bit_cast<std::uint64_t>(double{value}),
                      std::bit_cast<std::uint64_t>(expected))
                << code;
    }
}

TEST(WeightsFile, EveryCodeOfF16IsImportedExactly) {
    expect_every_code_exact(DType::f16, 5, 10);
}

TEST(WeightsFile, EveryCodeOfBf16IsImportedExactly) {
    expect_every_code_exact(DType::bf16, 8, 7);
}

// What import_weights() says of an exported file that was changed, behind the file's name.
std::string complaint_of_changed(const std::function<void(SafeTensors&)>& change) {
    const Folder folder;
    const training::Graph graph = resnet20();
    export_weights(folder / "file", graph, random_parameters(graph), 0);
    SafeTensors content = read_safetensors(folder / "file");
    change(content);
    write_safetensors(folder / "file", content);
    const std::string said =
        complaint<SafeTensorsError>([&] { import_weights(folder / "file", graph); });
    const std::string start = (folder / "file") + ": ";
    EXPECT_TRUE(said.empty() || said.starts_with(start)) << said;
    return said.empty() ? said : said.substr(start.size());
}

TEST(WeightsFile, AMissingTensorIsNamed) {
    EXPECT_EQ(complaint_of_changed([](SafeTensors&) {}), "");
    EXPECT_EQ(complaint_of_changed(
                  [](SafeTensors& content) { content.tensors.erase("layer1.0.bn1.running_var"); }),
              "tensor layer1.0.bn1.running_var: is missing, network resnet20-cifar needs it");
}

TEST(WeightsFile, AnotherTypeOrShapeIsRefused) {
    EXPECT_EQ(complaint_of_changed(
                  [](SafeTensors& content) { content.tensors.at("fc.bias").dtype = DType::i32; }),
              "tensor fc.bias, dtype = I32: must be F32, F16 or BF16");
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) {
                  content.tensors.at("fc.weight").shape = {64, 10};
              }),
              "tensor fc.weight, shape = [64, 10]: must be [10, 64]");
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) {
                  content.tensors.at("relu.alpha").shape = {1, 1};
              }),
              "tensor relu.alpha, shape = [1, 1]: must be []");
    EXPECT_EQ(complaint_of_changed(
                  [](SafeTensors& content) { content.tensors.at("relu.alpha").shape = {1}; }),
              "");
}

TEST(WeightsFile, ATensorThatTheGraphDoesNotKnowIsRefused) {
    const auto add = [](const std::vector<std::string>& names) {
        return complaint_of_changed([&](SafeTensors& content) {
            for (const std::string& name : names)
                content.tensors[name] = content.tensors.at("fc.bias");
        });
    };
    const std::string rule = ": network resnet20-cifar with recipe fp4-tpr has none of that name";
    EXPECT_EQ(add({"fc2.weight", "fc2.bias"}), "tensor fc2.bias" + rule);
    EXPECT_EQ(add({"fc.weight.momentum"}), "tensor fc.weight.momentum" + rule);
    EXPECT_EQ(add({"fc.num_batches_tracked"}), "tensor fc.num_batches_tracked" + rule);
    EXPECT_EQ(add({"layer3.2.bn2.alpha"}), "tensor layer3.2.bn2.alpha" + rule);
}

TEST(WeightsFile, ClippingValuesThatTheRecipeHasNoUseForArePassedOver) {
    const Folder folder;
    const training::Graph four_bit = resnet20();
    export_weights(folder / "file", four_bit, random_parameters(four_bit), 0);
    EXPECT_TRUE(read_safetensors(folder / "file").tensors.contains("relu.alpha"));
    const golden::Tensors imported = import_weights(folder / "file", resnet20("fp16"));
    EXPECT_TRUE(imported.contains("conv1.weight"));
    EXPECT_FALSE(imported.contains("relu.alpha"));
}

TEST(WeightsFile, WhatPyTorchsModelDoesNotHaveMayBeMissing) {
    const Folder folder;
    const training::Graph plain = resnet20("fp16");
    export_weights(folder / "file", plain, random_parameters(plain), 0);
    SafeTensors content = read_safetensors(folder / "file");
    std::erase_if(content.tensors,
                  [](const auto& entry) { return entry.first.ends_with(".num_batches_tracked"); });
    write_safetensors(folder / "file", content);
    const golden::Tensors imported = import_weights(folder / "file", resnet20());
    EXPECT_EQ(imported.size(), content.tensors.size());
    EXPECT_FALSE(imported.contains("relu.alpha"));
}

TEST(WeightsFile, ParametersThatDoNotFitTheGraphAreNotExported) {
    const Folder folder;
    const training::Graph graph = resnet20();
    const auto refuses = [&](const std::function<void(golden::Tensors&)>& change) {
        golden::Tensors tensors = random_parameters(graph);
        change(tensors);
        EXPECT_THROW(export_weights(folder / "file", graph, tensors, 0), std::invalid_argument);
        EXPECT_TRUE(folder.files().empty());
    };
    refuses([](golden::Tensors& tensors) { tensors.erase("fc.bias"); });
    refuses([](golden::Tensors& tensors) { tensors.at("fc.bias").format = "int32"; });
    refuses([](golden::Tensors& tensors) { tensors.at("fc.weight").shape = {1, 1, 10, 64}; });
    refuses([](golden::Tensors& tensors) { tensors.at("fc.weight").codes.pop_back(); });
}

TEST(WeightsFile, ATopologyHasNone) {
    training::Graph graph = resnet20();
    graph.network.topology = true;
    EXPECT_THROW(export_weights("file", graph, {}, 0), std::invalid_argument);
    EXPECT_THROW(import_weights("file", graph), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::run

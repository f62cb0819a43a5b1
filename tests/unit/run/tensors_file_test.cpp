// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensors_file.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "sim/config/reader.hpp"
#include "sim/run/safetensors.hpp"
#include "sim/run/tensors.hpp"
#include "tests/support/folder.hpp"
#include "workloads/network/reader.hpp"
#include "workloads/training/graph.hpp"

#include <gtest/gtest.h>
#include <bit>
#include <cstring>
#include <set>
#include <stdexcept>

namespace quatrain::run {
namespace {

using numerics::Format;

training::Graph graph_of(std::int64_t cores) {
    return training::build(network::load("resnet20-cifar"), config::load_recipe("fp4-tpr"), cores,
                           true, {.cores = cores});
}

/// Codes that count up, those of every core and tensor others.
golden::Tensor counting(const training::Graph& graph, std::int64_t core, training::TensorId id) {
    const training::Tensor& tensor = graph.tensors[id];
    golden::Tensor result{
        .format = std::string(numerics::name(tensor.format)), .shape = tensor.shape, .codes = {}};
    const int bits = numerics::bits(tensor.format);
    const std::uint32_t mask = bits == 32 ? ~0U : (1U << bits) - 1;
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
        const auto code = static_cast<std::uint32_t>(i * 7 + core + static_cast<std::int64_t>(id));
        result.codes.push_back(tensor.format == Format::int4 && (code & mask) == 8 ? 7
                                                                                   : code & mask);
    }
    return result;
}

TEST(TensorsFile, HoldsTheValuesOfTheCodesOfEveryCoreUnderTheStepsNames) {
    const test::Folder folder;
    const training::Graph graph = graph_of(2);
    const auto ids =
        matching_tensors(graph, {"layer1.0.conv1.*", "labels", "layer1.0.relu1.output", "images"});
    export_tensors(
        folder / "file", graph, ids,
        [&](std::int64_t core, training::TensorId id) { return counting(graph, core, id); },
        {{"recipe", "fp4-tpr"}});
    const SafeTensors content = read_safetensors(folder / "file");
    EXPECT_EQ(content.metadata.at("recipe"), "fp4-tpr");
    EXPECT_EQ(content.tensors.size(), 2 * ids.size());
    std::set<Format> formats;
    for (const training::TensorId id : ids) {
        const training::Tensor& described = graph.tensors[id];
        formats.insert(described.format);
        for (const std::int64_t core : {0, 1}) {
            const SafeTensor& tensor =
                content.tensors.at(described.name + (core == 0 ? "" : ".core1"));
            const golden::Tensor codes = counting(graph, core, id);
            ASSERT_EQ(tensor.shape,
                      std::vector<std::int64_t>(described.shape.begin(), described.shape.end()));
            ASSERT_EQ(tensor.data.size(), codes.codes.size() * 4);
            EXPECT_EQ(tensor.dtype, described.format == Format::int32 ? DType::i32 : DType::f32);
            for (std::size_t i = 0; i < codes.codes.size(); ++i) {
                std::uint32_t word = 0;
                std::memcpy(&word, tensor.data.data() + 4 * i, 4);
                const std::uint32_t expected = described.format == Format::int32
                                                   ? codes.codes[i]
                                                   : std::bit_cast<std::uint32_t>(numerics::decode(
                                                         described.format, codes.codes[i]));
                ASSERT_EQ(word, expected) << described.name << " " << i;
            }
        }
    }
    for (const Format format :
         {Format::int4, Format::uint4, Format::fp4_r4, Format::fp32, Format::int32, Format::uint8})
        EXPECT_TRUE(formats.contains(format)) << numerics::name(format);
}

TEST(TensorsFile, NamesMatchShellPatternsAndAPatternWithoutATensorIsRefused) {
    const training::Graph graph = graph_of(1);
    EXPECT_EQ(matching_tensors(graph, {"*"}).size(), graph.tensors.size());
    const auto codes = matching_tensors(graph, {"*.gradient_even", "layer?.0.conv1.gradient_even"});
    EXPECT_EQ(codes.size(), 20U) << "of 18 convolutions and two shortcuts, each once";
    try {
        matching_tensors(graph, {"loss", "*.gradient_fp8"});
        FAIL() << "nothing was thrown";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(),
                     "tensors *.gradient_fp8: no tensor of network resnet20-cifar with recipe "
                     "fp4-tpr has such a name");
    }
}

}  // namespace
}  // namespace quatrain::run

// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensors.hpp"

#include "tests/unit/run/support.hpp"

#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <random>

namespace quatrain::run {
namespace {

using training::Origin;

std::map<std::string, golden::Tensor> inputs_of(const training::Graph& graph, std::uint64_t seed) {
    const auto dataset = datasets::open("synthetic", 9, 9, 3, 10, seed);
    return initial_tensors(graph, dataset->train_batch(0, graph.batch), seed);
}

training::Graph small_graph() {
    const RunOptions options = testing::small_options();
    return training::build(options.network, options.recipe, options.batch);
}

TEST(Tensors, TheStepsInputsAreAllThereAndNothingElse) {
    const training::Graph graph = small_graph();
    const auto inputs = inputs_of(graph, 1);
    for (const training::Tensor& tensor : graph.tensors) {
        const auto found = inputs.find(tensor.name);
        ASSERT_EQ(found != inputs.end(), tensor.origin != Origin::computed) << tensor.name;
        if (found == inputs.end()) continue;
        EXPECT_EQ(found->second.format, numerics::name(tensor.format)) << tensor.name;
        EXPECT_EQ(found->second.shape, tensor.shape) << tensor.name;
        EXPECT_EQ(std::ssize(found->second.codes), tensor.elements()) << tensor.name;
    }
}

TEST(Tensors, ParametersStartAsTheRecipeAndTheRulesSay) {
    const training::Graph graph = small_graph();
    const auto inputs = inputs_of(graph, 1);
    const auto all = [&](const std::string& name, std::uint32_t code) {
        for (const std::uint32_t c : inputs.at(name).codes) EXPECT_EQ(c, code) << name;
    };
    all("stem_norm.gamma", std::bit_cast<std::uint32_t>(1.0F));
    all("stem_norm.beta", 0);
    all("stem_norm.running_mean", 0);
    all("stem_norm.running_variance", std::bit_cast<std::uint32_t>(1.0F));
    all("stem_act.alpha", std::bit_cast<std::uint32_t>(8.0F));
    all("conv.gradscale_log2", 16);
    all("conv.weight.momentum", 0);
    // docs/training-step.md: float(1/(255*std)) and float(-mean/std), computed in double.
    EXPECT_EQ(inputs.at("input.scale").codes[1],
              std::bit_cast<std::uint32_t>(static_cast<float>(1.0 / (255.0 * 0.3))));
    EXPECT_EQ(inputs.at("input.shift").codes[2],
              std::bit_cast<std::uint32_t>(static_cast<float>(-0.5 / 0.2)));
}

TEST(Tensors, WeightsHaveTheVarianceOfHeAndDependOnTheSeed) {
    network::Network wide = network::start("wide", {9, 9, 3}, {0.5, 0.5, 0.5}, {0.2, 0.2, 0.2});
    const std::size_t conv = testing::append(wide, testing::filter(512, 3, 1), "conv", {0});
    testing::append(wide, testing::layer(network::NodeKind::average_pool), "mean", {conv});
    network::Node head = testing::layer(network::NodeKind::fully_connected);
    head.output.channels = 10;
    testing::append(wide, head, "head", {2});
    const training::Graph graph = training::build(wide, config::load_recipe("fp16"), 1);
    const auto weights = inputs_of(graph, 1).at("conv.weight");
    double squares = 0;
    for (const std::uint32_t code : weights.codes)
        squares += std::pow(std::bit_cast<float>(code), 2);
    const double variance = squares / static_cast<double>(weights.codes.size());
    EXPECT_NEAR(variance, 2.0 / 27, 0.05 * 2.0 / 27);
    EXPECT_EQ(weights.codes, inputs_of(graph, 1).at("conv.weight").codes);
    EXPECT_NE(weights.codes, inputs_of(graph, 2).at("conv.weight").codes);
}

TEST(StepInputs, EveryCoreHasItsImagesAndAllHaveTheSameParameters) {
    const RunOptions options = testing::small_options();
    const datasets::Batch batch = testing::small_batch(6);
    const auto one = initial_tensors(training::build(options.network, options.recipe, 6), batch, 1);
    // With the batch norm of the whole batch even the constants are those of one core.
    const StepInputs inputs(
        training::build(options.network, options.recipe, 6, true,
                        {.cores = 3, .batch_norm = training::BatchNormScope::synchronised}),
        batch, 1);
    ASSERT_EQ(inputs.cores(), 3);
    std::vector<std::uint32_t> images, labels;
    for (std::int64_t core = 0; core < 3; ++core) {
        const golden::Tensors own = inputs.of_core(core);
        ASSERT_EQ(own.size(), one.size());
        for (const auto& [name, tensor] : own) {
            EXPECT_EQ(inputs.find(core, name)->codes, tensor.codes) << name;
            if (name == "images")
                images.insert(images.end(), tensor.codes.begin(), tensor.codes.end());
            else if (name == "labels")
                labels.insert(labels.end(), tensor.codes.begin(), tensor.codes.end());
            else
                EXPECT_EQ(tensor.codes, one.at(name).codes) << name;
        }
        EXPECT_EQ(own.at("images").shape, (std::array<std::int64_t, 4>{2, 9, 9, 3}));
    }
    EXPECT_EQ(images, one.at("images").codes);
    EXPECT_EQ(labels, one.at("labels").codes);
    EXPECT_EQ(inputs.find(0, "conv.output"), nullptr);
    EXPECT_THROW(inputs.at(0, "conv.output"), std::out_of_range);
    EXPECT_THROW(inputs.at(3, "images"), std::out_of_range);
}

TEST(StepInputs, ABatchOfAnotherSizeIsRefused) {
    const RunOptions options = testing::small_options();
    const auto graph = training::build(options.network, options.recipe, 6, true, {.cores = 3});
    for (const std::int64_t images : {3, 5, 9})
        EXPECT_THROW(StepInputs(graph, testing::small_batch(images), 1), std::invalid_argument);
}

TEST(Tensors, ABatchOfAnotherShapeIsRefused) {
    const training::Graph graph = small_graph();
    const auto dataset = datasets::open("synthetic", 9, 9, 3, 10, 1);
    EXPECT_THROW(initial_tensors(graph, dataset->train_batch(0, graph.batch + 1), 1),
                 std::invalid_argument);
}

TEST(Tensors, UnpackIsTheInverseOfPackInEveryFormat) {
    using enum numerics::Format;
    std::mt19937 random(1);
    for (const numerics::Format format :
         {uint8, int32, uint4, int4, fp4_r4, fp16, dlfloat16, bf16, fp32}) {
        training::Tensor tensor;
        tensor.format = format;
        tensor.shape = {2, 3, 1, 6};
        golden::Tensor codes{
            .format = std::string(numerics::name(format)), .shape = tensor.shape, .codes = {}};
        const int bits = numerics::bits(format);
        for (int i = 0; i < 36; ++i)
            codes.codes.push_back(static_cast<std::uint32_t>(random()) >> (32 - bits));
        const std::vector<std::byte> bytes = pack(tensor, codes);
        EXPECT_EQ(std::ssize(bytes), 36 * bits / 8) << codes.format;
        const golden::Tensor back = unpack(tensor, bytes);
        EXPECT_EQ(back.codes, codes.codes) << codes.format;
        EXPECT_EQ(back.shape, codes.shape);
        EXPECT_EQ(back.format, codes.format);
    }
}

TEST(Tensors, TheFirstOfTwoCodesLiesInTheLowNibble) {
    training::Tensor tensor;
    tensor.format = numerics::Format::uint4;
    tensor.shape = {1, 1, 1, 2};
    EXPECT_EQ(pack(tensor, {.format = "uint4", .shape = tensor.shape, .codes = {3, 12}}),
              std::vector<std::byte>{std::byte{0xC3}});
}

}  // namespace
}  // namespace quatrain::run

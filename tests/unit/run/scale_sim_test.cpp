// SPDX-License-Identifier: Apache-2.0

// The cycles that SCALE-Sim counts, on every layer of ResNet-18 and ResNet-50: of the built-in
// networks, and of the topology files.

#include "rtl_models/mac_array/timing.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/network/reader.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

namespace quatrain::run {
namespace {

using testing::run_silently;

/// A layer as a matrix product: P output pixels x N output channels, K summands each.
struct Product {
    std::string name;
    std::int64_t pixels, columns, reduction;
};

std::vector<Product> products(const network::Network& network) {
    std::vector<Product> list;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const network::Node& node = network.nodes[i];
        if (!network::is_gemm(node)) continue;
        list.push_back({node.name, node.output.height * node.output.width, node.output.channels,
                        network::reduction_length(network, i)});
    }
    return list;
}

std::int64_t weight_stationary_formula(const mac_array::Params& array, std::int64_t pixels,
                                       std::int64_t columns, std::int64_t reduction) {
    return ceil_div(reduction, array.rows) * ceil_div(columns, array.cols) *
           (2 * array.rows + array.cols + pixels - 2);
}

std::int64_t output_stationary_formula(const mac_array::Params& array, std::int64_t rows,
                                       std::int64_t columns, std::int64_t reduction) {
    return ceil_div(rows, array.rows) * ceil_div(columns, array.cols) *
           (array.rows + array.cols + reduction - 2);
}

/// The network's layers as a topology: the padding is part of the input.
network::Network topology(const network::Network& network) {
    if (network.topology) return network;
    network::Network result;
    result.name = network.name, result.topology = true;
    for (const network::Node& node : network.nodes) {
        if (!network::is_gemm(node)) continue;
        network::Node layer;
        layer.name = node.name;
        layer.kernel = node.kernel, layer.stride = node.stride;
        layer.output.channels = node.output.channels;
        network::append_topology_layer(result,
                                       {(node.output.height - 1) * node.stride + node.kernel,
                                        (node.output.width - 1) * node.stride + node.kernel,
                                        network.nodes[node.inputs[0]].output.channels},
                                       layer);
    }
    return result;
}

class ScaleSim : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
protected:
    network::Network network() const {
        const std::filesystem::path name = std::get<0>(GetParam());
        return name.extension() == ".csv"
                   ? network::read_file(QUATRAIN_SOURCE "/workloads/network/topologies" / name)
                   : network::built_in(name.string());
    }
    RunOptions options(const network::Network& network, bool training) const {
        RunOptions options;
        options.network = network;
        options.architecture = config::load_architecture(std::get<1>(GetParam()));
        options.recipe = config::load_recipe("fp4-tpr");
        options.technology = config::load_technology(options.architecture.technology);
        options.batch = 1;
        options.training = training;
        options.numerics = false;
        return options;
    }
};

TEST_P(ScaleSim, WeightStationaryPassesOfEveryLayerTakeTheFormula) {
    const mac_array::Params array = config::load_architecture(std::get<1>(GetParam())).array;
    for (const Product& layer : products(network())) {
        mac_array::Timeline timeline(array);
        mac_array::PassTimes times{};
        for (std::int64_t n = 0; n < layer.columns; n += array.cols)
            for (std::int64_t k = 0; k < layer.reduction; k += array.rows)
                times = timeline.weight_stationary(
                    times.next_issue, std::min(array.rows, layer.reduction - k), layer.pixels);
        EXPECT_EQ(times.done,
                  weight_stationary_formula(array, layer.pixels, layer.columns, layer.reduction))
            << layer.name;
    }
}

TEST_P(ScaleSim, OutputStationaryPassesOfEveryLayerTakeTheFormula) {
    const mac_array::Params array = config::load_architecture(std::get<1>(GetParam())).array;
    for (const Product& layer : products(network())) {
        mac_array::Timeline timeline(array);
        mac_array::PassTimes times{};
        for (std::int64_t p = 0; p < layer.pixels; p += array.rows)
            for (std::int64_t n = 0; n < layer.columns; n += array.cols)
                times = timeline.output_stationary(times.next_issue, false, layer.reduction);
        EXPECT_EQ(times.done,
                  output_stationary_formula(array, layer.pixels, layer.columns, layer.reduction))
            << layer.name;
    }
}

/// Filling and emptying the machine once: the first instruction issues, and the last drain issues,
/// steps and leaves its pipeline.
constexpr std::uint64_t once = 1 + 3;

TEST_P(ScaleSim, TheWholeMachineTakesTheFormulaForEveryLayerOfInference) {
    const RunOptions options = this->options(topology(network()), false);
    const RunResult result = run_silently(options);
    const auto layers = products(network());
    ASSERT_EQ(result.operators.size(), layers.size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const OperatorRow& row = result.operators[i];
        const auto formula = static_cast<std::uint64_t>(weight_stationary_formula(
            options.architecture.array, layers[i].pixels, layers[i].columns, layers[i].reduction));
        EXPECT_EQ(row.name, layers[i].name);
        EXPECT_EQ(row.counts[Event::array_busy_cycles], formula) << row.name;
        EXPECT_EQ(row.cycles, formula + (i == 0 ? once : 0)) << row.name;
        EXPECT_EQ(row.counts[Event::streamer_stall_cycles], 0U) << row.name;
        EXPECT_EQ(row.counts[Event::load_busy_cycles], 0U) << row.name;
        EXPECT_EQ(row.counts[Event::store_busy_cycles], 0U) << row.name;
        total += formula;
    }
    EXPECT_EQ(result.cycles, total + once);
}

TEST_P(ScaleSim, TheWholeMachineTakesTheFormulaForEveryGradient) {
    const RunOptions options = this->options(topology(network()), true);
    const mac_array::Params& array = options.architecture.array;
    const RunResult result = run_silently(options);
    std::map<std::string, Product> layers;
    for (Product& layer : products(network())) layers.emplace(layer.name, layer);
    std::size_t weights = 0, inputs = 0;
    for (const OperatorRow& row : result.operators) {
        const std::uint64_t busy = row.counts[Event::array_busy_cycles];
        const Product& layer = layers.at(row.name);
        if (row.pass == "backward_weight") {
            ++weights;
            EXPECT_EQ(row.dataflow, "output stationary") << row.name;
            EXPECT_EQ(busy, static_cast<std::uint64_t>(output_stationary_formula(
                                array, layer.reduction, layer.columns, layer.pixels)))
                << row.name;
            continue;
        }
        EXPECT_EQ(row.dataflow, "weight stationary") << row.name << " " << row.pass;
        if (row.pass == "backward_data" && row.tile.find("phases") == std::string::npos) {
            ++inputs;
            EXPECT_EQ(busy, static_cast<std::uint64_t>(
                                weight_stationary_formula(array, row.m, row.n, row.k)))
                << row.name;
        }
    }
    EXPECT_EQ(weights, layers.size());
    EXPECT_GE(inputs, weights / 2);
}

INSTANTIATE_TEST_SUITE_P(
    Presets, ScaleSim,
    ::testing::Combine(::testing::Values("resnet18", "resnet50", "resnet18.csv", "resnet50.csv"),
                       ::testing::Values("scale-sim-32x32", "scale-sim-128x128")));

TEST(Topology, NeedsNumericsOffAndNoDataSet) {
    RunOptions options = testing::small_options();
    options.network = topology(network::built_in("resnet20-cifar"));
    EXPECT_THROW(run_silently(options), std::invalid_argument);
    options.numerics = false;
    EXPECT_EQ(run_silently(options).dataset_images, 0);
    options.dataset.kind = DatasetKind::mnist;
    EXPECT_THROW(run_silently(options), std::invalid_argument);
    options.dataset = {.kind = DatasetKind::synthetic, .directory = "", .images = 64};
    EXPECT_THROW(run_silently(options), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::run

// SPDX-License-Identifier: Apache-2.0

// The clocked array, one lane and no second registers, takes the cycles that SCALE-Sim counts.

#include "tests/unit/mac_array/clocked_bench.hpp"
#include "workloads/network/reader.hpp"

#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <tuple>

namespace quatrain::mac_array {
namespace {

using namespace test_bench;

/// A layer as a matrix product: P output pixels x N output channels, K summands each.
struct Layer {
    std::int64_t pixels, reduction, columns;
    bool operator<(const Layer& other) const {
        return std::tie(pixels, reduction, columns) <
               std::tie(other.pixels, other.reduction, other.columns);
    }
};
struct Size {
    std::int64_t rows, cols;
};

/// A layer with its operands; the accumulators are the whole result, int32 [pixel][column].
struct Product {
    Layer layer{};
    Params params;
    Matrix inputs;   ///< [pixel][k]
    Matrix weights;  ///< [k][column]
};

Product product_of(const Layer& layer, const Size& size) {
    Random random(1);
    Params params;
    params.rows = size.rows, params.cols = size.cols;
    params.lanes_4bit = params.lanes_8bit = params.lanes_16bit = 1;
    params.accumulator = Accumulator::int32;
    params.double_stationary = params.double_result = false;
    return {layer, params, random_matrix(Format::int4, layer.pixels, layer.reduction, random),
            random_matrix(Format::int4, layer.reduction, layer.columns, random)};
}

/// `rows` x `columns` of a matrix, from (row, column) on.
Matrix part(const Matrix& matrix, std::int64_t row, std::int64_t rows, std::int64_t column,
            std::int64_t columns) {
    Matrix result{rows, columns, {}};
    for (std::int64_t r = row; r < row + rows; ++r)
        for (std::int64_t c = column; c < column + columns; ++c)
            result.codes.push_back(matrix.at(r, c));
    return result;
}

Matrix transposed(const Matrix& matrix) {
    Matrix result{matrix.columns, matrix.rows, {}};
    for (std::int64_t r = 0; r < result.rows; ++r)
        for (std::int64_t c = 0; c < result.columns; ++c) result.codes.push_back(matrix.at(c, r));
    return result;
}

/// What the passes of both dataflows share: the results from (pixel, column) on.
template <class Pass>
void address(Pass& pass, const Product& product, std::int64_t pixel, std::int64_t column) {
    const std::int64_t bytes = accumulator_bits(product.params.accumulator) / 8;
    pass.moving_format = pass.stationary_format = Format::int4;
    pass.accumulator_address = (pixel * product.layer.columns + column) * bytes;
    pass.accumulator_stride = product.layer.columns * bytes;
}

std::vector<PassData> weight_stationary_passes(const Product& product) {
    const auto& [layer, params, inputs, weights] = product;
    std::vector<PassData> passes;
    for (std::int64_t n = 0; n < layer.columns; n += params.cols)
        for (std::int64_t k = 0; k < layer.reduction; k += params.rows) {
            PassData pass;
            pass.formats = {Format::int4, Format::int4};
            pass.ws.columns = std::min(params.cols, layer.columns - n);
            pass.ws.k_count = pass.stationary_rows = std::min(params.rows, layer.reduction - k);
            pass.ws.vectors = pass.steps = layer.pixels;
            pass.ws.accumulate = k > 0;
            address(pass.ws, product, 0, n);
            pass.moving = part(inputs, 0, layer.pixels, k, pass.ws.k_count);
            pass.stationary = part(weights, k, pass.ws.k_count, n, pass.ws.columns);
            passes.push_back(pass);
        }
    return passes;
}

/// The array's rows are output pixels and its steps the summands, as in SCALE-Sim.
std::vector<PassData> output_stationary_passes(const Product& product) {
    const auto& [layer, params, inputs, weights] = product;
    std::vector<PassData> passes;
    for (std::int64_t p = 0; p < layer.pixels; p += params.rows)
        for (std::int64_t n = 0; n < layer.columns; n += params.cols) {
            PassData pass;
            pass.weight_stationary = false;
            pass.formats = {Format::int4, Format::int4};
            pass.os.columns = std::min(params.cols, layer.columns - n);
            pass.os.outputs = std::min(params.rows, layer.pixels - p);
            pass.os.pixels = pass.steps = layer.reduction;
            address(pass.os, product, p, n);
            pass.moving = transposed(part(inputs, p, pass.os.outputs, 0, layer.reduction));
            pass.stationary = part(weights, 0, layer.reduction, n, pass.os.columns);
            passes.push_back(pass);
        }
    return passes;
}

std::vector<std::int32_t> values_of(const Matrix& matrix) {
    std::vector<std::int32_t> values;
    values.reserve(matrix.codes.size());
    for (const std::uint32_t code : matrix.codes)
        values.push_back(static_cast<std::int32_t>(numerics::decode(Format::int4, code)));
    return values;
}

std::vector<std::byte> results_of(const Product& product) {
    const Layer& layer = product.layer;
    const auto inputs = values_of(product.inputs), weights = values_of(product.weights);
    std::vector<std::int32_t> sums(static_cast<std::size_t>(layer.pixels * layer.columns));
    for (std::int64_t p = 0; p < layer.pixels; ++p)
        for (std::int64_t k = 0; k < layer.reduction; ++k) {
            const std::int32_t input = inputs[static_cast<std::size_t>(p * layer.reduction + k)];
            const std::int32_t* const row = &weights[static_cast<std::size_t>(k * layer.columns)];
            std::int32_t* const results = &sums[static_cast<std::size_t>(p * layer.columns)];
            for (std::int64_t n = 0; n < layer.columns; ++n) results[n] += input * row[n];
        }
    std::vector<std::byte> bytes(sums.size() * sizeof(std::int32_t));
    std::memcpy(bytes.data(), sums.data(), bytes.size());
    return bytes;
}

/// Runs the passes, each issued as soon as the array is ready, and requires `pass_cycles` of each,
/// from the first's start to the last's done, and the layer's results.
void expect_cycles(const Product& product, std::vector<PassData> passes, std::int64_t count,
                   std::int64_t pass_cycles) {
    ASSERT_EQ(static_cast<std::int64_t>(passes.size()), count);
    const std::vector<std::byte> results = results_of(product);
    Scenario scenario;
    scenario.params = product.params;
    scenario.passes = std::move(passes);
    scenario.accumulators.resize(results.size());
    const KernelContext kernel;
    Bench<ClockedArray> bench(scenario, 1);
    ASSERT_EQ(bench.run(2 * count * pass_cycles + 200), "");
    const std::int64_t start = bench.observed.front().issue + 1;
    EXPECT_EQ(bench.observed.back().done - start, count * pass_cycles);
    for (std::size_t i = 0; i < bench.observed.size(); ++i)
        EXPECT_EQ(bench.observed[i].done - start, static_cast<std::int64_t>(i + 1) * pass_cycles)
            << "pass " << i;
    EXPECT_EQ(bench.memory.bytes(), results);
}

enum class Flow : std::uint8_t { weight_stationary, output_stationary };

std::int64_t pass_count(const Size& size, const Layer& layer, Flow flow) {
    return ceil_div(flow == Flow::weight_stationary ? layer.reduction : layer.pixels, size.rows) *
           ceil_div(layer.columns, size.cols);
}

std::int64_t pass_cycles(const Size& size, const Layer& layer, Flow flow) {
    return flow == Flow::weight_stationary ? 2 * size.rows + size.cols + layer.pixels - 2
                                           : size.rows + size.cols + layer.reduction - 2;
}

/// SCALE-Sim's formula.
std::int64_t formula(const Size& size, const Layer& layer, Flow flow) {
    return pass_count(size, layer, flow) * pass_cycles(size, layer, flow);
}

void expect_formula(const Size& size, const Layer& layer, Flow flow) {
    const Product product = product_of(layer, size);
    expect_cycles(product,
                  flow == Flow::weight_stationary ? weight_stationary_passes(product)
                                                  : output_stationary_passes(product),
                  pass_count(size, layer, flow), pass_cycles(size, layer, flow));
}

class ScaleSimLayer : public ::testing::TestWithParam<std::tuple<Size, Layer>> {};

TEST_P(ScaleSimLayer, WeightStationaryTakesTheFormulaOnTheClockedArray) {
    const auto& [size, layer] = GetParam();
    expect_formula(size, layer, Flow::weight_stationary);
}

TEST_P(ScaleSimLayer, OutputStationaryTakesTheFormulaOnTheClockedArray) {
    const auto& [size, layer] = GetParam();
    expect_formula(size, layer, Flow::output_stationary);
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Size, Layer>>& info) {
    const auto& [size, layer] = info.param;
    return fmt::format("On{}x{}P{}K{}N{}", size.rows, size.cols, layer.pixels, layer.reduction,
                       layer.columns);
}

/// The kinds of layer that ResNet has, with fewer channels and pixels.
INSTANTIATE_TEST_SUITE_P(Small, ScaleSimLayer,
                         ::testing::Combine(::testing::Values(Size{4, 4}, Size{8, 8}, Size{5, 3}),
                                            ::testing::Values(Layer{64, 27, 8},   // first, 3x3x3
                                                              Layer{49, 54, 6},   // 3x3x6
                                                              Layer{16, 60, 60},  // 1x1, narrows
                                                              Layer{49, 12, 48},  // 1x1, widens
                                                              Layer{9, 6, 12},    // shortcut
                                                              Layer{1, 60, 25},   // connected
                                                              Layer{2, 3, 2})),   // below an array
                         name_of);

/// More columns than a word of a bit map has bits.
INSTANTIATE_TEST_SUITE_P(Wide, ScaleSimLayer,
                         ::testing::Combine(::testing::Values(Size{2, 64}, Size{2, 65},
                                                              Size{3, 130}),
                                            ::testing::Values(Layer{9, 7, 140}, Layer{1, 3, 66})),
                         name_of);

/// The layers of a network on an array: those that take at most `limit` cycles are run.
struct Inside {
    const char* network;
    Size size;
    Flow flow;
    std::int64_t limit;
    std::size_t layers, shapes;  ///< inside the limit, as docs/microarchitecture.md says
};

/// The names of the network's layers, by shape.
std::map<Layer, std::vector<std::string>> layers_of(const network::Network& network) {
    std::map<Layer, std::vector<std::string>> layers;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const network::Node& node = network.nodes[i];
        if (!network::is_gemm(node)) continue;
        const Layer layer{node.output.height * node.output.width,
                          network::reduction_length(network, i), node.output.channels};
        layers[layer].push_back(node.name);
    }
    return layers;
}

class RealLayers : public ::testing::TestWithParam<Inside> {};

TEST_P(RealLayers, TakeTheFormulaOnTheClockedArray) {
    const Inside& inside = GetParam();
    std::size_t all = 0, layers = 0, shapes = 0;
    for (const auto& [layer, names] : layers_of(network::built_in(inside.network))) {
        all += names.size();
        if (formula(inside.size, layer, inside.flow) > inside.limit) continue;
        SCOPED_TRACE(names.front());
        expect_formula(inside.size, layer, inside.flow);
        layers += names.size();
        ++shapes;
    }
    RecordProperty("layers", std::to_string(all));
    RecordProperty("layers_inside_the_limit", std::to_string(layers));
    RecordProperty("shapes_run", std::to_string(shapes));
    std::cout << fmt::format("{} of {} layers of {}, {} shapes\n", layers, all, inside.network,
                             shapes);
    EXPECT_EQ(layers, inside.layers);
    EXPECT_EQ(shapes, inside.shapes);
}

std::string name_of_network(const ::testing::TestParamInfo<Inside>& info) {
    const Inside& inside = info.param;
    return fmt::format(
        "{}On{}x{}{}", inside.network, inside.size.rows, inside.size.cols,
        inside.flow == Flow::weight_stationary ? "WeightStationary" : "OutputStationary");
}

constexpr std::int64_t limit_32 = 50'000, limit_128 = 5'200;

INSTANTIATE_TEST_SUITE_P(
    ResNet, RealLayers,
    ::testing::Values(Inside{"resnet18", {32, 32}, Flow::weight_stationary, limit_32, 4, 4},
                      Inside{"resnet18", {32, 32}, Flow::output_stationary, limit_32, 4, 4},
                      Inside{"resnet50", {32, 32}, Flow::weight_stationary, limit_32, 1, 1},
                      Inside{"resnet50", {32, 32}, Flow::output_stationary, limit_32, 1, 1},
                      Inside{"resnet18", {128, 128}, Flow::weight_stationary, limit_128, 3, 3},
                      Inside{"resnet18", {128, 128}, Flow::output_stationary, limit_128, 3, 3},
                      Inside{"resnet50", {128, 128}, Flow::weight_stationary, limit_128, 8, 3},
                      Inside{"resnet50", {128, 128}, Flow::output_stationary, limit_128, 5, 1}),
    name_of_network);

}  // namespace
}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0

// The clocked array, one lane and no second registers, takes the cycles that SCALE-Sim counts.

#include "tests/unit/mac_array/clocked_bench.hpp"

#include <gtest/gtest.h>
#include <tuple>

namespace quatrain::mac_array {
namespace {

using namespace test_bench;

/// A layer as a matrix product: P output pixels x N output channels, K summands each.
struct Layer {
    std::int64_t pixels, reduction, columns;
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

std::vector<std::byte> results_of(const Product& product) {
    const auto& [layer, params, inputs, weights] = product;
    std::vector<std::byte> results(static_cast<std::size_t>(layer.pixels * layer.columns * 4));
    const auto value = [](const Matrix& matrix, std::int64_t row, std::int64_t column) {
        return static_cast<std::int32_t>(numerics::decode(Format::int4, matrix.at(row, column)));
    };
    for (std::int64_t p = 0; p < layer.pixels; ++p)
        for (std::int64_t n = 0; n < layer.columns; ++n) {
            std::int32_t sum = 0;
            for (std::int64_t k = 0; k < layer.reduction; ++k)
                sum += value(inputs, p, k) * value(weights, k, n);
            numerics::store_code(results.data(), Format::int32, p * layer.columns + n,
                                 static_cast<std::uint32_t>(sum));
        }
    return results;
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

class ScaleSimLayer : public ::testing::TestWithParam<std::tuple<Size, Layer>> {
protected:
    Product product() const { return product_of(std::get<1>(GetParam()), std::get<0>(GetParam())); }
};

TEST_P(ScaleSimLayer, WeightStationaryTakesTheFormulaOnTheClockedArray) {
    const auto& [size, layer] = GetParam();
    expect_cycles(product(), weight_stationary_passes(product()),
                  ceil_div(layer.reduction, size.rows) * ceil_div(layer.columns, size.cols),
                  2 * size.rows + size.cols + layer.pixels - 2);
}

TEST_P(ScaleSimLayer, OutputStationaryTakesTheFormulaOnTheClockedArray) {
    const auto& [size, layer] = GetParam();
    expect_cycles(product(), output_stationary_passes(product()),
                  ceil_div(layer.pixels, size.rows) * ceil_div(layer.columns, size.cols),
                  size.rows + size.cols + layer.reduction - 2);
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

/// Of ResNet-50, 1x1 over 7x7 pixels and the fully connected layer, with fewer channels.
INSTANTIATE_TEST_SUITE_P(Large, ScaleSimLayer,
                         ::testing::Combine(::testing::Values(Size{32, 32}),
                                            ::testing::Values(Layer{49, 64, 64},
                                                              Layer{1, 128, 125})),
                         name_of);

}  // namespace
}  // namespace quatrain::mac_array

// SPDX-License-Identifier: Apache-2.0
// Rules 3 and 13: the three GEMMs of a layer, and its bias.
#include "workloads/golden/accumulate.hpp"
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"

#include <cmath>

namespace quatrain::golden {
namespace {

/// One of the three GEMMs of a layer.
struct Gemm {
    Geometry geometry;
    std::string moving, stationary;  ///< operand tensors
    bool four_bit = true;
    Accumulation accumulation;
    std::vector<std::string> steps;  ///< scalars whose product scales the result
    std::string gradscale;           ///< int32 scalar s of the factor 2^-s, empty if none
    bool odd = false;                ///< the factor 1/2 of the odd phase
};

/// Rows of the array times lanes for a stationary weight, the array's chunk for a stationary
/// output.
Accumulation accumulation(const Structure& structure, bool four_bit, bool output_stationary,
                          bool gradient) {
    const Options& options = structure.options();
    const std::int64_t lanes = four_bit ? options.lanes_4bit : options.lanes_16bit;
    return {.accumulator = options.accumulator,
            .chunk = output_stationary ? options.chunk : options.rows * lanes,
            .lanes = lanes,
            .unit = four_bit && gradient ? std::ldexp(1.0, -6) : 1.0};
}

/// The scaling unit's factor, in FP32: steps first, then the powers of two.
float scale(const Gemm& gemm, const Operands& operands) {
    float product = 1;
    for (const std::string& step : gemm.steps) product *= operands.scalar(step);
    if (!gemm.gradscale.empty()) product *= std::ldexp(1.0F, -operands.integer(gemm.gradscale));
    if (gemm.odd) product *= 0.5F;
    if (gemm.four_bit && gemm.accumulation.accumulator == "int32") {
        product *= static_cast<float>(gemm.accumulation.unit);
    }
    return product;
}

/// Binds a GEMM whose element is computed by function(geometry, moving, stationary, sum, index).
template <class Function>
auto bind_gemm(const Gemm& gemm, const std::string& format, Function function) {
    return [gemm, format, function](const Operands& operands) -> Element {
        const float factor = scale(gemm, operands);
        if (gemm.four_bit) {
            return rounded(format, [=, a = operands.integers(gemm.moving),
                                    b = operands.integers(gemm.stationary),
                                    sum = IntegerSum(gemm.accumulation)](std::int64_t index) {
                return function(gemm.geometry, a, b, sum, index) * factor;
            });
        }
        return rounded(format, [=, a = operands.sixteen_bit(gemm.moving),
                                b = operands.sixteen_bit(gemm.stationary),
                                sum = FloatSum(gemm.accumulation)](std::int64_t index) {
            return function(gemm.geometry, a, b, sum, index) * factor;
        });
    };
}

void define_data_gradient(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const bool four_bit = structure.four_bit(index);
    Gemm gemm{geometry(structure, index),
              four_bit ? name + ".gradient_even" : structure.output_gradient(index),
              name + ".weight_codes_transposed",
              four_bit,
              accumulation(structure, four_bit, false, true),
              {},
              {},
              false};
    if (four_bit) {
        gemm.steps = {name + ".weight_step"};
        gemm.gradscale = name + ".gradscale_log2";
    }
    const std::string& format = structure.options().gradient_format;
    list.push_back(
        {name + ".input_gradient", format, structure.output_shape(structure.producer(index)),
         bind_gemm(gemm, format,
                   [](const auto&... arguments) { return backward_data_element(arguments...); })});
}

void define_weight_gradient(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const bool four_bit = structure.four_bit(index);
    const bool odd = four_bit && structure.options().formats[index].two_phase;
    const Source input = structure.output(structure.producer(index));
    Gemm gemm{geometry(structure, index),
              input.name,
              structure.output_gradient(index),
              four_bit,
              accumulation(structure, four_bit, true, true),
              {},
              {},
              odd};
    if (four_bit) {
        gemm.stationary = name + (odd ? ".gradient_odd" : ".gradient_even");
        gemm.steps = {input.step};
        gemm.gradscale = name + ".gradscale_log2";
    }
    const std::string& format = structure.options().gradient_format;
    const Geometry& g = gemm.geometry;
    list.push_back({name + ".weight_gradient",
                    format,
                    {g.kernel, g.kernel, g.in.channels, g.out.channels},
                    bind_gemm(gemm, format, [](const auto&... arguments) {
                        return backward_weight_element(arguments...);
                    })});
    define_reduction(structure, list);
}

void define_bias_gradient(const Structure& structure, std::size_t index, Definitions& list) {
    const std::int64_t channels = structure.node(index).output.channels;
    const std::int64_t pixels = structure.pixels(index);
    list.push_back({structure.node(index).name + ".bias_gradient", "fp32", vector_shape(channels),
                    [=, gradient = structure.output_gradient(index)](const Operands& operands) {
                        return rounded("fp32",
                                       [=, dy = operands.values({gradient})](std::int64_t c) {
                                           float sum = 0;
                                           for (std::int64_t p = 0; p < pixels; ++p)
                                               sum += dy[p * channels + c];
                                           return sum;
                                       });
                    }});
    define_reduction(structure, list);
}

}  // namespace

Geometry geometry(const Structure& structure, std::size_t index) {
    const network::Node& node = structure.node(index);
    Geometry g{structure.options().batch, structure.node(structure.producer(index)).output,
               node.output};
    if (node.kind != network::NodeKind::fully_connected) {
        g.kernel = node.kernel;
        g.stride = node.stride;
        g.padding = node.padding;
        g.dilation = node.dilation;
    }
    return g;
}

void define_gemm_forward(const Structure& structure, std::size_t index, Definitions& list) {
    define_weights(structure, index, list);
    const network::Node& node = structure.node(index);
    const bool four_bit = structure.four_bit(index);
    const Source input = structure.output(structure.producer(index));
    Gemm gemm{geometry(structure, index),
              input.name,
              node.name + ".weight_codes",
              four_bit,
              accumulation(structure, four_bit, false, false),
              {},
              {},
              false};
    if (four_bit) gemm.steps = {input.step, node.name + ".weight_step"};
    const std::string& format = structure.options().activation_format;
    const bool bias = node.kind == network::NodeKind::fully_connected && node.bias;
    list.push_back(
        {node.name + (bias ? ".product" : ".output"), format, structure.output_shape(index),
         bind_gemm(gemm, format,
                   [](const auto&... arguments) { return forward_element(arguments...); })});
    if (!bias) return;
    list.push_back(
        {node.name + ".output", format, structure.output_shape(index),
         [name = node.name, format, channels = node.output.channels](const Operands& operands) {
             return rounded(format,
                            [=, product = operands.values({name + ".product"}),
                             bias_values = operands.values({name + ".bias"})](std::int64_t i) {
                                return product[i] + bias_values[i % channels];
                            });
         }});
}

void define_gemm_backward(const Structure& structure, std::size_t index, Definitions& list) {
    const network::Node& node = structure.node(index);
    if (structure.four_bit(index)) define_gradient_codes(structure, index, list);
    if (structure.makes_input_gradient(index)) define_data_gradient(structure, index, list);
    define_weight_gradient(structure, index, list);
    if (node.kind == network::NodeKind::fully_connected && node.bias) {
        define_bias_gradient(structure, index, list);
    }
}

}  // namespace quatrain::golden

// SPDX-License-Identifier: Apache-2.0
// Rules 3 and 13: the three GEMMs of a layer, and its bias.
#include "workloads/golden/accumulate.hpp"
#include "workloads/golden/convolution.hpp"
#include "workloads/golden/definition.hpp"

#include <algorithm>
#include <cmath>

namespace quatrain::golden {
namespace {

/// An operand tensor, and the scalar that its codes are multiples of (else empty).
struct GemmOperand {
    std::string name, format, step = {};
};

/// One of the three GEMMs of a layer.
struct Gemm {
    Geometry geometry;
    GemmOperand moving, stationary;
    Accumulation accumulation;
    std::string gradscale = {};  ///< int32 scalar s of the factor 2^-s, empty if none
    bool odd = false;            ///< the factor 1/2 of the odd phase

    int mode() const { return mode_bits(moving.format, stationary.format); }
};

/// The chunk is rows of the array times lanes for a stationary operand, the array's for a
/// stationary output.
Gemm make_gemm(const Structure& structure, std::size_t index, const GemmOperand& moving,
               const GemmOperand& stationary, bool output_stationary) {
    const Options& options = structure.options();
    const std::int64_t lanes = structure.lanes(index, moving.format, stationary.format);
    const bool logarithmic = moving.format == "fp4_r4" || stationary.format == "fp4_r4";
    return {geometry(structure, index), moving, stationary,
            Accumulation{.accumulator = options.accumulator,
                         .chunk = output_stationary ? options.chunk : options.rows * lanes,
                         .lanes = lanes,
                         .unit = logarithmic ? std::ldexp(1.0, -6) : 1.0}};
}

bool has_other_dataflow(const Structure& structure, std::size_t index, const std::string& pass,
                        std::int64_t phase = 0) {
    const auto& list = structure.options().other_dataflow;
    return std::ranges::any_of(list, [&](const OtherDataflow& one) {
        return one.layer == structure.node(index).name && one.pass == pass && one.phase == phase;
    });
}

GemmOperand activations(const Structure& structure, std::size_t index) {
    const Source input = structure.output(structure.producer(index));
    return {input.name, structure.formats(index).activation, input.step};
}

GemmOperand weights(const Structure& structure, std::size_t index, const char* suffix) {
    const std::string& name = structure.node(index).name;
    return {name + suffix, structure.formats(index).weight,
            structure.int4_weights(index) ? name + ".weight_step" : ""};
}

/// The gradient that a GEMM takes in this format.
GemmOperand gradient(const Structure& structure, std::size_t index, const std::string& format,
                     bool odd) {
    const std::string& name = structure.node(index).name;
    if (format == "fp8_152") return {name + ".gradient_fp8", format};
    if (format == "fp4_r4") return {name + (odd ? ".gradient_odd" : ".gradient_even"), format};
    return {structure.output_gradient(index), format};
}

/// The scaling unit's factor, in FP32: steps first, then the powers of two.
float scale(const Gemm& gemm, const Operands& operands) {
    float product = 1;
    for (const GemmOperand* operand : {&gemm.moving, &gemm.stationary})
        if (!operand->step.empty()) product *= operands.scalar(operand->step);
    if (!gemm.gradscale.empty()) product *= std::ldexp(1.0F, -operands.integer(gemm.gradscale));
    if (gemm.odd) product *= 0.5F;
    if (gemm.accumulation.accumulator == "int32")
        product *= static_cast<float>(gemm.accumulation.unit);
    return product;
}

/// The elements of a GEMM, each computed by function(geometry, moving, stationary, sum, index).
template <class Sum, class Operand, class Function>
Element gemm_element(const Gemm& gemm, const std::string& format, const Operand& moving,
                     const Operand& stationary, float factor, Function function) {
    return rounded(format,
                   [=, g = gemm.geometry, sum = Sum(gemm.accumulation)](std::int64_t index) {
                       return function(g, moving, stationary, sum, index) * factor;
                   });
}

template <class Function>
auto bind_gemm(const Gemm& gemm, const std::string& format, Function function) {
    return [gemm, format, function](const Operands& operands) -> Element {
        const float factor = scale(gemm, operands);
        const std::string &a = gemm.moving.name, &b = gemm.stationary.name;
        if (gemm.mode() == 4)
            return gemm_element<IntegerSum>(gemm, format, operands.integers(a),
                                            operands.integers(b), factor, function);
        if (gemm.mode() == 32)
            return gemm_element<FloatSum>(gemm, format, operands.wide(a), operands.wide(b), factor,
                                          function);
        return gemm_element<FloatSum>(gemm, format, operands.narrow(a), operands.narrow(b), factor,
                                      function);
    };
}

void define_data_gradient(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const std::string& taken = structure.formats(index).gradient_data;
    Gemm gemm = make_gemm(structure, index, gradient(structure, index, taken, false),
                          weights(structure, index, ".weight_codes_transposed"), false);
    if (is_scaled(taken)) gemm.gradscale = name + ".gradscale_log2";
    const std::string& format = structure.options().gradient_format;
    Accumulation other = gemm.accumulation;
    other.chunk = structure.options().chunk;
    std::vector<bool> takes_other;
    for (const std::int64_t phase : phase_numbers(gemm.geometry))
        takes_other.push_back(has_other_dataflow(structure, index, "backward_data", phase));
    list.push_back(
        {name + ".input_gradient", format, structure.output_shape(structure.producer(index)),
         bind_gemm(gemm, format,
                   [=](const Geometry& g, const auto& dy, const auto& transposed, const auto& sum,
                       std::int64_t element) {
                       const std::int64_t pixel = element / g.in.channels;
                       const std::int64_t row = pixel / g.in.width % g.in.height % g.stride;
                       const std::int64_t column = pixel % g.in.width % g.stride;
                       if (!takes_other[static_cast<std::size_t>(row * g.stride + column)])
                           return backward_data_element(g, dy, transposed, sum, element);
                       return backward_data_element(
                           g, dy, transposed, std::decay_t<decltype(sum)>(other), element, true);
                   })});
}

void define_weight_gradient(const Structure& structure, std::size_t index, Definitions& list) {
    const std::string& name = structure.node(index).name;
    const std::string& taken = structure.formats(index).gradient_weight;
    const bool odd = structure.makes_odd(index);
    const bool other = has_other_dataflow(structure, index, "backward_weight");
    Gemm gemm = make_gemm(structure, index, activations(structure, index),
                          gradient(structure, index, taken, odd), !other);
    gemm.accumulation.images_end_chunks = other;
    if (is_scaled(taken)) gemm.gradscale = name + ".gradscale_log2";
    gemm.odd = odd;
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

std::vector<std::int64_t> phase_numbers(const Geometry& g) {
    const auto is_reached = [&](std::int64_t phase, std::int64_t extent) {
        for (std::int64_t k = 0; k < g.kernel; ++k)
            if ((phase + g.padding - k * g.dilation) % g.stride == 0) return phase < extent;
        return false;
    };
    std::vector<std::int64_t> numbers;
    std::int64_t next = 0;
    for (std::int64_t row = 0; row < g.stride; ++row)
        for (std::int64_t column = 0; column < g.stride; ++column)
            numbers.push_back(
                is_reached(row, g.in.height) && is_reached(column, g.in.width) ? next++ : -1);
    return numbers;
}

void define_gemm_forward(const Structure& structure, std::size_t index, Definitions& list) {
    define_weights(structure, index, list);
    const network::Node& node = structure.node(index);
    const Gemm gemm = make_gemm(structure, index, activations(structure, index),
                                weights(structure, index, ".weight_codes"),
                                has_other_dataflow(structure, index, "forward"));
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
    if (structure.scaled_gradient(index)) define_gradient_codes(structure, index, list);
    if (structure.makes_input_gradient(index)) define_data_gradient(structure, index, list);
    define_weight_gradient(structure, index, list);
    if (node.kind == network::NodeKind::fully_connected && node.bias) {
        define_bias_gradient(structure, index, list);
    }
}

}  // namespace quatrain::golden

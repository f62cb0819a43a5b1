// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/structure.hpp"

#include <algorithm>
#include <stdexcept>

namespace quatrain::golden {
namespace {

using network::NodeKind;

[[noreturn]] void fail(const std::string& subject, const std::string& rule) {
    throw std::invalid_argument(subject + ": " + rule);
}

void require_positive(const std::string& field, std::int64_t value) {
    if (value < 1) fail(field + " = " + std::to_string(value), "must be at least 1");
}

bool one_of(const std::string& text, std::initializer_list<std::string> choices) {
    return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool has_parameters(const network::Node& node, bool pact) {
    return node.kind == NodeKind::convolution || node.kind == NodeKind::fully_connected ||
           node.kind == NodeKind::batch_norm || pact;
}

}  // namespace

Structure::Structure(const network::Network& network, const Options& options)
    : network_(network), options_(options), consumers_(network.nodes.size()) {
    check_options();
    for (std::size_t i = 0; i < size(); ++i) {
        for (const std::size_t input : node(i).inputs) {
            if (input >= i) fail("layer " + node(i).name, "reads a layer that is not before it");
            consumers_[input].push_back(i);
        }
    }
    for (std::size_t i = 0; i < size(); ++i) {
        const bool activation = node(i).kind == NodeKind::activation;
        pact_.push_back(activation && reaches(i, "uint4"));
        relu_.push_back(activation && reaches(i, "fp8_143") ? "fp8_143"
                                                            : options.activation_format);
        bool learns = has_parameters(node(i), pact_[i]);
        for (const std::size_t input : node(i).inputs) learns = learns || learns_[input];
        learns_.push_back(learns);
    }
    for (std::size_t i = 0; i < size(); ++i) check_layer(i);
}

void Structure::check_options() const {
    if (network_.nodes.empty() || node(0).kind != NodeKind::input || node(0).name != "input") {
        fail("network " + network_.name, "the first layer must be the input, named \"input\"");
    }
    if (options_.formats.size() != size()) {
        fail("formats = " + std::to_string(options_.formats.size()) + " entries",
             "must have one entry for each of the network's " + std::to_string(size()) + " layers");
    }
    if (options_.evaluation && options_.training)
        fail("evaluation = true", "training must be false");
    require_positive("batch", options_.batch);
    require_positive("cores", options_.cores);
    require_positive("rows", options_.rows);
    for (const auto& [field, lanes] : {std::pair{"lanes_4bit", options_.lanes_4bit},
                                       std::pair{"lanes_8bit", options_.lanes_8bit},
                                       std::pair{"lanes_16bit", options_.lanes_16bit},
                                       std::pair{"lanes_32bit", options_.lanes_32bit}})
        if (lanes < 0)
            fail(std::string(field) + " = " + std::to_string(lanes), "must not be negative");
    require_positive("chunk", options_.chunk);
    require_positive("threads", options_.threads);
    for (const auto* format : {&options_.activation_format, &options_.gradient_format}) {
        if (!one_of(*format, {"fp16", "dlfloat16", "bf16", "fp32"})) {
            fail("format \"" + *format + "\"", "must be fp16, dlfloat16, bf16 or fp32");
        }
    }
    if (!one_of(options_.accumulator, {"dlfloat16", "fp16", "bf16", "fp32", "int32"})) {
        fail("accumulator = \"" + options_.accumulator + "\"",
             "must be dlfloat16, fp16, bf16, fp32 or int32");
    }
}

void Structure::check_layer(std::size_t index) const {
    const network::Node& layer = node(index);
    const std::string subject = "layer " + layer.name;
    const std::size_t wanted = layer.kind == NodeKind::input ? 0
                               : layer.kind == NodeKind::add ? 2
                                                             : 1;
    if (layer.inputs.size() != wanted)
        fail(subject, "must have " + std::to_string(wanted) + " inputs");
    if (!gemm(index)) return;
    check_gemm(index);
    check_modes(index);
}

/// The table of formats, and what feeds the layer.
void Structure::check_gemm(std::size_t index) const {
    const std::string subject = "layer " + node(index).name;
    const LayerFormats& layer = formats(index);
    const std::string& a = options_.activation_format;
    const bool integers = layer.activation == "uint4" && layer.weight == "int4";
    const bool floats = layer.activation == layer.weight && one_of(layer.weight, {"fp8_143", a});
    if (!integers && !floats)
        fail(subject + ": activation " + layer.activation + ", weight " + layer.weight,
             "must be uint4 and int4, fp8_143 and fp8_143, or " + a + " and " + a);
    const auto check_gradient = [&](const char* field, const std::string& format, bool four_bits) {
        if (one_of(format, {"fp8_152", options_.gradient_format})) return;
        if (format != "fp4_r4" || !four_bits)
            fail(subject + ": " + field + " " + format,
                 "must be fp4_r4 beside int4 weights (dW: and an fp4_r4 dX), fp8_152 or " +
                     options_.gradient_format);
    };
    check_gradient("gradient_data", layer.gradient_data, integers);
    check_gradient("gradient_weight", layer.gradient_weight, layer.gradient_data == "fp4_r4");
    const std::string fed = output_format(producer(index));
    if (layer.activation == fed) return;
    if (integers) fail(subject, "a layer that takes uint4 must be fed by a PACT activation");
    fail(subject, "a layer that takes " + layer.activation + " cannot be fed by " + fed);
}

/// The array has a mode for each of the GEMMs.
void Structure::check_modes(std::size_t index) const {
    const LayerFormats& layer = formats(index);
    lanes(index, layer.activation, layer.weight);
    if (!options_.training) return;
    if (makes_input_gradient(index)) lanes(index, layer.gradient_data, layer.weight);
    lanes(index, layer.activation, layer.gradient_weight);
}

std::int64_t Structure::lanes(std::size_t index, const std::string& a, const std::string& b) const {
    const std::string subject = "layer " + node(index).name + ": " + a + " x " + b;
    const int bits = mode_bits(a, b);
    if (bits > 4 && options_.accumulator == "int32")
        fail(subject, "int32 accumulators serve the 4-bit mode only");
    const std::int64_t lanes = bits == 4    ? options_.lanes_4bit
                               : bits == 8  ? options_.lanes_8bit
                               : bits == 16 ? options_.lanes_16bit
                                            : options_.lanes_32bit;
    if (lanes == 0)
        fail(subject, "lanes_" + std::to_string(bits) + "bit = 0: the array has no such mode");
    return lanes;
}

std::int64_t Structure::pixels(std::size_t index) const {
    return options_.batch * node(index).output.height * node(index).output.width;
}

Shape Structure::output_shape(std::size_t index) const {
    const network::Extent& extent = node(index).output;
    return {options_.batch, extent.height, extent.width, extent.channels};
}

bool Structure::gemm(std::size_t index) const {
    return node(index).kind == NodeKind::convolution ||
           node(index).kind == NodeKind::fully_connected;
}

bool Structure::scaled_gradient(std::size_t index) const {
    return gemm(index) &&
           (is_scaled(formats(index).gradient_data) || is_scaled(formats(index).gradient_weight));
}

bool Structure::reaches(std::size_t index, const std::string& format) const {
    for (const std::size_t consumer : consumers_[index]) {
        const NodeKind kind = node(consumer).kind;
        const bool passes =
            kind == NodeKind::add || kind == NodeKind::max_pool || kind == NodeKind::average_pool;
        if (gemm(consumer) && options_.formats[consumer].activation == format) return true;
        if (passes && reaches(consumer, format)) return true;
    }
    return false;
}

std::size_t Structure::code_origin(std::size_t index) const {
    while (node(index).kind == NodeKind::max_pool) index = producer(index);
    return pact_[index] ? index : size();
}

Source Structure::output(std::size_t index) const {
    const std::size_t origin = code_origin(index);
    return {node(index).name + ".output", origin == size() ? "" : node(origin).name + ".step"};
}

std::string Structure::output_format(std::size_t index) const {
    while (node(index).kind == NodeKind::max_pool) index = producer(index);
    return pact_[index] ? "uint4" : relu_[index];
}

bool Structure::makes_input_gradient(std::size_t index) const {
    const NodeKind kind = node(index).kind;
    return kind != NodeKind::input && kind != NodeKind::add && learns(producer(index));
}

std::vector<std::string> Structure::contributions(std::size_t index) const {
    if (index + 1 == size()) return {"loss.input_gradient"};
    std::vector<std::string> names;
    for (const std::size_t consumer : consumers_[index]) {
        const bool is_add = node(consumer).kind == NodeKind::add;
        names.push_back(is_add ? output_gradient(consumer)
                               : node(consumer).name + ".input_gradient");
    }
    return names;
}

std::string Structure::output_gradient(std::size_t index) const {
    const std::vector<std::string> names = contributions(index);
    if (names.empty()) fail("layer " + node(index).name, "nothing reads its output");
    return names.size() == 1 ? names[0] : node(index).name + ".output_gradient";
}

bool is_scaled(const std::string& gradient) {
    return one_of(gradient, {"fp4_r4", "fp8_152"});
}

int mode_bits(const std::string& a, const std::string& b) {
    return std::max(bits(a), bits(b));
}

}  // namespace quatrain::golden

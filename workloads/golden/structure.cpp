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

bool one_of(const std::string& text, std::initializer_list<const char*> choices) {
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
        pact_.push_back(node(i).kind == NodeKind::activation && reaches_four_bit(i));
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
    require_positive("batch", options_.batch);
    require_positive("cores", options_.cores);
    require_positive("rows", options_.rows);
    require_positive("lanes_4bit", options_.lanes_4bit);
    require_positive("lanes_16bit", options_.lanes_16bit);
    require_positive("chunk", options_.chunk);
    require_positive("threads", options_.threads);
    for (const auto* format : {&options_.activation_format, &options_.gradient_format}) {
        if (!one_of(*format, {"fp16", "dlfloat16", "bf16"})) {
            fail("16-bit format \"" + *format + "\"", "must be fp16, dlfloat16 or bf16");
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
    const LayerFormats& formats = options_.formats[index];
    if (four_bit(index)) {
        if (formats.activation != "uint4" || formats.gradient_data != "fp4_r4" ||
            formats.gradient_weight != "fp4_r4") {
            fail(subject, "int4 weights need uint4 activations and fp4_r4 gradients");
        }
        if (output(producer(index)).step.empty()) {
            fail(subject, "a layer that takes uint4 must be fed by a PACT activation");
        }
        return;
    }
    if (formats.weight != options_.activation_format ||
        formats.activation != options_.activation_format ||
        formats.gradient_data != options_.gradient_format ||
        formats.gradient_weight != options_.gradient_format) {
        fail(subject, "a 16-bit layer takes " + options_.activation_format +
                          " activations and weights and " + options_.gradient_format +
                          " gradients");
    }
    if (!output(producer(index)).step.empty()) {
        fail(subject, "a 16-bit layer cannot be fed by uint4 codes");
    }
    if (options_.accumulator == "int32")
        fail(subject, "int32 accumulators cannot serve 16-bit layers");
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

bool Structure::four_bit(std::size_t index) const {
    return gemm(index) && options_.formats[index].weight == "int4";
}

bool Structure::reaches_four_bit(std::size_t index) const {
    for (const std::size_t consumer : consumers_[index]) {
        const NodeKind kind = node(consumer).kind;
        const bool passes =
            kind == NodeKind::add || kind == NodeKind::max_pool || kind == NodeKind::average_pool;
        if (gemm(consumer) && options_.formats[consumer].activation == "uint4") return true;
        if (passes && reaches_four_bit(consumer)) return true;
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
    return output(index).step.empty() ? options_.activation_format : "uint4";
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

}  // namespace quatrain::golden

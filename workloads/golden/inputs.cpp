// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/inputs.hpp"

#include "workloads/golden/convolution.hpp"

#include <algorithm>
#include <stdexcept>

namespace quatrain::golden {
namespace {

using network::NodeKind;

/// Appends a parameter, and its momentum in training.
void add_parameter(std::vector<InputTensor>& list, const Structure& structure,
                   const std::string& name, std::int64_t elements) {
    list.push_back({name, "fp32", elements});
    if (structure.options().training) list.push_back({name + ".momentum", "fp32", elements});
}

void add_node(std::vector<InputTensor>& list, const Structure& structure, std::size_t index) {
    const network::Node& node = structure.node(index);
    const std::int64_t channels = node.output.channels;
    if (structure.gemm(index)) {
        const Geometry g = geometry(structure, index);
        add_parameter(list, structure, node.name + ".weight",
                      g.kernel * g.kernel * g.in.channels * g.out.channels);
        if (node.kind == NodeKind::fully_connected && node.bias) {
            add_parameter(list, structure, node.name + ".bias", channels);
        }
        if (structure.options().training && structure.scaled_gradient(index)) {
            list.push_back({node.name + ".gradscale_log2", "int32", 1});
        }
    } else if (node.kind == NodeKind::batch_norm) {
        add_parameter(list, structure, node.name + ".gamma", channels);
        add_parameter(list, structure, node.name + ".beta", channels);
        if (structure.options().training) {
            list.push_back({node.name + ".running_mean", "fp32", channels});
            list.push_back({node.name + ".running_variance", "fp32", channels});
        }
        if (structure.options().evaluation) {
            list.push_back({node.name + ".mean", "fp32", channels});
            list.push_back({node.name + ".inverse_deviation", "fp32", channels});
        }
    } else if (structure.pact(index)) {
        add_parameter(list, structure, node.name + ".alpha", 1);
    }
}

void check_input(const InputTensor& wanted, const Tensors& inputs) {
    const auto found = inputs.find(wanted.name);
    if (found == inputs.end()) throw std::invalid_argument("tensor " + wanted.name + ": missing");
    const Tensor& tensor = found->second;
    if (tensor.format != wanted.format) {
        throw std::invalid_argument("tensor " + wanted.name + ": format " + tensor.format +
                                    ", must be " + wanted.format);
    }
    if (tensor.codes.size() != static_cast<std::size_t>(wanted.elements)) {
        throw std::invalid_argument("tensor " + wanted.name + ": " +
                                    std::to_string(tensor.codes.size()) + " elements, must have " +
                                    std::to_string(wanted.elements));
    }
}

void check_range(const std::string& name, const Tensor& tensor, std::int64_t limit) {
    const auto outside = std::find_if(tensor.codes.begin(), tensor.codes.end(),
                                      [&](std::uint32_t code) { return code >= limit; });
    if (outside == tensor.codes.end()) return;
    throw std::invalid_argument("tensor " + name + ": element " +
                                std::to_string(outside - tensor.codes.begin()) + " = " +
                                std::to_string(static_cast<std::int32_t>(*outside)) +
                                ", must be in 0.." + std::to_string(limit - 1));
}

/// Every core has a copy of it.
bool held_in_common(const Structure& structure, const std::string& name) {
    const bool running = name.ends_with(".running_mean") || name.ends_with(".running_variance");
    return name != "images" && name != "labels" && (!running || structure.synchronised());
}

void check_equal(const std::string& name, const Tensors& inputs, const Tensors& of_core_0) {
    if (inputs.at(name).codes != of_core_0.at(name).codes)
        throw std::invalid_argument("tensor " + name + ": must be equal on all cores");
}

}  // namespace

std::vector<InputTensor> input_tensors(const Structure& structure) {
    const network::Extent& image = structure.network().input();
    std::vector<InputTensor> list{
        {"images", "uint8",
         structure.options().batch * image.height * image.width * image.channels},
        {"input.scale", "fp32", image.channels},
        {"input.shift", "fp32", image.channels}};
    if (structure.options().training)
        list.push_back({"labels", "int32", structure.options().batch});
    for (std::size_t i = 0; i < structure.size(); ++i) add_node(list, structure, i);
    return list;
}

void check_inputs(const Structure& structure, std::span<const Tensors> inputs_of_cores) {
    if (static_cast<std::int64_t>(inputs_of_cores.size()) != structure.options().cores) {
        throw std::invalid_argument("inputs of " + std::to_string(inputs_of_cores.size()) +
                                    " cores: must be of " +
                                    std::to_string(structure.options().cores));
    }
    for (const Tensors& inputs : inputs_of_cores) {
        for (const InputTensor& wanted : input_tensors(structure)) {
            check_input(wanted, inputs);
            if (held_in_common(structure, wanted.name))
                check_equal(wanted.name, inputs, inputs_of_cores[0]);
        }
        check_range("images", inputs.at("images"), 256);
        if (structure.options().training) {
            check_range("labels", inputs.at("labels"), structure.network().classes());
        }
    }
}

}  // namespace quatrain::golden

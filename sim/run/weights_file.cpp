// SPDX-License-Identifier: Apache-2.0
#include "sim/run/weights_file.hpp"

#include "rtl_models/numerics/codec.hpp"
#include "rtl_models/numerics/pack.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace quatrain::run {
namespace {

namespace fs = std::filesystem;
using numerics::Format;

/// A tensor of the file and the parameter that it is.
struct Entry {
    std::string name;  ///< in the file
    const training::Tensor* parameter = nullptr;
    std::vector<std::int64_t> shape;  ///< in the file
    bool optional = false;            ///< for import
};

constexpr const char* counter = "num_batches_tracked";

/// [cout][cin][ky][kx], or what is left of it for layers whose parameters have fewer dimensions.
std::vector<std::int64_t> file_shape(const training::Tensor& parameter, std::size_t dimensions) {
    const auto& [ky, kx, cin, cout] = parameter.shape;
    std::vector<std::int64_t> shape{cout, cin, ky, kx};
    shape.resize(dimensions);
    return shape;
}

std::vector<Entry> entries_of(const training::Graph& graph) {
    if (graph.network.topology)
        throw std::invalid_argument(fmt::format(
            "network {}: is a topology, which has no weights to keep", graph.network.name));
    std::vector<Entry> entries;
    for (const network::Node& node : graph.network.nodes) {
        const auto add = [&](const char* name, std::size_t dimensions, const char* parameter) {
            const training::Tensor& tensor =
                graph.tensors[graph.by_name.at(node.name + "." + parameter)];
            entries.push_back({.name = node.name + "." + name,
                               .parameter = &tensor,
                               .shape = file_shape(tensor, dimensions)});
        };
        switch (node.kind) {
            case network::NodeKind::convolution:
                add("weight", 4, "weight");
                break;
            case network::NodeKind::fully_connected:
                add("weight", 2, "weight");
                if (node.bias) add("bias", 1, "bias");
                break;
            case network::NodeKind::batch_norm:
                add("weight", 1, "gamma");
                add("bias", 1, "beta");
                add("running_mean", 1, "running_mean");
                add("running_var", 1, "running_variance");
                break;
            case network::NodeKind::activation:
                if (!graph.by_name.contains(node.name + ".alpha")) break;
                add("alpha", 0, "alpha");
                entries.back().optional = true;
                break;
            default:
                break;
        }
    }
    return entries;
}

/// The names of the counters of batch norm.
std::vector<std::string> counters_of(const training::Graph& graph) {
    std::vector<std::string> names;
    for (const network::Node& node : graph.network.nodes) {
        if (node.kind == network::NodeKind::batch_norm)
            names.push_back(fmt::format("{}.{}", node.name, counter));
    }
    return names;
}

/// Clipping values that the file may hold though the recipe has no PACT.
std::vector<std::string> unused_alphas(const training::Graph& graph) {
    std::vector<std::string> names;
    for (const network::Node& node : graph.network.nodes)
        if (node.kind == network::NodeKind::activation) names.push_back(node.name + ".alpha");
    return names;
}

/// Calls element(index in the machine's layout, index in the file's) for every element. It holds
/// for parameters of fewer dimensions too: their sizes are 1.
template <typename Function>
void for_each_element(const training::Tensor& parameter, const Function& element) {
    const auto& [height, width, inputs, outputs] = parameter.shape;
    std::int64_t index = 0;
    for (std::int64_t ky = 0; ky < height; ++ky)
        for (std::int64_t kx = 0; kx < width; ++kx)
            for (std::int64_t cin = 0; cin < inputs; ++cin)
                for (std::int64_t cout = 0; cout < outputs; ++cout)
                    element(index++, ((cout * inputs + cin) * height + ky) * width + kx);
}

SafeTensor to_file(const Entry& entry, const golden::Tensors& tensors) {
    const training::Tensor& parameter = *entry.parameter;
    const auto found = tensors.find(parameter.name);
    if (found == tensors.end())
        throw std::invalid_argument(fmt::format("weights: tensor {} is missing", parameter.name));
    const golden::Tensor& tensor = found->second;
    if (tensor.format != numerics::name(Format::fp32) || tensor.shape != parameter.shape ||
        std::ssize(tensor.codes) != parameter.elements())
        throw std::invalid_argument(fmt::format(
            "weights: tensor {} does not have the graph's format and shape", parameter.name));
    SafeTensor result{.dtype = DType::f32, .shape = entry.shape, .data = {}};
    result.data.resize(tensor.codes.size() * sizeof(float));
    for_each_element(parameter, [&](std::int64_t machine, std::int64_t file) {
        numerics::store_code(result.data.data(), Format::fp32, file,
                             tensor.codes[static_cast<std::size_t>(machine)]);
    });
    return result;
}

SafeTensor scalar_i64(std::int64_t value) {
    SafeTensor result{.dtype = DType::i64, .shape = {}, .data = {}};
    for (int i = 0; i < 8; ++i)
        result.data.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
    return result;
}

/// The format of numerics that a file may have its weights in.
std::optional<Format> format_of(DType type) {
    switch (type) {
        case DType::f32:
            return Format::fp32;
        case DType::f16:
            return Format::fp16;
        case DType::bf16:
            return Format::bf16;
        default:
            return std::nullopt;
    }
}

golden::Tensor from_file(const Entry& entry, const SafeTensor& tensor, const fs::path& file) {
    const auto refuse = [&](const std::string& what) {
        throw SafeTensorsError(fmt::format("{}: tensor {}, {}", file.string(), entry.name, what));
    };
    const std::optional<Format> format = format_of(tensor.dtype);
    if (!format) refuse(fmt::format("dtype = {}: must be F32, F16 or BF16", name(tensor.dtype)));
    const bool scalar = entry.shape.empty() && tensor.shape == std::vector<std::int64_t>{1};
    if (tensor.shape != entry.shape && !scalar)
        refuse(fmt::format("shape = {}: must be {}", text_of(tensor.shape), text_of(entry.shape)));
    const training::Tensor& parameter = *entry.parameter;
    golden::Tensor result{
        .format = std::string(numerics::name(Format::fp32)), .shape = parameter.shape, .codes = {}};
    result.codes.resize(static_cast<std::size_t>(parameter.elements()));
    for_each_element(parameter, [&](std::int64_t machine, std::int64_t index) {
        const std::uint32_t code = numerics::load_code(tensor.data.data(), *format, index);
        result.codes[static_cast<std::size_t>(machine)] =
            *format == Format::fp32 ? code
                                    : std::bit_cast<std::uint32_t>(numerics::decode(*format, code));
    });
    return result;
}

}  // namespace

void export_weights(const fs::path& file, const training::Graph& graph,
                    const golden::Tensors& tensors, std::int64_t steps) {
    SafeTensors content;
    // What PyTorch's tools ask of a file of theirs.
    content.metadata.emplace("format", "pt");
    for (const Entry& entry : entries_of(graph))
        content.tensors.emplace(entry.name, to_file(entry, tensors));
    for (const std::string& name : counters_of(graph))
        content.tensors.emplace(name, scalar_i64(steps));
    write_safetensors(file, content);
}

golden::Tensors import_weights(const fs::path& file, const training::Graph& graph) {
    const std::vector<Entry> entries = entries_of(graph);
    SafeTensors content = read_safetensors(file);
    golden::Tensors tensors;
    for (const Entry& entry : entries) {
        const auto found = content.tensors.find(entry.name);
        if (found == content.tensors.end()) {
            if (entry.optional) continue;
            throw SafeTensorsError(fmt::format("{}: tensor {}: is missing, network {} needs it",
                                               file.string(), entry.name, graph.network.name));
        }
        tensors.emplace(entry.parameter->name, from_file(entry, found->second, file));
        content.tensors.erase(found);
    }
    for (const std::string& name : counters_of(graph)) content.tensors.erase(name);
    for (const std::string& name : unused_alphas(graph)) content.tensors.erase(name);
    if (!content.tensors.empty())
        throw SafeTensorsError(fmt::format(
            "{}: tensor {}: network {} with recipe {} has none of that name", file.string(),
            shown(content.tensors.begin()->first), graph.network.name, graph.recipe.name));
    return tensors;
}

}  // namespace quatrain::run

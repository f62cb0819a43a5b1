// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensors.hpp"

#include "rtl_models/numerics/pack.hpp"
#include "workloads/datasets/initialisation.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace quatrain::run {
namespace {

golden::Tensor shaped(const training::Tensor& tensor) {
    return {.format = std::string(numerics::name(tensor.format)),
            .shape = tensor.shape,
            .codes = std::vector<std::uint32_t>(static_cast<std::size_t>(tensor.elements()), 0)};
}

std::uint32_t fp32_code(double value) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

void fill(golden::Tensor& tensor, std::uint32_t code) {
    std::fill(tensor.codes.begin(), tensor.codes.end(), code);
}

void fill_weights(golden::Tensor& tensor, const std::string& name, std::uint64_t seed) {
    std::vector<float> values(tensor.codes.size());
    datasets::fill_he_normal(seed, name, tensor.shape[0] * tensor.shape[1] * tensor.shape[2],
                             values);
    for (std::size_t i = 0; i < values.size(); ++i)
        tensor.codes[i] = std::bit_cast<std::uint32_t>(values[i]);
}

/// Per channel: float(1 / (255 * deviation)) and float(-mean / deviation), computed in double.
void fill_input_constant(golden::Tensor& tensor, const network::Network& network, bool scale) {
    for (std::size_t c = 0; c < tensor.codes.size(); ++c)
        tensor.codes[c] = fp32_code(scale ? 1.0 / (255.0 * network.deviation[c])
                                          : -network.mean[c] / network.deviation[c]);
}

void fill_constant(golden::Tensor& tensor, const training::Tensor& described,
                   const network::Network& network) {
    if (described.constant)
        fill(tensor, fp32_code(*described.constant));
    else
        fill_input_constant(tensor, network, described.name == "input.scale");
}

/// "NODE" of "NODE.suffix"; nothing when the name does not end so.
std::optional<std::string> node_of(const std::string& name, std::string_view suffix) {
    if (!name.ends_with(suffix)) return std::nullopt;
    return name.substr(0, name.size() - suffix.size());
}

/// 1 / sqrt(variance + epsilon), each operation rounded once in FP32.
std::uint32_t inverse_deviation(std::uint32_t variance, double epsilon) {
    const float sum = std::bit_cast<float>(variance) + static_cast<float>(epsilon);
    return std::bit_cast<std::uint32_t>(1.0F / std::sqrt(sum));
}

double epsilon_of(const network::Network& network, const std::string& batch_norm) {
    return std::ranges::find(network.nodes, batch_norm, &network::Node::name)->epsilon;
}

void fill_parameter(golden::Tensor& tensor, const training::Tensor& described,
                    const training::Graph& graph, std::uint64_t seed) {
    const std::string& name = described.name;
    const training::Recipe& recipe = graph.recipe;
    if (name.ends_with(".weight")) return fill_weights(tensor, name, seed);
    if (const auto node = node_of(name, ".inverse_deviation"))
        return fill(tensor, inverse_deviation(fp32_code(1.0), epsilon_of(graph.network, *node)));
    if (name.ends_with(".gamma") || name.ends_with(".running_variance"))
        return fill(tensor, fp32_code(1.0));
    if (name.ends_with(".alpha")) return fill(tensor, fp32_code(recipe.initial_alpha));
    if (name.ends_with(".gradscale_log2"))
        return fill(tensor, static_cast<std::uint32_t>(recipe.initial_gradscale_log2));
}

void fill_data(golden::Tensor& tensor, const std::string& name, const datasets::Batch& batch) {
    const bool images = name == "images";
    if ((images ? batch.images.size() : batch.labels.size()) != tensor.codes.size())
        throw std::invalid_argument("the batch's " + name +
                                    " do not have the network's input shape");
    for (std::size_t i = 0; i < tensor.codes.size(); ++i)
        tensor.codes[i] = images ? batch.images[i] : static_cast<std::uint32_t>(batch.labels[i]);
}

/// Codes of a parameter that takes the place of `wanted`.
const std::vector<std::uint32_t>& codes_of(const golden::Tensors& parameters,
                                           const std::string& name, const golden::Tensor& wanted) {
    const auto found = parameters.find(name);
    if (found == parameters.end())
        throw std::invalid_argument(fmt::format("tensor {}: missing", name));
    if (found->second.codes.size() != wanted.codes.size())
        throw std::invalid_argument(fmt::format("tensor {}: {} elements, must have {}", name,
                                                found->second.codes.size(), wanted.codes.size()));
    return found->second.codes;
}

/// The images and labels of one core.
datasets::Batch share(const datasets::Batch& whole, const training::Graph& graph,
                      std::int64_t core) {
    const auto part = [&](const auto& all) {
        if (all.size() % static_cast<std::size_t>(graph.cores) != 0)
            throw std::invalid_argument("the batch cannot be shared between the cores");
        const std::ptrdiff_t size = std::ssize(all) / graph.cores;
        const auto begin = all.begin() + core * size;
        return std::vector(begin, begin + size);
    };
    return {part(whole.images), part(whole.labels)};
}

}  // namespace

golden::Tensors initial_tensors(const training::Graph& graph, const datasets::Batch& batch,
                                std::uint64_t seed) {
    golden::Tensors tensors;
    for (const training::Tensor& described : graph.tensors) {
        if (described.origin == training::Origin::computed) continue;
        golden::Tensor tensor = shaped(described);
        switch (described.origin) {
            case training::Origin::data:
                fill_data(tensor, described.name, batch);
                break;
            case training::Origin::parameter:
                fill_parameter(tensor, described, graph, seed);
                break;
            case training::Origin::constant:
                fill_constant(tensor, described, graph.network);
                break;
            case training::Origin::computed:
                break;
        }
        tensors.emplace(described.name, std::move(tensor));
    }
    return tensors;
}

golden::Tensors evaluation_inputs(const training::Graph& graph, const golden::Tensors& parameters) {
    if (graph.mode != training::Mode::evaluation)
        throw std::invalid_argument("the step is not one of evaluation");
    golden::Tensors inputs;
    for (const training::Tensor& described : graph.tensors) {
        golden::Tensor tensor = shaped(described);
        const std::string& name = described.name;
        if (described.origin == training::Origin::constant) {
            fill_constant(tensor, described, graph.network);
        } else if (described.origin != training::Origin::parameter) {
            continue;
        } else if (const auto node = node_of(name, ".inverse_deviation")) {
            const double epsilon = epsilon_of(graph.network, *node);
            const auto& variance = codes_of(parameters, *node + ".running_variance", tensor);
            std::ranges::transform(variance, tensor.codes.begin(), [&](std::uint32_t code) {
                return inverse_deviation(code, epsilon);
            });
        } else if (const auto norm = node_of(name, ".mean")) {
            tensor.codes = codes_of(parameters, *norm + ".running_mean", tensor);
        } else {
            tensor.codes = codes_of(parameters, name, tensor);
        }
        inputs.emplace(name, std::move(tensor));
    }
    return inputs;
}

StepInputs::StepInputs(const training::Graph& graph, const datasets::Batch& batch,
                       std::uint64_t seed)
    : StepInputs(graph, batch, initial_tensors(graph, share(batch, graph, 0), seed)) {}

StepInputs::StepInputs(const training::Graph& graph, const datasets::Batch& batch,
                       golden::Tensors common)
    : common_(std::move(common)), own_(static_cast<std::size_t>(graph.cores)) {
    for (std::int64_t core = 0; core < graph.cores; ++core) {
        const datasets::Batch images = share(batch, graph, core);
        for (const training::Tensor& described : graph.tensors) {
            if (described.origin != training::Origin::data) continue;
            golden::Tensor tensor = shaped(described);
            fill_data(tensor, described.name, images);
            own_[static_cast<std::size_t>(core)].emplace(described.name, std::move(tensor));
            common_.erase(described.name);
        }
    }
}

const golden::Tensor* StepInputs::find(std::int64_t core, const std::string& name) const {
    const golden::Tensors& own = own_.at(static_cast<std::size_t>(core));
    if (const auto found = own.find(name); found != own.end()) return &found->second;
    const auto found = common_.find(name);
    return found == common_.end() ? nullptr : &found->second;
}

const golden::Tensor& StepInputs::at(std::int64_t core, const std::string& name) const {
    if (const golden::Tensor* tensor = find(core, name)) return *tensor;
    throw std::out_of_range("tensor " + name + ": no input of the step");
}

void StepInputs::set(std::int64_t core, const std::string& name, const golden::Tensor& tensor) {
    at(core, name);
    if (cores() == 1 && common_.contains(name))
        common_[name] = tensor;
    else
        own_.at(static_cast<std::size_t>(core))[name] = tensor;
}

golden::Tensors StepInputs::of_core(std::int64_t core) const {
    golden::Tensors all = own_.at(static_cast<std::size_t>(core));
    all.insert(common_.begin(), common_.end());  // own ones stay
    return all;
}

std::vector<std::byte> pack(const training::Tensor& tensor, const golden::Tensor& codes) {
    std::vector<std::byte> bytes(
        static_cast<std::size_t>(numerics::packed_bytes(tensor.format, tensor.elements())));
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        numerics::store_code(bytes.data(), tensor.format, i,
                             codes.codes[static_cast<std::size_t>(i)]);
    return bytes;
}

golden::Tensor unpack(const training::Tensor& tensor, std::span<const std::byte> bytes) {
    golden::Tensor codes = shaped(tensor);
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        codes.codes[static_cast<std::size_t>(i)] =
            numerics::load_code(bytes.data(), tensor.format, i);
    return codes;
}

}  // namespace quatrain::run

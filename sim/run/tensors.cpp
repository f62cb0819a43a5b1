// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensors.hpp"

#include "rtl_models/numerics/pack.hpp"
#include "workloads/datasets/initialisation.hpp"

#include <bit>
#include <stdexcept>

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

void fill_parameter(golden::Tensor& tensor, const training::Tensor& described,
                    const training::Recipe& recipe, std::uint64_t seed) {
    const std::string& name = described.name;
    if (name.ends_with(".weight")) return fill_weights(tensor, name, seed);
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
                fill_parameter(tensor, described, graph.recipe, seed);
                break;
            case training::Origin::constant:
                if (described.constant)
                    fill(tensor, fp32_code(*described.constant));
                else
                    fill_input_constant(tensor, graph.network, described.name == "input.scale");
                break;
            case training::Origin::computed:
                break;
        }
        tensors.emplace(described.name, std::move(tensor));
    }
    return tensors;
}

StepInputs::StepInputs(const training::Graph& graph, const datasets::Batch& batch,
                       std::uint64_t seed)
    : own_(static_cast<std::size_t>(graph.cores)) {
    common_ = initial_tensors(graph, share(batch, graph, 0), seed);
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

// SPDX-License-Identifier: Apache-2.0
#include "sim/run/lasting_tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <bit>
#include <stdexcept>

namespace quatrain::run {
namespace {

bool is_own(const training::Graph& graph, const std::string& tensor) {
    return graph.cores > 1 && !graph.synchronised &&
           (tensor.ends_with(".running_mean") || tensor.ends_with(".running_variance"));
}

std::string described_as(std::string_view format, const std::array<std::int64_t, 4>& shape) {
    return fmt::format("{} of {}", format, fmt::join(shape, " x "));
}

}  // namespace

std::string lasting_name(const training::Graph& graph, const std::string& tensor,
                         std::int64_t core) {
    return core == 0 || !is_own(graph, tensor) ? tensor : fmt::format("{}.core{}", tensor, core);
}

std::vector<LastingTensor> list_lasting(const training::Graph& graph) {
    if (graph.network.topology)
        throw std::invalid_argument(
            fmt::format("network {}: is a topology, which does not train", graph.network.name));
    std::vector<LastingTensor> list;
    for (training::TensorId id = 0; id < graph.tensors.size(); ++id) {
        const training::Tensor& described = graph.tensors[id];
        if (described.origin != training::Origin::parameter) continue;
        const std::int64_t cores = is_own(graph, described.name) ? graph.cores : 1;
        for (std::int64_t core = 0; core < cores; ++core)
            list.push_back({lasting_name(graph, described.name, core), id, core});
    }
    return list;
}

golden::Tensors lasting_tensors(const training::Graph& graph, const StepMemory& memory) {
    golden::Tensors all;
    for (const LastingTensor& one : list_lasting(graph))
        all.emplace(one.name, memory.tensor(one.core, one.id));
    return all;
}

const golden::Tensor& find_lasting(const golden::Tensors& tensors, const std::string& name,
                                   const training::Tensor& described) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw std::invalid_argument(fmt::format("tensor {}: is missing", name));
    const golden::Tensor& tensor = found->second;
    if (tensor.shape != described.shape || tensor.format != numerics::name(described.format))
        throw std::invalid_argument(fmt::format(
            "tensor {}: is {}: must be {}", name, described_as(tensor.format, tensor.shape),
            described_as(numerics::name(described.format), described.shape)));
    return tensor;
}

StepInputs step_inputs(const training::Graph& graph, const golden::Tensors& lasting,
                       const datasets::Batch& batch, double learning_rate) {
    StepInputs inputs(graph, batch, 0);
    for (const training::Tensor& described : graph.tensors) {
        if (described.origin != training::Origin::parameter) continue;
        for (std::int64_t core = 0; core < graph.cores; ++core)
            inputs.set(core, described.name,
                       find_lasting(lasting, lasting_name(graph, described.name, core), described));
    }
    const std::string rate = "optimiser.learning_rate";
    golden::Tensor tensor = inputs.at(0, rate);
    tensor.codes.at(0) = std::bit_cast<std::uint32_t>(static_cast<float>(learning_rate));
    for (std::int64_t core = 0; core < graph.cores; ++core) inputs.set(core, rate, tensor);
    return inputs;
}

}  // namespace quatrain::run

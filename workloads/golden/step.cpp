// SPDX-License-Identifier: Apache-2.0
#include "workloads/golden/step.hpp"

#include "workloads/golden/definition.hpp"
#include "workloads/golden/inputs.hpp"
#include "workloads/golden/parallel.hpp"

#include <stdexcept>

namespace quatrain::golden {
namespace {

/// The node may define the tensor: names are the node's, a dot, and more.
bool may_define(const std::string& node, const std::string& tensor) {
    return tensor.empty() || tensor.starts_with(node + ".");
}

/// All definitions of a step, in an order in which each is made of earlier ones; or only those of
/// the nodes that may define `tensor`, when it is not empty.
Definitions definitions(const Structure& structure, const std::string& tensor) {
    Definitions list;
    for (std::size_t i = 0; i < structure.size(); ++i) {
        if (may_define(structure.node(i).name, tensor)) define_forward(structure, i, list);
    }
    if (!structure.options().training) return list;
    if (tensor.empty() || tensor.starts_with("loss")) define_loss(structure, list);
    for (std::size_t i = structure.size(); i-- > 0;) {
        if (!structure.learns(i) || !may_define(structure.node(i).name, tensor)) continue;
        define_backward(structure, i, list);
        define_update(structure, i, list);
    }
    define_global_gradscale(structure, list);
    return list;
}

void require_one_core(const Options& options) {
    if (options.cores != 1)
        throw std::invalid_argument("cores = " + std::to_string(options.cores) +
                                    ": must be 1 where one core's step is computed");
}

void require_index(const std::string& subject, std::int64_t index, std::int64_t count) {
    if (index < 0 || index >= count)
        throw std::invalid_argument(subject + " " + std::to_string(index) + " must be in 0.." +
                                    std::to_string(count - 1));
}

std::int64_t elements(const Shape& shape) {
    return shape[0] * shape[1] * shape[2] * shape[3];
}

/// Computes all elements, column by column: the weights of one column of a GEMM then stay in the
/// host's cache.
Tensor evaluate(const Definition& definition, const Operands& operands, int threads) {
    Tensor result{definition.format, definition.shape, {}};
    const std::int64_t count = elements(definition.shape), columns = definition.shape[3];
    const std::int64_t rows = count / columns;
    result.codes.resize(static_cast<std::size_t>(count));
    const Element element = definition.bind(operands);
    for_each_index(count, threads, [&](std::int64_t i) {
        const std::int64_t index = i % rows * columns + i / rows;
        result.codes[static_cast<std::size_t>(index)] = element(index);
    });
    return result;
}

}  // namespace

Tensors compute_step(const network::Network& network, const Options& options, const Tensors& inputs,
                     const std::function<void(std::size_t, std::size_t)>& progress) {
    require_one_core(options);
    return compute_parallel_step(network, options, {&inputs, 1}, progress).at(0);
}

std::vector<Tensors> compute_parallel_step(
    const network::Network& network, const Options& options,
    std::span<const Tensors> inputs_of_cores,
    const std::function<void(std::size_t, std::size_t)>& progress) {
    const Structure structure(network, options);
    check_inputs(structure, inputs_of_cores);
    const Definitions list = definitions(structure, "");
    std::vector<Tensors> results(inputs_of_cores.size());
    const auto lookup = [&](std::int64_t core, const std::string& name) -> const Tensor& {
        const auto index = static_cast<std::size_t>(core);
        const auto computed = results[index].find(name);
        return computed != results[index].end() ? computed->second
                                                : inputs_of_cores[index].at(name);
    };
    for (std::size_t done = 0; done < list.size(); ++done) {
        for (std::int64_t core = 0; core < options.cores; ++core)
            results[static_cast<std::size_t>(core)][list[done].name] =
                evaluate(list[done], Operands(core, lookup), options.threads);
        if (progress) progress(done + 1, list.size());
    }
    return results;
}

std::vector<std::uint32_t> compute_elements(
    const network::Network& network, const Options& options, const std::string& name,
    std::span<const std::int64_t> indices,
    const std::function<const Tensor&(const std::string&)>& lookup) {
    require_one_core(options);
    return compute_elements_of_core(
        network, options, 0, name, indices,
        [&](std::int64_t, const std::string& wanted) -> const Tensor& { return lookup(wanted); });
}

std::vector<std::uint32_t> compute_elements_of_core(
    const network::Network& network, const Options& options, std::int64_t core,
    const std::string& name, std::span<const std::int64_t> indices,
    const std::function<const Tensor&(std::int64_t core, const std::string& name)>& lookup) {
    const Structure structure(network, options);
    require_index("core", core, options.cores);
    for (const Definition& definition : definitions(structure, name)) {
        if (definition.name != name) continue;
        const std::int64_t count = elements(definition.shape);
        for (const std::int64_t index : indices)
            require_index("tensor " + name + ": index", index, count);
        const Operands operands(core, lookup);
        const Element element = definition.bind(operands);
        std::vector<std::uint32_t> codes(indices.size());
        for_each_index(
            static_cast<std::int64_t>(indices.size()), options.threads, [&](std::int64_t i) {
                codes[static_cast<std::size_t>(i)] = element(indices[static_cast<std::size_t>(i)]);
            });
        return codes;
    }
    throw std::invalid_argument("tensor " + name + ": not computed by a step of network " +
                                network.name);
}

std::vector<std::string> computed_tensors(const network::Network& network, const Options& options) {
    const Structure structure(network, options);
    std::vector<std::string> names;
    for (const Definition& definition : definitions(structure, ""))
        names.push_back(definition.name);
    return names;
}

}  // namespace quatrain::golden

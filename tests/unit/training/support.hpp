// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/network/reader.hpp"
#include "workloads/training/graph.hpp"

#include <algorithm>
#include <sstream>

namespace quatrain::training {

inline GemmFormats sixteen_bit() {
    return {Format::fp16, Format::fp16, Format::dlfloat16, Format::dlfloat16, false};
}

inline Recipe fp4_tpr() {
    Recipe recipe;
    recipe.rules = {{"*", {}}, {"first", sixteen_bit()}, {"last", sixteen_bit()}};
    return recipe;
}

inline Recipe fp16() {
    Recipe recipe;
    recipe.name = "fp16";
    recipe.rules = {{"*", sixteen_bit()}};
    return recipe;
}

/// A network of 8 x 8 x 3 images with these layers (YAML list items).
inline network::Network small_network(const std::string& layers) {
    std::istringstream text(
        "{name: small, input: {height: 8, width: 8, channels: 3, mean: [0, 0, 0], deviation: [1, "
        "1, 1]},"
        " layers: [" +
        layers + "]}");
    return network::read(text, "small");
}

inline std::size_t count(const Graph& graph, OperatorKind kind) {
    return static_cast<std::size_t>(
        std::ranges::count_if(graph.operators, [&](const Operator& o) { return o.kind == kind; }));
}

inline const Tensor& tensor(const Graph& graph, const std::string& name) {
    return graph.tensors.at(graph.by_name.at(name));
}

/// The operator that produces the tensor.
inline const Operator& producer(const Graph& graph, const std::string& name) {
    const TensorId id = graph.by_name.at(name);
    return *std::ranges::find_if(
        graph.operators, [&](const Operator& o) { return std::ranges::count(o.outputs, id) > 0; });
}

/// Names of an operator's inputs or outputs.
inline std::vector<std::string> names(const Graph& graph, const std::vector<TensorId>& ids) {
    std::vector<std::string> list;
    for (const TensorId id : ids) list.push_back(graph.tensors.at(id).name);
    return list;
}

}  // namespace quatrain::training

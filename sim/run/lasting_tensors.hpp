// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/step_image.hpp"
#include "sim/run/tensors.hpp"
#include "workloads/datasets/dataset.hpp"
#include "workloads/training/graph.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace quatrain::run {

// Tensors that last from step to step (Origin::parameter): weights, momenta, running statistics,
// PACT's alphas, GradScales. Cores hold them in common, except where every core takes batch norm's
// statistics of its own: "n.running_mean.core1" is then core 1's, "n.running_mean" core 0's.

/// The name of a core's lasting tensor.
std::string lasting_name(const training::Graph& graph, const std::string& tensor,
                         std::int64_t core);

struct LastingTensor {
    std::string name;  ///< lasting_name()
    training::TensorId id = 0;
    std::int64_t core = 0;  ///< whose it is; 0 also where all cores have the same
};
/// All of them. Throws std::invalid_argument for a topology, which does not train.
std::vector<LastingTensor> list_lasting(const training::Graph& graph);

/// All of them, by lasting_name().
golden::Tensors lasting_tensors(const training::Graph& graph, const StepMemory& memory);

/// The tensor of that name. Throws std::invalid_argument ("tensor NAME: ...") when it is missing or
/// has another format or shape than `described`.
const golden::Tensor& find_lasting(const golden::Tensors& tensors, const std::string& name,
                                   const training::Tensor& described);

/// Everything that a step takes: lasting tensors by lasting_name(), a batch of all cores together,
/// constants, and the learning rate in place of the recipe's. Throws std::invalid_argument as
/// above.
StepInputs step_inputs(const training::Graph& graph, const golden::Tensors& lasting,
                       const datasets::Batch& batch, double learning_rate);

}  // namespace quatrain::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/safetensors.hpp"
#include "workloads/golden/step.hpp"
#include "workloads/training/graph.hpp"

#include <cstdint>
#include <filesystem>

namespace quatrain::run {

// Weights as PyTorch's state dictionaries have them, in a safetensors file. N is the node's name
// (torchvision's own for the built-in networks), all F32 but the last:
//
//   convolution      N.weight [cout][cin][ky][kx]
//   fully connected  N.weight [out][in], N.bias [out]
//   batch norm       N.weight (gamma), N.bias (beta), N.running_mean, N.running_var [C],
//                    N.num_batches_tracked (I64, a scalar)
//   activation       N.alpha, a scalar, only where it is PACT

/// Writes the file durably. `tensors` holds every parameter of the graph that the table names
/// (docs/training-step.md: weight, bias, gamma, beta, running_mean, running_variance, alpha) in
/// the machine's layout, and may hold more; `steps` is what num_batches_tracked shall say. Throws
/// std::invalid_argument for a topology and for a parameter that is missing or misshapen,
/// std::runtime_error with file and reason when the file cannot be written.
void export_weights(const std::filesystem::path& file, const training::Graph& graph,
                    const golden::Tensors& tensors, std::int64_t steps);

/// The parameters by the names of the graph, in the machine's layout. F16 and BF16 become fp32
/// exactly. An alpha that the file lacks is not in the result: the caller has an initial one; one
/// that the recipe has no use for is passed over, and one of shape [1] is a scalar.
/// num_batches_tracked is passed over. Throws std::invalid_argument for a topology,
/// SafeTensorsError for a file that is none, or lacks a tensor, has one of another type or shape,
/// or one that the graph does not know.
golden::Tensors import_weights(const std::filesystem::path& file, const training::Graph& graph);

}  // namespace quatrain::run

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/compiler/compiler.hpp"
#include "workloads/datasets/dataset.hpp"
#include "workloads/golden/tensor.hpp"
#include "workloads/training/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace quatrain::run {

/// The inputs of the step by name (docs/training-step.md, "Inputs of the step"): images and labels
/// from `batch`, parameters from the seed (He-normal weights, identity batch norm, zero momenta)
/// and the recipe, constants.
std::map<std::string, golden::Tensor> initial_tensors(const training::Graph& graph,
                                                      const datasets::Batch& batch,
                                                      std::uint64_t seed);

/// The codes packed as the tensor lies in memory (two 4-bit codes to a byte, low nibble first).
std::vector<std::byte> pack(const training::Tensor& tensor, const golden::Tensor& codes);

/// Inverse of pack().
golden::Tensor unpack(const training::Tensor& tensor, std::span<const std::byte> bytes);

}  // namespace quatrain::run
